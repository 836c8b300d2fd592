"""The commands `engagement` and `sandbox`: each needs what an extra asks for."""

import sys
from importlib import import_module


def engagement() -> None:
    """The command that looks after what runs."""
    _run("engagement", "command", "commands.command")


def sandbox() -> None:
    """The embedded AWS on this machine."""
    _run("sandbox", "sandbox", "sandbox.command")


def _run(command: str, extra: str, module: str) -> None:
    package = __name__.rpartition(".")[0]
    try:
        import_module(f"{package}.{module}").main()
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] == package:
            raise
        sys.exit(
            f"{command}: {error.name} is not installed; the extra has it: pip install 'PATH[{extra}]', PATH as {package} was installed from"
        )
