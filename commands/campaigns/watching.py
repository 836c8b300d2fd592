"""A campaign's latest run, followed to its end."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from commands.campaigns.figures import PENDING, SENT
from commands.campaigns.project import Project

ENDED = frozenset({"COMPLETED", "CANCELLED", "INVALID"})
RUN_DIGITS = 12
"""Of an activity's id: version and run, which the treatments of a run share."""


@dataclass(frozen=True)
class Look:
    """A run at a moment. considered: with a result; sent: of those; total: whom the run will consider, if it is known."""

    state: str
    result: str
    considered: int
    sent: int
    total: int | None

    @property
    def ended(self) -> bool:
        """Whether nothing changes any more."""
        return self.state in ENDED


def look(activities: Sequence[Mapping[str, Any]], total: int | None) -> Look:
    """The latest of a campaign's runs, over its treatments."""
    if not activities:
        return Look("WAITING", "", 0, 0, total)
    run = activities[0]["Id"][:RUN_DIGITS]
    latest = [activity for activity in activities if activity["Id"][:RUN_DIGITS] == run]
    counted: Counter[str] = Counter()
    for activity in latest:
        counted.update({status: int(number) for status, number in activity["ExecutionMetrics"].items()})
    going = [activity["State"] for activity in latest if activity["State"] not in ENDED]
    result = "FAIL" if any(activity.get("Result") == "FAIL" for activity in latest) else latest[0].get("Result", "")
    considered = counted.total() - counted[PENDING]
    return Look(going[0] if going else latest[0]["State"], result, considered, counted[SENT], total)


def watch(project: Project, campaign: dict[str, Any], every: float, *, as_json: bool = False) -> Look:
    """Looks again and again, until the latest run has ended; shows each look. Returns the last one."""
    total = project.audience(campaign)
    columns = (
        TextColumn("{task.fields[state]}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    )  # fmt: skip
    before: tuple[float, int] | None = None
    with Progress(*columns, console=Console(stderr=True), disable=as_json) as progress:
        task = progress.add_task("", total=total, state="", rate="")
        while True:
            found = look(project.activities(campaign["Id"]), total)
            now = time.monotonic()
            rate = (found.considered - before[1]) / (now - before[0]) if before and now > before[0] else 0.0
            before = (now, found.considered)
            if as_json:
                print(json.dumps(told(found, rate)), flush=True)
            progress.update(task, completed=found.considered, state=found.state, rate=f"{rate:,.1f}/s")
            if found.ended:
                break
            time.sleep(every)
    if not as_json:
        print(f"{found.state} {found.result}: {found.considered:,} considered, {found.sent:,} sent")
    return found


def told(found: Look, rate: float) -> dict[str, Any]:
    """A look as JSON. Seconds remain where the total and a rate are known."""
    left = None if found.total is None else max(0, found.total - found.considered)
    remaining = 0 if found.ended else round(left / rate) if left is not None and rate > 0 else None
    return {
        "State": found.state,
        "Result": found.result,
        "Considered": found.considered,
        "Sent": found.sent,
        "Total": found.total,
        "PerSecond": round(rate, 2),
        "SecondsRemaining": remaining,
    }
