"""Pulumi's Python language host, where the CLI has none: `pulumi-language-python ENGINE`.

Pulumi's own is written in Go and comes with its installer; it cannot be had as a Go module. This one runs the program in the
project's environment and does nothing else that the engine can ask of a language host.
"""

import json
import os
import signal
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

from google.protobuf import empty_pb2, json_format
from pulumi.runtime.proto import language_pb2, language_pb2_grpc, plugin_pb2

from sandbox.engine.program import SHOWN
from sandbox.engine.serving import serve

Message = Any


def _interpreter(info: Message) -> str:
    """Of the environment that Pulumi.yaml names, where there is one: relative to the project's root."""
    environment = json_format.MessageToDict(info.options).get("virtualenv", "")
    python = Path(info.root_directory, environment, "bin", "python")
    return str(python) if environment and python.exists() else sys.executable


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
        described = json.loads(plugin.read_text())
        aws = plugin_pb2.PackageDependency(name=described["name"], kind="resource", version=described["version"])
        return language_pb2.GetRequiredPackagesResponse(packages=[aws])

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
            [_interpreter(request.info), "-u", "-m", "sandbox.engine.program", str(main), json.dumps(order)],
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
