"""What a report tells: the figures of a campaign, or of all that ran since a day, as `engagement campaign results` has them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, Protocol

from commands.campaigns.figures import Figures, add_runs, head, results
from commands.errors import CommandError
from commands.journeys import figures as heads_of
from commands.journeys.graph import Node, nodes
from handlers.engagement.journeys.states import ACTIVE, CLOSED, DRAFT, PAUSED
from handlers.engagement.metrics.cells import KEPT_DAYS

AT_ONCE = 8
DRAWN = 20
"""Of so many journeys the activities are told, each by a call of its own."""
GOING_ON = (ACTIVE, PAUSED, CLOSED)
DAILY = ("Sent", "Delivered", "HardBounces", "SoftBounces", "FailedTexts", "Complaints")


class Source(Protocol):
    """What is read of an application: commands/campaigns/project.py."""

    def campaigns(self) -> Iterator[dict[str, Any]]: ...
    def campaign(self, identifier: str) -> dict[str, Any]: ...
    def activities(self, identifier: str) -> list[dict[str, Any]]: ...
    def counted(self, identifier: str) -> dict[str, Any]: ...
    def segment(self, identifier: str) -> dict[str, Any] | None: ...
    def journeys(self) -> Iterator[dict[str, Any]]: ...
    def journey_counts(self, identifier: str, activity: str = "", run: str = "") -> dict[str, int]: ...


@dataclass(frozen=True)
class Journey:
    """A journey. head: as `journey list` has it; nodes: its activities with their ways, where they are told."""

    head: Mapping[str, Any]
    nodes: Sequence[Node] = ()


@dataclass(frozen=True)
class Report:
    """What a report tells.

    Attributes:
        title: What it is about.
        figures: As `campaign results --json`; of several campaigns without what is one's alone.
        email: What SES told of the emails, as GetCampaignResults names it.
        days: A row for each day (UTC) on which something was sent, with `Day` and DAILY.
        campaigns: A row for each, where the report is of several.
        journeys: Those that ran, over all their time.
        segments: Id, name, type and size (None where only a run finds out) of each segment that was written to.
    """

    title: str
    figures: Mapping[str, Any]
    email: Mapping[str, int]
    days: Sequence[Mapping[str, Any]]
    campaigns: Sequence[Mapping[str, Any]] = ()
    segments: Sequence[Mapping[str, Any]] = ()
    journeys: Sequence[Journey] = ()
    about: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class _Read:
    campaign: Mapping[str, Any]
    activities: Sequence[Mapping[str, Any]]
    counted: Mapping[str, Any]


def first_day(given: str, today: date) -> date:
    """The day of `--since`: a date, or a number of days with `d`. Raises CommandError."""
    earliest = today - timedelta(days=KEPT_DAYS)
    try:
        day = today - timedelta(days=int(given[:-1])) if given.endswith("d") else date.fromisoformat(given)
    except (ValueError, OverflowError):
        raise CommandError(
            f"--since is {given!r}; allowed: a day such as {earliest}, or days back such as 30d"
        ) from None
    if not earliest <= day <= today:
        raise CommandError(f"--since is {given!r}; allowed: {earliest} to {today}, as far as messages are counted")
    return day


def of_campaign(project: Source, identifier: str) -> Report:
    """The report of one campaign, over all its runs. Raises NotFoundException."""
    read = _read(project, project.campaign(identifier))
    found = results(read.campaign, read.activities, read.counted)
    return Report(
        title=found["Name"] or found["Id"],
        figures=found,
        email=_figures([read]).email,
        days=_days(read.counted["Item"]),
        segments=_segments(project, [read]),
        about={"Campaign": found["Id"], "State": found["State"], "Start": found["When"] or "-"},
    )


def of_all(project: Source, since: date) -> Report:
    """The report of the campaigns that ran since a day, of those runs alone."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        every = pool.map(lambda campaign: _read(project, campaign, since), project.campaigns())
        reads = [read for read in every if read.activities]
    whole = _figures(reads)
    items = [item for read in reads for item in _items(read)]
    return Report(
        title=f"Campaigns and journeys since {since}",
        figures={**whole.told(), **whole.details()},
        email=whole.email,
        days=_days(items),
        campaigns=[{**head(read.campaign), **_figures([read]).told()} for read in reads],
        segments=_segments(project, reads),
        journeys=_journeys(project, since),
        about={"Campaigns": f"{len(reads):,}", "Runs since": str(since)},
    )


def _journeys(project: Source, since: date) -> list[Journey]:
    """Those that were published and run, or ran since a day; the newest few with their activities."""
    ran = [
        each
        for each in project.journeys()
        if each["State"] in GOING_ON or (each["State"] != DRAFT and each["LastModifiedDate"][:10] >= since.isoformat())
    ]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        heads = list(pool.map(lambda each: heads_of.head(project, each), ran))
        drawn = [
            nodes(each, lambda activity, each=each: project.journey_counts(each["Id"], activity), pool.map)
            for each in ran[:DRAWN]
        ]
    return [Journey(head, drawn[at] if at < DRAWN else ()) for at, head in enumerate(heads)]


def _read(project: Source, campaign: Mapping[str, Any], since: date | None = None) -> _Read:
    activities = project.activities(campaign["Id"])
    if since is not None:
        activities = [each for each in activities if each.get("Start", "")[:10] >= since.isoformat()]
    counted = project.counted(campaign["Id"]) if activities or since is None else {"Item": []}
    return _Read(campaign, activities, counted)


def _items(read: _Read) -> list[Mapping[str, Any]]:
    wanted = {activity["Id"] for activity in read.activities}
    return [item for item in read.counted["Item"] if item["ActivityId"] in wanted]


def _figures(reads: Iterable[_Read]) -> Figures:
    figures = Figures()
    for read in reads:
        add_runs(figures, read.activities, read.counted)
    return figures


def _days(items: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    found: dict[str, Counter[str]] = {}
    for item in items:
        for day in item.get("Days", ()):  # a service that is older than the command tells none
            email, sms = day["Email"], day["Sms"]
            found.setdefault(day["Day"], Counter()).update(
                {
                    "Sent": email["Sent"] + sms["Sent"],
                    "Delivered": email["Delivered"] + sms["Delivered"],
                    "HardBounces": email["HardBounced"],
                    "SoftBounces": email["SoftBounced"],
                    "FailedTexts": sms["Failed"],
                    "Complaints": email["Complained"],
                }
            )
    return [{"Day": day, **{name: counters[name] for name in DAILY}} for day, counters in sorted(found.items())]


def _segments(project: Source, reads: Iterable[_Read]) -> list[dict[str, Any]]:
    identifiers = dict.fromkeys(read.campaign["SegmentId"] for read in reads)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        found = list(pool.map(project.segment, identifiers))
    return [
        {
            "Id": identifier,
            "Name": segment.get("Name", "") if segment else "(deleted)",
            "Type": segment.get("SegmentType", "") if segment else "",
            "Size": (segment.get("ImportDefinition") or {}).get("Size") if segment else None,
        }
        for identifier, segment in zip(identifiers, found, strict=True)
    ]


def today() -> date:
    """The day in UTC, by which messages are counted."""
    return datetime.now(UTC).date()
