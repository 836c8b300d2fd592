"""The `sandbox` command."""

import difflib
import json
import os
import shlex
import sys
import time
import webbrowser
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from commands.failures.places import OUTPUTS_VARIABLE
from sandbox import brought_up, inbound, operations, outbox, servers
from sandbox import logs as function_logs
from sandbox.brought_up import BroughtUp
from sandbox.engine import project
from sandbox.errors import SandboxError
from sandbox.folder import Folder

app = typer.Typer(
    help="An embedded AWS on this machine, with the unchanged Pulumi program deployed into it.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
errors = Console(stderr=True, highlight=False, soft_wrap=True)
EVERYTHING = "everything"

Stacks = Annotated[list[str] | None, typer.Argument(help="Stacks, in the order in which they refer to each other.")]
Overrides = Annotated[
    list[str] | None,
    typer.Option("--config", "-c", help="KEY=VALUE over the stack's config file, e.g. s3TriggeredImport.enabled=false"),
]


class Steps:
    """Shows what a deployment does: a line that changes where a person watches, nothing where a program does."""

    def __init__(self) -> None:
        self._status = errors.status("") if errors.is_terminal else None
        self._count = 0

    def __enter__(self) -> "Steps":
        if self._status:
            self._status.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._status:
            self._status.stop()

    def __call__(self, stack: str, step: dict[str, str]) -> None:
        self._count += 1
        if self._status:
            kind = step["type"].rsplit(":", 1)[-1]
            self._status.update(f"{stack}: {self._count} · {step['event']} {kind} {step['name']}")

    def say(self, what: str) -> None:
        """Shows what is being waited for."""
        if self._status:
            self._status.update(what)


@app.command()
def up(stacks: Stacks = None, config: Overrides = None) -> None:
    """Start the sandbox where it is not running, and bring stacks up (default: everything)."""
    folder = Folder.current()
    with operations.only_one(folder), Steps() as steps:
        steps.say("starting the embedded AWS")
        running = servers.ensure(folder)
        for stack in stacks or [EVERYTHING]:
            start = time.monotonic()
            summary = operations.up(folder, running, stack, steps, config or ())
            errors.print(f"{stack}: {summary} ({time.monotonic() - start:.1f} s)")


@app.command()
def down(stacks: Stacks = None) -> None:
    """Take stacks down. Without a name: all of them, and the sandbox stops."""
    folder = Folder.current()
    with operations.only_one(folder), Steps() as steps:
        if not folder.servers.exists():
            if stacks:
                servers.running(folder)
            errors.print("the sandbox is not running")
            return
        found = operations.deployed(folder)
        for stack in stacks or ():
            if stack not in found:
                operations.state(folder, stack)
        operations.check_removal(folder, stacks or ())
        try:
            running = servers.running(folder)
        except SandboxError:
            servers.stop(folder)
            errors.print("the sandbox had stopped; nothing is left of it")
            return
        try:
            for stack in reversed([stack for stack in found if not stacks or stack in stacks]):
                errors.print(f"{stack}: {operations.down(folder, running, stack, steps)}")
        except SandboxError as error:
            if stacks:
                raise
            servers.stop(folder)
            raise SandboxError(error.message, "the sandbox stopped all the same: nothing is left of it") from error
        if not stacks:
            servers.stop(folder)
            errors.print("the sandbox stopped")
        elif not operations.deployed(folder):
            errors.print("no stack is left; the embedded AWS goes on: sandbox down stops it")


@app.command()
def status() -> None:
    """Show the servers and the stacks that are up. Exit code 1 when the sandbox does not run."""
    folder = Folder.current()
    running = servers.running(folder)
    print(f"embedded AWS   {running.endpoint}   process {running.aws_pid}")
    print(f"outside world  {running.world}   process {running.world_pid}")
    print(f"state and logs {folder.home}")
    for stack in operations.deployed(folder):
        found = operations.state(folder, stack)
        count = sum(record.custom for record in found.records.values())
        print(f"stack          {stack}: {count} resources")


@app.command()
def outputs(
    stack: Annotated[str, typer.Argument(help="A stack that is up.")],
    key: Annotated[str, typer.Argument(help="One of its outputs: its value alone.")] = "",
) -> None:
    """Print what a stack exports, as JSON in the order of the names; or one of its outputs."""
    folder = Folder.current()
    servers.running(folder)
    found = brought_up.stack(folder, stack).outputs
    if not key:
        print(json.dumps(found, indent=2, sort_keys=True))
        return
    if key not in found:
        meant = difflib.get_close_matches(key, found, n=1) or sorted(found)
        raise SandboxError(f"stack {stack!r} has no output {key!r}", f"it has {', '.join(meant) or 'none'}")
    print(found[key] if isinstance(found[key], str) else json.dumps(found[key], indent=2, sort_keys=True))


def environment(folder: Folder, project: BroughtUp | None) -> dict[str, str]:
    """The variables with which any SDK or the AWS CLI talks to the sandbox, and to a project, with root rights."""
    running = servers.running(folder)
    variables = {
        "AWS_ENDPOINT_URL": running.endpoint,
        **servers.world_variables(running.world),
        "AWS_ACCESS_KEY_ID": servers.ACCESS_KEY_ID,
        "AWS_SECRET_ACCESS_KEY": servers.SECRET_ACCESS_KEY,
        "AWS_REGION": servers.REGION,
        "AWS_DEFAULT_REGION": servers.REGION,
        OUTPUTS_VARIABLE: str(folder.stacks),
    }
    if project is not None:
        variables["APPLICATION_ID"] = project.outputs[brought_up.APPLICATION]
        if address := project.outputs.get("endpointUrl"):
            variables["AWS_ENDPOINT_URL_PINPOINT"] = address
    return variables


@app.command()
def env(
    stack: Annotated[str, typer.Argument(help="Whose project; without it, that of what was brought up last.")] = "",
) -> None:
    """Print `export` lines: endpoints, credentials, region. Pinpoint calls sign for `lambda` on the hosted platform."""
    folder = Folder.current()
    servers.running(folder)
    found = brought_up.project(folder, stack)
    for name, value in environment(folder, found).items():
        print(f"export {name}={shlex.quote(value)}")
    errors.print(f"project of stack {found.name} ({found.by})" if found else "no stack with a project is up")


@app.command("outbox")
def show_outbox(as_json: Annotated[bool, typer.Option("--json", help="As a JSON list.")] = False) -> None:
    """Show what reached the outside world, the oldest first."""
    folder = Folder.current()
    messages = [message.to_json() for message in outbox.messages(folder, servers.running(folder))]
    if as_json:
        print(json.dumps(messages, indent=2))
        return
    for message in messages:
        parts = f"  ({message['parts']} parts, {message['encoding']})" if message.get("parts", 1) > 1 else ""
        line = f"{message['time']}  {message['channel']:5}  {message['from']} -> {message['to']}  {message['body']}"
        print(line + parts)
    if not messages:
        errors.print("nothing was sent yet")


@app.command("open")
def open_page(
    *,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Show it; or write it alone.")] = True,
) -> None:
    """Write one page of what is up, what ran, what people got and what failed, and show it. Prints its path."""
    from sandbox.page import page  # noqa: PLC0415 only this command needs it

    folder = Folder.current()
    file = page.write(folder, servers.running(folder))
    print(file)
    if browser and not webbrowser.open(file.as_uri()):
        errors.print("no browser was found: open the file yourself")


@app.command()
def text(
    sender: Annotated[str, typer.Argument(metavar="FROM", help="A person's number, in E.164 format.")],
    number: Annotated[str, typer.Argument(metavar="TO", help="A phone number of the account.")],
    body: Annotated[str, typer.Argument(help="The text.")],
    identifier: Annotated[str, typer.Option("--id", help="Deliver the message of this id once more.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, with what was published.")] = False,
) -> None:
    """Send a text to a number of the account, as a person would. Prints the inbound message's id."""
    received = inbound.text(servers.running(Folder.current()), sender, number, body, identifier)
    if as_json:
        print(json.dumps(received, indent=2))
        return
    print(received["messageId"])
    reply = f", answered: {received['reply']}" if received["reply"] else ""
    topic = f" to {received['topicArn']}" if received["topicArn"] else ""
    errors.print(_escaped(f"{received['action']}{topic}{reply}"))


@app.command()
def mail(
    file: Annotated[str, typer.Argument(metavar="FILE.eml", help="A mail with its headers; - reads it from stdin.")],
    *,
    sender: Annotated[
        str | None, typer.Option("--from", help='The envelope\'s sender, "" for a bounce; else Return-Path or From.')
    ] = None,
    recipients: Annotated[
        list[str] | None, typer.Option("--to", help="A recipient of the envelope; else those of To and Cc.")
    ] = None,
    spam: Annotated[bool, typer.Option(help="The spam verdict is FAIL.")] = False,
    virus: Annotated[bool, typer.Option(help="The virus verdict is FAIL.")] = False,
    verdicts: Annotated[
        list[str] | None, typer.Option("--verdict", help="spf=FAIL and the like: spam, virus, spf, dkim, dmarc.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """Bring in a mail through SES's receipt rules. Prints its id; then the rules that took it and what they did."""
    raw = sys.stdin.buffer.read() if file == "-" else _content(file)
    given = {name: status for name, _, status in (item.partition("=") for item in verdicts or ())}
    given |= {name: "FAIL" for name, failed in (("spam", spam), ("virus", virus)) if failed}
    received = inbound.mail(servers.running(Folder.current()), raw, sender, recipients or (), given)
    if as_json:
        print(json.dumps(received, indent=2))
        return
    print(received["MessageId"])
    for rule in received["Rules"]:
        errors.print(_escaped(f"rule {rule['Name']} for {', '.join(rule['Recipients'])}"))
        for action in rule["Actions"]:
            errors.print(_escaped(f"  {action['Type']} {action['Target']}: {action['Outcome']}"))
    for address in received["Refused"]:
        errors.print(_escaped(f"not taken for {address}"))


def _content(file: str) -> bytes:
    try:
        return Path(file).read_bytes()
    except OSError as error:
        raise SandboxError(f"{file} cannot be read: {error.strerror}") from error


@app.command()
def logs(
    function: Annotated[str, typer.Argument(help="Part of a function's name.")],
    lines: Annotated[int, typer.Option(help="How many of the last lines.")] = 200,
) -> None:
    """Print what functions logged."""
    folder = Folder.current()
    for line in function_logs.lines(folder, servers.running(folder), function, lines):
        print(line)


@app.command(
    "pulumi", context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}
)
def run_pulumi(context: typer.Context) -> None:
    """Run the Pulumi CLI on the program against the sandbox: `sandbox pulumi up --stack foundation`."""
    folder = Folder.current()
    program = project.cli()
    with operations.only_one(folder):
        made = project.Project.of(folder, servers.ensure(folder))
    os.chdir(made.path)
    os.execve(program, [str(program), *context.args], made.environment(os.environ))  # noqa: S606 the person's own command


@app.command()
def demo(name: Annotated[str, typer.Argument(help="Which one: a name that is none lists them.")] = "pipeline") -> None:
    """Bring everything up and watch one use of it from end to end. Exit code 1 when something expected is missing."""
    from sandbox import demos  # noqa: PLC0415 only this command needs it

    with operations.only_one(Folder.current()):
        demos.run(name, Folder.current(), errors)


def main() -> None:
    """The entry point: errors are one line and a hint."""
    code: Any = 0
    try:
        code = app(standalone_mode=False)
    except SandboxError as error:
        errors.print(f"[red]error:[/red] {_escaped(error.message)}")
        if error.hint:
            errors.print(f"[dim]hint: {_escaped(error.hint)}[/dim]")
        code = 1
    except typer.Exit as stop:
        code = stop.exit_code
    except (typer.Abort, KeyboardInterrupt):
        errors.print("interrupted")
        code = 130
    except Exception as error:
        if hasattr(error, "format_message"):
            errors.print(f"[red]error:[/red] {_escaped(error.format_message())}")  # type: ignore[attr-defined] click's
            code = 2
        elif os.environ.get("SANDBOX_DEBUG"):
            raise
        else:
            errors.print(f"[red]error:[/red] {type(error).__name__}: {_escaped(str(error))}")
            errors.print("[dim]hint: SANDBOX_DEBUG=1 shows where[/dim]")
            code = 1
    sys.exit(code or 0)


def _escaped(text: str) -> str:
    return text.replace("[", r"\[")
