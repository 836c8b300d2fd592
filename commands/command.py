"""The entry point: every group of commands (`COMMANDS`), or command (`COMMAND`), that there is a module for in commands/groups."""

from __future__ import annotations

import importlib
import pkgutil
import sys
from typing import Any

import typer
from botocore.exceptions import BotoCoreError, ClientError

from commands import groups
from commands.errors import CommandError


def application() -> typer.Typer:
    """All groups of commands."""
    app = typer.Typer(
        help="What a person does with a deployed stack. Account and region are those of the AWS CLI.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        add_completion=False,
    )
    for module in sorted(found.name for found in pkgutil.iter_modules(groups.__path__)):
        found = importlib.import_module(f"{groups.__name__}.{module}")
        name = module.replace("_", "-")
        if hasattr(found, "COMMAND"):
            app.command(name)(found.COMMAND)
        else:
            app.add_typer(found.COMMANDS, name=name)
    return app


def main(arguments: list[str] | None = None) -> None:
    """Ends with exit code 0; 1 where AWS or the function answered with an error; 2 for wrong arguments."""
    sys.exit(run(arguments))


def run(arguments: list[str] | None = None) -> int:
    """The command's exit code. Errors are one line."""
    try:
        code: Any = application()(args=arguments, prog_name="engagement", standalone_mode=False)
    except (CommandError, ClientError, BotoCoreError) as error:
        print(f"error: {' '.join(str(error).split())}", file=sys.stderr)
        return 1
    except typer.Exit as stop:
        return stop.exit_code
    except (typer.Abort, KeyboardInterrupt):
        print("interrupted", file=sys.stderr)
        return 130
    except Exception as error:
        told = getattr(error, "format_message", None)  # of click's exceptions, whichever click typer brings along
        if told is None:
            raise
        print(f"error: {told()}", file=sys.stderr)
        return 2
    return int(code or 0)
