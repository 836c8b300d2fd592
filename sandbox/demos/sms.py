"""`sandbox demo sms`: a file of text messages is dropped; each row is sent once, no faster than its number may, or reported."""

import csv
import io
import secrets
import time
from collections import defaultdict
from collections.abc import Callable
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.table import Table

from sandbox import outbox
from sandbox.demos.stage import begin
from sandbox.demos.waiting import wait
from sandbox.errors import SandboxError
from sandbox.folder import REPOSITORY, Folder
from sandbox.world.sms_voice.rates import too_fast

STACK = "everything"
FILE = REPOSITORY / "docs" / "examples" / "texts.csv"
RATES = {"+16045550101": 1, "+18335550102": 3, "555104": 100}
"""Parts a second of the three numbers that the file names: a long code, a toll-free number, a short code."""
SENT = ("+12065550140", "+12065550141", "+12065550142", "+351282435050", "+12065550144", "+12065550140", "+12065550150")
NOT_SENT = {
    10: "equal in every column to the row in line 8",
    11: "E.164",
    12: "message is empty",
    13: "short_code is empty",
    14: "message_type",
    15: "8 values",
}
"""Lines that must be reported, and what must be said of them."""
DEADLINE_SECONDS = 90


def run(folder: Folder, errors: Console) -> None:
    """A file of text messages is sent."""
    stage = begin(folder, errors, STACK)
    out, running, exports = stage.out, stage.running, stage.exports
    drop = Dropped(running.clients()("s3"), exports, secrets.token_hex(3))
    before = len(outbox.messages(folder, running))
    dropped = time.monotonic()
    drop.put(FILE.read_bytes())
    out.print(f"2. dropped {FILE.relative_to(REPOSITORY)} as s3://{drop.bucket}/{drop.key}", markup=False)
    with errors.status("waiting for its results"):
        found = _wait(drop.results)
    out.print(f"3. {drop.report('results')} is there after {time.monotonic() - dropped:.1f} s", markup=False)
    sent = outbox.messages(folder, running)[before:]
    _show(out, sent, drop.rows("errors"))
    problems = _problems(found, drop.rows("errors"), sent)
    drop.put(FILE.read_bytes())
    with errors.status("waiting for the file that is dropped again"):
        states = running.clients()("stepfunctions")
        _wait(lambda: _ended(states, exports["smsDropStateMachineArn"], drop.key, runs=2))
    again = len(outbox.messages(folder, running)) - before - len(sent)
    out.print(f"4. dropped the same file again: {again} texts were sent")
    if again:
        problems.append(f"{again} texts were sent when the file was dropped again")
    if problems:
        raise SandboxError("; ".join(problems), "read `sandbox logs sms-s3-drop` and `sandbox outbox`")
    out.print("5. every row was sent once or reported, and no number sent faster than it may")


class Dropped:
    """A file under the prefix, and its reports."""

    def __init__(self, s3: Any, exports: dict[str, Any], mark: str) -> None:
        self._s3 = s3
        self.bucket: str = exports["smsDropBucketName"]
        self.key = f"{exports['smsDropPrefix']}{FILE.stem}-{mark}.csv"

    def put(self, content: bytes) -> None:
        self._s3.put_object(Bucket=self.bucket, Key=self.key, Body=content)

    def report(self, kind: str) -> str:
        """The key of `results` or `errors`."""
        return f"{kind}/{self.key.rpartition('/')[2]}"

    def rows(self, kind: str) -> list[dict[str, str]]:
        """A report's lines; none where it is not there."""
        try:
            content = self._s3.get_object(Bucket=self.bucket, Key=self.report(kind))["Body"].read()
        except self._s3.exceptions.NoSuchKey:
            return []
        return list(csv.DictReader(io.StringIO(content.decode(), newline="")))

    def results(self) -> list[dict[str, str]]:
        return self.rows("results")


def _wait(what: Callable[[], Any]) -> Any:
    return wait(what, DEADLINE_SECONDS, "the file was not done", "sms-s3-drop-sender")


def _ended(states: Any, machine: str, key: str, runs: int) -> bool:
    """Whether so many runs for a key have ended."""
    found = states.list_executions(stateMachineArn=machine)["executions"]
    name = key.rpartition("/")[2].replace(".", "-")
    return len([run for run in found if run["name"].startswith(name) and run["status"] != "RUNNING"]) >= runs


def _show(out: Console, sent: list[Any], errors: list[dict[str, str]]) -> None:
    texts = Table("to", "from", "text", title="Who was texted what")
    for message in sent:
        texts.add_row(message.to, message.sender, message.body)
    out.print(texts)
    lines = Table("line", "reason", title="What was not sent")
    for error in errors:
        lines.add_row(error["line"], error["reason"])
    out.print(lines)


def _problems(results: list[dict[str, str]], errors: list[dict[str, str]], sent: list[Any]) -> list[str]:
    problems = []
    if sorted(message.to for message in sent) != sorted(SENT):
        problems.append(f"texted were {sorted(message.to for message in sent)}, not {sorted(SENT)}")
    if len(results) != len(SENT) + len(NOT_SENT):
        problems.append(f"{len(results)} rows have a result, not {len(SENT) + len(NOT_SENT)}")
    reasons = {int(error["line"]): error["reason"] for error in errors}
    problems += [
        f"line {line} was not reported with {words!r}"
        for line, words in NOT_SENT.items()
        if words not in reasons.get(line, "")
    ]
    if reasons.keys() - NOT_SENT.keys():
        problems.append(f"lines {sorted(reasons.keys() - NOT_SENT.keys())} were reported, which are good")
    by_number: dict[str, list[tuple[float, int]]] = defaultdict(list)
    for message in sent:
        moment = datetime.fromisoformat(message.time).timestamp()
        by_number[message.sender].append((moment, message.parts))
    for number, rate in RATES.items():
        if too_fast(by_number[number], rate):
            problems.append(f"{number} sent faster than {rate} a second")
    return problems
