"""Files to be served: which ones a folder holds, under which keys, as which type."""

import mimetypes
from pathlib import Path

_TYPES = mimetypes.MimeTypes()
"""Python's own table, the same on every machine."""


def files_of(folder: str | Path) -> dict[str, Path]:
    """The files in a folder by their key, the path within it. Hidden files and folders are left out."""
    root = Path(folder)
    return {
        path.relative_to(root).as_posix(): path
        for path in sorted(root.rglob("*"))
        if path.is_file() and not any(part.startswith(".") for part in path.relative_to(root).parts)
    }


def content_type(key: str) -> str:
    """The type that a file is served as, by its name; text is UTF-8."""
    found, encoding = _TYPES.guess_type(key)
    if found is None or encoding is not None:
        return "application/octet-stream"
    return f"{found}; charset=utf-8" if found.startswith("text/") else found
