"""A function's code and layers are unpacked once, and all its workers run that one copy, as AWS's read-only `/var/task` and
`/opt` are one for all. MiniStack unpacks both for every worker, without byte code: sixty workers that started at once took
a minute on a small machine, where AWS takes a second or two.
"""
# pyright: reportMissingImports=false

import hashlib
import shutil
import tempfile
import threading
import types
import zipfile
from pathlib import Path
from typing import Any

from ministack.core import lambda_runtime

_lock = threading.Lock()


class _Archive(zipfile.ZipFile):
    """An archive that is unpacked by a link to the one copy."""

    def __init__(self, file: str) -> None:
        super().__init__(file)
        with Path(file).open("rb") as content:
            digest = hashlib.file_digest(content, "sha256").hexdigest()
        self._copy = Path(tempfile.gettempdir(), "unpacked", digest)

    def namelist(self) -> list[str]:
        # MiniStack resolves the path of every name before it unpacks; the names of a copy that is there were in order.
        return [] if self._copy.exists() else super().namelist()

    def extractall(self, path: Any = None, members: Any = None, pwd: bytes | None = None) -> None:
        with _lock:
            if not self._copy.exists():
                half = self._copy.with_suffix(".half")
                shutil.rmtree(half, ignore_errors=True)
                half.mkdir(parents=True)
                super().extractall(half, members, pwd)
                half.rename(self._copy)
        Path(path).rmdir()
        Path(path).symlink_to(self._copy, target_is_directory=True)


def install() -> None:
    """Lets workers of functions share what was unpacked."""
    lambda_runtime.zipfile = types.SimpleNamespace(
        ZipFile=_Archive, BadZipFile=zipfile.BadZipFile, LargeFileError=zipfile.LargeZipFile
    )
