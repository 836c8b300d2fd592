"""From a function URL's event to an operation of the Pinpoint service model, or of the service's own.

A function URL hands over the path as it was sent, percent-encoded, so a `/` inside an id is `%2F` and segments are
exact. Some front ends decode it first. A path that holds a character which no encoded path has (a space, `ü`) is taken
as decoded; where a decoded path fits no route segment by segment, the callers' own ids (endpoint, user, ARN) may span
several.
"""

import re
from collections.abc import Iterable
from functools import cache
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, unquote

from handlers.engagement.api import own_operations
from handlers.engagement.errors import BadRequestError, MethodNotAllowedError, NotFoundError
from handlers.shared.service_models import pinpoint_model

ENCODED_PATH = re.compile(r"(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/]|%[0-9A-Fa-f]{2})*\Z")
FREE = frozenset({"endpoint-id", "user-id", "resource-arn"})


class Route(NamedTuple):
    """One operation: its method, the segments of its path (`{name}` for a parameter), botocore's model of it."""

    name: str
    method: str
    segments: tuple[str, ...]
    model: Any

    @property
    def literals(self) -> int:
        """How many segments are fixed: the more, the closer the match."""
        return sum(not segment.startswith("{") for segment in self.segments)


class Match(NamedTuple):
    """A request's operation and its decoded path parameters by their names in the URI."""

    route: Route
    parameters: dict[str, str]


@cache
def routes() -> tuple[Route, ...]:
    """All operations, those with more fixed segments first."""
    found = []
    for source in (pinpoint_model(), own_operations.model()):
        names: Any = source.operation_names
        for name in names:
            operation: Any = source.operation_model(name)
            segments = tuple(operation.http["requestUri"].strip("/").split("/"))
            found.append(Route(name, operation.http["method"], segments, operation))
    return tuple(sorted(found, key=lambda route: -route.literals))


def match(method: str, raw_path: str) -> Match:
    """The operation of a request.

    Raises:
        BadRequestError: the path is not UTF-8.
        NotFoundError: no operation has this path.
        MethodNotAllowedError: the path has operations, but none by this method.
    """
    encoded = ENCODED_PATH.match(raw_path) is not None
    pieces = raw_path.strip("/").split("/")
    try:
        raw_path.encode()
        segments = [unquote(piece, errors="strict") if encoded else piece for piece in pieces]
    except UnicodeError as error:
        raise BadRequestError(f"The path {raw_path[:200]!r} is not UTF-8") from error
    fitting = [found for route in routes() if (found := _exact(route, segments))]
    if not fitting:
        path = "/".join(segments)
        fitting = [found for route in routes() if (found := _spanning(route, path))]
    if not fitting:
        raise NotFoundError(f"No operation has the path {raw_path!r}")
    best = fitting[0].route.literals
    fitting = [found for found in fitting if found.route.literals == best]
    for found in fitting:
        if found.route.method == method:
            return found
    allowed = ", ".join(sorted({found.route.method for found in fitting}))
    raise MethodNotAllowedError(f"The path {raw_path!r} does not take {method}; allowed are {allowed}")


def query_of(raw_query: str) -> dict[str, list[str]]:
    """A query string's values by name.

    Raises:
        BadRequestError: it is not UTF-8.
    """
    values: dict[str, list[str]] = {}
    try:
        raw_query.encode()
        pairs = parse_qsl(raw_query, keep_blank_values=True, errors="strict")
    except ValueError as error:
        raise BadRequestError(f"The query {raw_query[:200]!r} is not UTF-8") from error
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    return values


def _exact(route: Route, segments: Iterable[str]) -> Match | None:
    segments = list(segments)
    if len(segments) != len(route.segments):
        return None
    parameters: dict[str, str] = {}
    for wanted, given in zip(route.segments, segments, strict=True):
        if wanted.startswith("{"):
            if not given:
                return None
            parameters[wanted[1:-1]] = given
        elif wanted != given:
            return None
    return Match(route, parameters)


def _spanning(route: Route, path: str) -> Match | None:
    found = _pattern(route.segments).fullmatch(path)
    if not found:
        return None
    names = [segment[1:-1] for segment in route.segments if segment.startswith("{")]
    return Match(route, dict(zip(names, found.groups(), strict=True)))


@cache
def _pattern(segments: tuple[str, ...]) -> re.Pattern[str]:
    parts = [
        ("(.+)" if segment[1:-1] in FREE else "([^/]+)") if segment.startswith("{") else re.escape(segment)
        for segment in segments
    ]
    return re.compile("/".join(parts), re.DOTALL)
