"""`sandbox demo everything`: every other demo, one after the other, on one deployment of all architectures."""

import importlib
import time

from rich.console import Console

from sandbox import demos
from sandbox.errors import SandboxError
from sandbox.folder import Folder


def run(folder: Folder, errors: Console) -> None:
    """All demos. One that does not end as it must stops none of the others; they are named at the end."""
    out = Console(highlight=False, soft_wrap=True)
    started = time.monotonic()
    names = [name for name in demos.names() if name != __name__.rpartition(".")[2]]
    failed: dict[str, str] = {}
    for name in names:
        module = importlib.import_module(f"{demos.__name__}.{name}")
        out.print(f"\n[bold]{name}[/bold]: {str(module.run.__doc__).strip().splitlines()[0]}")
        try:
            module.run(folder, errors)
        except SandboxError as error:
            failed[name] = str(error)
            out.print(f"[red]failed:[/red] {error}", highlight=False)
    out.print()
    if failed:
        told = "; ".join(f"{name}: {error}" for name, error in failed.items())
        raise SandboxError(f"{len(failed)} of {len(names)} demos did not end as they must: {told}", "sandbox logs ''")
    out.print(
        f"All {len(names)} demos ended as they must ({', '.join(names)}), {time.monotonic() - started:.0f} s in all."
    )
