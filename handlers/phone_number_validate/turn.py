"""One run at a time: two at once would ask, and pay, twice for the numbers that both exported.

The turn is an object in the work bucket, changed by conditional writes alone: `{"Owner": the run's name, "Until"}`. A run
that has it renews it with each of its calls and gives it up at its end. One that died without that keeps the others waiting
for HELD_SECONDS after its last call, longer than a call takes.
"""

from __future__ import annotations

import json
import time
from typing import Any

from botocore.exceptions import ClientError

from handlers.shared.aws_errors import code_of

KEY = "runs/turn.json"
HELD_SECONDS = 1200
_THERE_ALREADY = frozenset({"PreconditionFailed", "ConditionalRequestConflict"})
ATTEMPTS = 5


class Turn:
    """The turn of runs that share a work bucket."""

    def __init__(self, s3: Any, bucket: str) -> None:
        self._s3, self._bucket = s3, bucket

    def take(self, owner: str) -> bool:
        """Takes the turn, or renews it. False: another run has it."""
        # Written before it is read: who may not list the bucket is told 403 of an object that is not there.
        if self._write(owner, int(time.time()) + HELD_SECONDS, ""):
            return True
        for _ in range(ATTEMPTS):
            held, tag = self._read()
            if held["Owner"] != owner and held["Until"] > time.time():
                return False
            if self._write(owner, int(time.time()) + HELD_SECONDS, tag):
                return True
        return False

    def leave(self, owner: str) -> None:
        """Gives the turn up, where the run has it; it took it before."""
        held, tag = self._read()
        if held["Owner"] == owner:
            self._write(owner, 0, tag)

    def _read(self) -> tuple[dict[str, Any], str]:
        answer = self._s3.get_object(Bucket=self._bucket, Key=KEY)
        return json.loads(answer["Body"].read()), answer["ETag"]

    def _write(self, owner: str, until: int, tag: str) -> bool:
        condition = {"IfMatch": tag} if tag else {"IfNoneMatch": "*"}
        body = json.dumps({"Owner": owner, "Until": until}).encode()
        try:
            self._s3.put_object(Bucket=self._bucket, Key=KEY, Body=body, **condition)
        except ClientError as error:
            if code_of(error) not in _THERE_ALREADY:
                raise
            return False
        return True
