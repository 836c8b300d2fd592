"""Pulumi's Python language host, where the CLI has none: `pulumi-language-python ENGINE`.

Pulumi's own is written in Go and comes with its installer; it cannot be had as a Go module. This one makes the project's
environment as toolchain `pip` does, runs the program in it, and does nothing else that the engine can ask of a language host.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

import grpc
from google.protobuf import empty_pb2, json_format
from pulumi.runtime.proto import language_pb2, language_pb2_grpc, plugin_pb2

from sandbox.engine.program import SHOWN
from sandbox.engine.serving import serve
from sandbox.folder import PACKAGE

Message = Any


def _environment(info: Message) -> Path:
    """The environment that Pulumi.yaml names: relative to the project's root. Raises ValueError where it names none."""
    options = json_format.MessageToDict(info.options)
    if options.get("toolchain") != "pip" or not options.get("virtualenv"):
        raise ValueError(f"runtime options {options}: the sandbox's language host needs toolchain pip and a virtualenv")
    return Path(info.root_directory, options["virtualenv"])


def _interpreter(info: Message) -> str:
    """Of the project's environment, where there is one (`pulumi install` makes it); else this one."""
    python = _environment(info) / "bin" / "python"
    return str(python) if python.exists() else sys.executable


class LanguageHost(language_pb2_grpc.LanguageRuntimeServicer):
    """Runs a program, and says what it needs. engine: the address of the engine that asked for this host."""

    def __init__(self, engine: str) -> None:
        self._engine = engine
        self._programs: set[subprocess.Popen[bytes]] = set()

    def Cancel(self, request: Message, context: Any) -> Message:  # noqa: N802 the names are Pulumi's
        for program in list(self._programs):
            program.terminate()
        return empty_pb2.Empty()

    def GetPluginInfo(self, request: Message, context: Any) -> Message:  # noqa: N802
        return plugin_pb2.PluginInfo(version=metadata.version("pulumi"))

    def GetRequiredPackages(self, request: Message, context: Any) -> Message:  # noqa: N802
        [plugin] = [file for file in metadata.files("pulumi-aws") or () if file.name == "pulumi-plugin.json"]
        described = json.loads(plugin.read_text(encoding="utf-8"))
        aws = plugin_pb2.PackageDependency(name=described["name"], kind="resource", version=described["version"])
        return language_pb2.GetRequiredPackagesResponse(packages=[aws])

    def InstallDependencies(self, request: Message, context: Any) -> Iterator[Message]:  # noqa: N802
        """What toolchain `pip` does: an environment, and requirements.txt in it."""
        environment = _environment(request.info)
        steps = [
            [sys.executable, "-m", "venv", str(environment)],
            [str(environment / "bin" / "python"), "-m", "pip", "install", "--requirement", "requirements.txt"],
        ]
        for step in steps:
            with subprocess.Popen(
                step, cwd=request.info.program_directory, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
            ) as running:
                assert running.stdout
                for line in running.stdout:
                    yield language_pb2.InstallDependenciesResponse(stdout=line)
            if running.returncode:
                context.abort(grpc.StatusCode.UNKNOWN, f"{' '.join(step)} ended with exit code {running.returncode}")

    def RunPlugin(self, request: Message, context: Any) -> Iterator[Message]:  # noqa: N802
        """Runs a package that is written in Python: its folder, whose first line of output is the port that it serves."""
        environment = {**os.environ, **dict(variable.split("=", 1) for variable in request.env)}
        with subprocess.Popen(
            [_interpreter(request.info), "-u", request.info.program_directory, *request.args],
            cwd=request.pwd,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
        ) as plugin:
            self._programs.add(plugin)
            context.add_callback(plugin.terminate)
            assert plugin.stdout
            for line in plugin.stdout:
                yield language_pb2.RunPluginResponse(stdout=line)
            code = plugin.wait()
            self._programs.discard(plugin)
        yield language_pb2.RunPluginResponse(exitcode=code)

    def Run(self, request: Message, context: Any) -> Message:  # noqa: N802
        order = {
            "project": request.project,
            "stack": request.stack,
            "organization": request.organization,
            "monitor": request.monitor_address,
            "engine": self._engine,
            "parallel": request.parallel,
            "dry_run": request.dryRun,
            "root_directory": request.info.root_directory,
        }
        environment = {
            **os.environ,
            "PULUMI_CONFIG": json.dumps(dict(request.config)),
            "PULUMI_CONFIG_SECRET_KEYS": json.dumps(list(request.configSecretKeys)),
        }
        main = Path(request.info.program_directory, request.info.entry_point)
        with subprocess.Popen(
            [_interpreter(request.info), "-u", "-m", f"{PACKAGE}.engine.program", str(main), json.dumps(order)],
            cwd=request.pwd,
            env=environment,
            stdin=subprocess.DEVNULL,
        ) as program:
            self._programs.add(program)
            code = program.wait()
            self._programs.discard(program)
        if code in (SHOWN, -signal.SIGTERM):
            return language_pb2.RunResponse(bail=True)
        error = f"the program ended with exit code {code}" if code else ""
        return language_pb2.RunResponse(error=error)


def main() -> None:
    """Serves until the engine ends it."""
    engine = next((argument for argument in sys.argv[1:] if not argument.startswith("-")), "")
    serve(lambda server: language_pb2_grpc.add_LanguageRuntimeServicer_to_server(LanguageHost(engine), server))


if __name__ == "__main__":
    main()
