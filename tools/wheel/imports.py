"""Writes imports of the repository's folders as imports of the package that they are parts of when installed."""

import ast

PACKAGE = "engagement"
FOLDERS = ("commands", "components", "handlers", "sandbox", "stacks")
TOP = ("__init__", "scripts")
"""Modules of the package itself, in tools/wheel/package/."""


def rewritten(source: str, name: str) -> str:
    """`from components.x import y` becomes `from engagement.components.x import y`, in the same line.

    name: of the file, for the message. Raises ValueError for `import components.x`, which would bind another name.
    """
    lines = source.split("\n")
    found: list[tuple[int, int]] = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and not node.level and _of_a_folder(node.module or ""):
            # In bytes, and `from` and the module's name are apart by one blank: the formatter sees to it.
            found.append((node.lineno - 1, node.col_offset + len("from ")))
        elif isinstance(node, ast.Import) and any(_of_a_folder(alias.name) for alias in node.names):
            raise ValueError(f"{name}, line {node.lineno}: allowed is `from X import Y`, not `import X`")
    for line, column in found:
        raw = lines[line].encode()
        lines[line] = (raw[:column] + f"{PACKAGE}.".encode() + raw[column:]).decode()
    return "\n".join(lines)


def _of_a_folder(module: str) -> bool:
    return module.partition(".")[0] in FOLDERS
