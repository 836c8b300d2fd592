"""What one activity of a journey must be to be published."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from handlers.engagement.errors import BadRequestError
from handlers.engagement.identifiers import parse_time
from handlers.engagement.journeys import activities as kinds
from handlers.engagement.journeys.conditions import event_name
from handlers.engagement.journeys.durations import parse_duration
from handlers.engagement.journeys.message_events import OF_APPS
from handlers.engagement.operations.template_rules import template_parts, unrenderable
from handlers.engagement.segments.definitions import check_definition
from handlers.shared.messages.push import NEEDED

SHORTEST_WAIT = timedelta(seconds=1)
LONGEST_WAIT = timedelta(days=365)
RANDOM_BRANCHES = (2, 5)
CONDITION_BRANCHES = (1, 4)
DATA_CHARACTERS = 5000
ALL_PERCENT = 100
EVENTS = {
    "EMAIL": tuple(
        f"email.{name}"
        for name in (
            "send",
            "delivered",
            "rejected",
            "hardbounce",
            "softbounce",
            "complaint",
            "open",
            "click",
            "unsubscribe",
        )
    ),
    "SMS": ("sms.buffered", "sms.success", "sms.failure"),
    "PUSH": tuple(sorted(OF_APPS)),
}
"""What the translation of delivery events writes, or apps report, so that a split can ask for it; as `event_name` has it."""
LONGEST_TTL = 2_419_200
"""Seconds: 28 days, the most that any push service keeps a message (FCM)."""


class ActivityRules:
    """Checks one activity.

    Args:
        path: What the messages call it.
        activities: All of the journey's.
        before: Ids of those that come before it.
        segment: Id -> segment or None.
        template: (name, kind, version or None) -> template or None.
        end: The journey's end.
        pushes: Whether the project has a push application.
    """

    def __init__(
        self,
        path: str,
        activities: Mapping[str, kinds.Activity],
        before: frozenset[str],
        *,
        segment: Callable[[str], Mapping[str, Any] | None],
        template: Callable[[str, str, str | None], Mapping[str, Any] | None],
        end: datetime,
        pushes: bool,
    ) -> None:
        self._path = path
        self._activities = activities
        self._before = before
        self._segment = segment
        self._template = template
        self._end = end
        self._pushes = pushes

    def problems(self, activity: kinds.Activity) -> list[str]:
        """Everything that is wrong with the activity."""
        found = kinds.kinds_of(activity)
        if len(found) != 1:
            given = ", ".join(found) or "none"
            return [f"{self._path} has {given}; needed is exactly one of {', '.join(kinds.RUN)}"]
        kind = found[0]
        if kind in kinds.NOT_RUN:
            return [f"{self._path}.{kind}: {kinds.NOT_RUN[kind]}"]
        check = {
            "EMAIL": self._message,
            "SMS": self._message,
            "PUSH": self._push,
            "CUSTOM": self._custom,
            "Wait": self._wait,
            "RandomSplit": self._random_split,
            "Holdout": self._holdout,
            "ConditionalSplit": self._conditional_split,
            "MultiCondition": self._multi_condition,
        }[kind]
        return [f"{self._path}.{kind}{problem}" for problem in check(kind, activity[kind])]

    def _message(self, kind: str, body: Mapping[str, Any]) -> Iterator[str]:
        name, version = body.get("TemplateName"), body.get("TemplateVersion")
        if not name:
            yield f".TemplateName is missing; needed is the name of a template of type {kind}"
            return
        template = self._template(name, kind, version)
        if template is None:
            named = f" version {version}" if version else ""
            yield f".TemplateName: there is no {kind} template named {name!r}{named}"
        else:
            for problem in unrenderable(template_parts(kind, template)):
                yield f".TemplateName: {problem}"

    def _push(self, kind: str, body: Mapping[str, Any]) -> Iterator[str]:
        if not self._pushes:
            yield f" is a push message: {NEEDED}"
        yield from self._message(kind, body)
        ttl = (body.get("MessageConfig") or {}).get("TimeToLive")
        if ttl and not (ttl.isascii() and ttl.isdigit() and int(ttl) <= LONGEST_TTL):
            yield f".MessageConfig.TimeToLive is {ttl!r}; needed are whole seconds from 0 to {LONGEST_TTL}"

    def _custom(self, _kind: str, body: Mapping[str, Any]) -> Iterator[str]:
        uri = body.get("DeliveryUri") or ""
        if not uri:
            yield ".DeliveryUri is missing; needed is a function's name or ARN"
        if uri.startswith(("http:", "https:")):
            yield ".DeliveryUri is a URL, which the hosted engagement service does not offer; give a function's name or ARN"
        if body.get("TemplateName"):
            yield ".TemplateName is not offered by the hosted engagement service; the function is given MessageConfig.Data"
        data = (body.get("MessageConfig") or {}).get("Data") or ""
        if len(data) > DATA_CHARACTERS:
            yield f".MessageConfig.Data has {len(data):,} characters; at most {DATA_CHARACTERS:,} are allowed"

    def _wait(self, _kind: str, body: Mapping[str, Any]) -> Iterator[str]:
        wait = body.get("WaitTime") or {}
        if not wait.get("WaitFor") and not wait.get("WaitUntil"):
            yield ".WaitTime is missing; needed is WaitFor or WaitUntil"
        for problem in self._wait_time(wait):
            yield f".WaitTime{problem}"

    def _wait_time(self, wait: Mapping[str, Any]) -> Iterator[str]:
        duration, until = wait.get("WaitFor"), wait.get("WaitUntil")
        if duration and until:
            yield " has WaitFor and WaitUntil; allowed is one of them"
        if duration:
            try:
                length = parse_duration(duration)
            except ValueError as error:
                yield f".WaitFor is {error}"
            else:
                if not SHORTEST_WAIT <= length <= LONGEST_WAIT:
                    yield f".WaitFor is {duration!r}; allowed are PT1S to P365D"
        if until:
            try:
                moment = parse_time(until)
            except ValueError:
                yield f".WaitUntil is {until!r}; needed is an ISO 8601 time"
            else:
                if moment >= self._end:
                    yield f".WaitUntil is {until!r}; needed is a time before the journey's end"

    def _random_split(self, _kind: str, body: Mapping[str, Any]) -> Iterator[str]:
        branches = body.get("Branches") or []
        low, high = RANDOM_BRANCHES
        if not low <= len(branches) <= high:
            yield f".Branches has {len(branches)} branches; allowed are {low} to {high}"
        sizes = [branch.get("Percentage") for branch in branches]
        for at, size in enumerate(sizes):
            if size is None or not 0 <= size <= ALL_PERCENT:
                yield f".Branches[{at}].Percentage is {size}; allowed are 0 to {ALL_PERCENT}"
        total = sum(size or 0 for size in sizes)
        if total != ALL_PERCENT:
            yield f".Branches have percentages that add up to {total}; needed is {ALL_PERCENT}"

    def _holdout(self, _kind: str, body: Mapping[str, Any]) -> Iterator[str]:
        size = body.get("Percentage")
        if size is None or not 0 <= size <= ALL_PERCENT:
            yield f".Percentage is {size}; allowed are 0 to {ALL_PERCENT}"

    def _conditional_split(self, kind: str, body: Mapping[str, Any]) -> Iterator[str]:
        for problem in self._wait_time(body.get("EvaluationWaitTime") or {}):
            yield f".EvaluationWaitTime{problem}"
        yield from self._asked({kind: body})

    def _multi_condition(self, kind: str, body: Mapping[str, Any]) -> Iterator[str]:
        for problem in self._wait_time(body.get("EvaluationWaitTime") or {}):
            yield f".EvaluationWaitTime{problem}"
        low, high = CONDITION_BRANCHES
        count = len(body.get("Branches") or [])
        if not low <= count <= high:
            yield f".Branches has {count} branches; allowed are {low} to {high}, and DefaultActivity"
        yield from self._asked({kind: body})

    def _asked(self, activity: kinds.Activity) -> Iterator[str]:
        for path, condition in kinds.conditions(activity):
            member = path.partition(".")[2]
            for problem in self._condition(condition):
                yield f".{member}{problem}"

    def _condition(self, condition: Mapping[str, Any]) -> Iterator[str]:
        event, segment = condition.get("EventCondition"), condition.get("SegmentCondition")
        dimensions = kinds.dimensions_of(condition)
        if sum(one is not None for one in (event, segment, dimensions)) != 1:
            yield " needs exactly one of EventCondition, SegmentCondition, segmentDimensions"
        if segment is not None and self._segment(segment["SegmentId"]) is None:
            yield f".SegmentCondition.SegmentId: segment {segment['SegmentId']!r} does not exist"
        if dimensions is not None:
            try:
                check_definition({"Dimensions": dimensions}, lambda _id, _version: None)
            except BadRequestError as error:
                yield f".segmentDimensions: {error.message}"
        if event is not None:
            for problem in self._event(event):
                yield f".EventCondition{problem}"

    def _event(self, event: Mapping[str, Any]) -> Iterator[str]:
        message = event.get("MessageActivity")
        if not message:
            yield ".MessageActivity is missing; needed is the id of a message activity before this one"
            return
        activity = self._activities.get(message, {})
        kind = next(iter(kinds.kinds_of(activity)), None)
        if kind not in kinds.MESSAGES or message not in self._before:
            yield f".MessageActivity is {message!r}; needed is the id of a message activity before this one"
            return
        dimensions = event.get("Dimensions") or {}
        if dimensions.get("Metrics"):
            yield ".Dimensions.Metrics is not offered by the hosted engagement service"
        attributes = dimensions.get("Attributes") or {}
        if kind == "CUSTOM":
            if not attributes:
                yield ".Dimensions.Attributes is missing; needed are attributes that the function answers"
            for name, wanted in attributes.items():
                if (wanted.get("AttributeType") or "INCLUSIVE") not in ("INCLUSIVE", "EXCLUSIVE"):
                    yield f".Dimensions.Attributes.{name}.AttributeType is {wanted['AttributeType']!r}; allowed are INCLUSIVE, EXCLUSIVE"
            return
        if attributes:
            yield f".Dimensions.Attributes is not offered for messages of type {kind} by the hosted engagement service"
        types = dimensions.get("EventType") or {}
        for name in types.get("Values") or ():
            if event_name(name) not in EVENTS[kind]:
                allowed = ", ".join(f"_{event}" for event in EVENTS[kind])
                yield f".Dimensions.EventType.Values has {name!r}; of a message of type {kind} known are {allowed}"
        if not types.get("Values"):
            yield ".Dimensions.EventType.Values is missing; needed is an event such as _email.open"
        if (types.get("DimensionType") or "INCLUSIVE") != "INCLUSIVE":
            yield f".Dimensions.EventType.DimensionType is {types['DimensionType']!r}; allowed is INCLUSIVE"
