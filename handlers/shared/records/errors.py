"""What is wrong with a file as a whole, or with one row of it."""

from __future__ import annotations


class FileError(ValueError):
    """A file that cannot be taken as a whole. The message says why, without the file's name: it follows `FILE: ` or `the file `."""


class RowError(ValueError):
    """A row that cannot be taken. The message says why, without the file's name and the line's number."""
