"""Dovecot's Sieve interpreter (Debian's `dovecot-sieve`), asked whether its `vacation` answers a mail."""

from __future__ import annotations

import os
import pwd
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

NEEDED = "sieve-test is not installed: Debian's package dovecot-sieve has it"
_ANSWERED = "sent vacation response to"
_SILENT = re.compile(r"vacation action: (?:discard\w+|not sending) vacation re(?:sponse|ply)")
_DONE = "final result: success"


class NoDecisionError(Exception):
    """What the interpreter printed says neither that it answers nor that it does not."""


def is_installed() -> bool:
    return shutil.which("sieve-test") is not None


@dataclass(frozen=True)
class Vacation:
    """A mailbox whose owner is away. folder: its own. addresses: what the owner gets mail for, beside the envelope's recipient."""

    folder: Path
    addresses: tuple[str, ...] = ()

    def answers(self, mail: bytes, source: str, recipient: str) -> bool:
        """Whether a mail with this envelope gets an answer. source: not empty: sieve-test knows no bounces. Raises
        NoDecisionError."""
        (self.folder / "mail.eml").write_bytes(mail)
        listed = ", ".join(f'"{address}"' for address in self.addresses)
        addresses = f":addresses [{listed}] " if listed else ""
        (self.folder / "away.sieve").write_text(f'require ["vacation"];\nvacation {addresses}"Away";\n')
        command = ["sieve-test", "-C", "-e", "-c", self._config(), "-l", self._location]
        envelope = ["-f", source, "-r", recipient, "-a", recipient]
        done = subprocess.run(
            [*command, *envelope, "away.sieve", "mail.eml"],
            cwd=self.folder,
            check=False,
            capture_output=True,
            text=True,
            timeout=60,
        )
        said = done.stdout + done.stderr
        answered, silent = _ANSWERED in said, bool(_SILENT.search(said))
        if done.returncode or _DONE not in said or answered == silent:
            raise NoDecisionError(said)
        return answered

    @property
    def _location(self) -> str:
        return f"maildir:{self.folder / 'maildir'}"

    def _config(self) -> str:
        """Its configuration. It refuses to run as root, and takes nobody's rights then."""
        path = self.folder / "dovecot.conf"
        user = pwd.getpwuid(os.getuid() or pwd.getpwnam("nobody").pw_uid)
        os.chown(self.folder, user.pw_uid, user.pw_gid)
        path.write_text(
            f"mail_uid = {user.pw_uid}\nmail_gid = {user.pw_gid}\nmail_home = {self.folder}\n"
            f"mail_location = {self._location}\nlog_path = /dev/stderr\n"
        )
        return str(path)
