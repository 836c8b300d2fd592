"""The processes of a running sandbox that run a function's code."""

from pathlib import Path


def workers(home: Path, function: str) -> list[int]:
    """The processes that run a function's code in this sandbox."""
    mark = f"{home}/data/tmp/ministack-lambda-{function}"
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                command = (folder / "cmdline").read_text()
            except OSError:  # it ended meanwhile
                continue
            if mark in command:
                found.append(int(folder.name))
    return found
