"""A program's files in another folder that has config of its own."""

from collections.abc import Collection
from pathlib import Path


def link(program: Path, target: Path, config: Path, without: Collection[str] = ()) -> None:
    """Links all that the program's folder holds into `target`, but for Pulumi.yaml, the stacks' config and what `without` names.

    config: the folder of the stacks' config, relative to the program's. It is a folder of the target's own, and so is each
    on the way to it: what is written there reaches no file of the program.
    """
    if target.is_symlink():
        target.unlink()
    target.mkdir(parents=True, exist_ok=True)
    for source in program.iterdir():
        link_at = target / source.name
        if config.parts and source.name == config.parts[0]:
            link(source, link_at, config.relative_to(source.name))
        elif source.name not in without and not source.name.startswith("Pulumi.") and not link_at.is_symlink():
            link_at.symlink_to(source)
