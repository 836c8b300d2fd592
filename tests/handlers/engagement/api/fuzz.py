"""Requests by the service model, most of them nearly right: for every offered operation a path, a query and a body."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

BASE = "https://engagement.example"
TEXTS = (
    "", " ", "x" * 5000, "é" * 700, "\ud800", "a\udfffb", "\x00", "²", "٣", "-1", "0", "1", "latest", "2" * 5000,
    "{{Id}}", "{{#if x}}", "{{" * 400, "{{#if a}}" * 400, "a/b", "../..", "%", "%2F", "${x}", "a#b", "😀",
    "IMMEDIATE", "2030-01-02T03:04:05Z", "2030-01-02", "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00",
    "2030-01-02T03:04:05.678+23:59", "25:00", "UTC", "utc+01", "UTC+99:99", "UTC-24", "22:00", "+12065550100", "a@b.c", "*" * 60,
    "[z-a]*", "s3://bucket/key", "s3://", "arn:aws:iam::123456789012:role/x", "arn:aws:mobiletargeting:eu-west-1:1:apps/",
    "arn:aws:mobiletargeting:eu-west-1:1:apps//segments/", "arn:aws:mobiletargeting:eu-west-1:1:templates//SMS", "eyJhIjoxfQ==",
    "http://example.org", "arn:aws:lambda:eu-west-1:123456789012:function:f",
)  # fmt: skip
NUMBERS = (0, 1, 2, 50, 100, 101, -1, 2**31, 2**63, -(2**70), 10**400, 1.5, -0.0, 1e308, float("inf"), float("nan"))
OTHER_TYPES = (None, True, 0, 1.5, "", [], {}, [None], {"a": None}, [[[[]]]])
RAW = (
    b"", b"{", b"null", b"[]", b'"x"', b"NaN", b'{"a":1e999}', b"\xff\xfe", b"\xed\xa0\x80", b'{"\\ud800":"\\ud800"}',
    b"[" * 100_000, b'{"a":' * 100_000, b'{"Item":' + b"[" * 900 + b"]" * 900 + b"}", b'{"tags":' + b'{"a":' * 400 + b"1" + b"}" * 401,
    b'{"Name":' + b"9" * 5000 + b"}",
)  # fmt: skip


@dataclass(frozen=True)
class Request:
    """One request as it goes over the wire."""

    operation: str
    method: str
    url: str
    body: bytes
    headers: Mapping[str, str]


class Maker:
    """Makes requests to some routes.

    Args:
        known: Path or query parameter -> values of things that exist.
    """

    def __init__(self, routes: Sequence[Any], known: Mapping[str, list[str]]) -> None:
        self.routes = routes
        self.known = known
        self.texts = (*TEXTS, *(value for values in known.values() for value in values))

    def request(self, seed: int) -> Request:
        """The request of a seed: always the same for the same things."""
        return _One(self, random.Random(seed)).request()


class _One:
    def __init__(self, maker: Maker, chance: random.Random) -> None:
        self.maker = maker
        self.chance = chance

    def request(self) -> Request:
        route = self.chance.choice(self.maker.routes)
        segments = [
            self.escaped(self.parameter(segment[1:-1], 9)) or "-" if segment.startswith("{") else segment
            for segment in route.segments
        ]
        shape = route.model.input_shape
        names = [
            member.serialization["name"]
            for member in (shape.members.values() if shape else ())
            if member.serialization.get("location") == "querystring" and self.one_in(2)
        ]
        query = "&".join(f"{name}={self.escaped(self.parameter(name, 1))}" for name in names)
        payload = shape.serialization.get("payload") if shape else None
        body = json.dumps(self.structure(shape.members[payload], 0)).encode() if payload else b""
        if self.one_in(20):
            body = self.chance.choice(RAW)
        headers = {"x-engagement-existing-only": self.chance.choice(("true", "no"))} if self.one_in(4) else {}
        return Request(route.name, route.method, f"{BASE}/{'/'.join(segments)}?{query}".rstrip("?"), body, headers)

    def parameter(self, name: str, odds: int) -> str:
        """A value that exists, `odds` to one."""
        there = self.maker.known.get(name)
        return self.chance.choice(there) if there and not self.one_in(odds + 1) else self.text()

    def text(self) -> str:
        if self.one_in(4):
            return "".join(chr(self.chance.choice((9, 32, 65, 97, 178, 233, 8364, 55357, 128512))) for _ in range(9))
        return self.chance.choice(self.maker.texts)

    def structure(self, shape: Any, depth: int) -> Any:
        made = {}
        for name, member in shape.members.items():
            rare = 20 if name in shape.required_members else 3 + depth
            if (name in shape.required_members) != self.one_in(rare):
                made[name] = self.value(member, depth + 1)
        if self.one_in(40):
            made[self.text()] = self.chance.choice(OTHER_TYPES)
        return made

    def value(self, shape: Any, depth: int) -> Any:
        if self.one_in(30):
            return self.chance.choice(OTHER_TYPES)
        kind = shape.type_name
        if kind == "structure":
            return self.structure(shape, depth)
        if kind == "map":
            return {self.text(): self.value(shape.value, depth + 1) for _ in range(self.chance.randint(0, 2))}
        if kind == "list":
            return [self.value(shape.member, depth + 1) for _ in range(self.chance.randint(0, 2))]
        if kind == "boolean":
            return self.one_in(2)
        if kind in ("integer", "long", "double", "float"):
            return self.chance.choice(NUMBERS) if self.one_in(3) else self.chance.randint(0, 120)
        allowed = getattr(shape, "enum", ())
        return self.chance.choice(list(allowed)) if allowed and not self.one_in(10) else self.text()

    def one_in(self, number: int) -> bool:
        return self.chance.randrange(number) == 0

    @staticmethod
    def escaped(value: str) -> str:
        return quote(value.encode("utf-8", "surrogatepass"), safe="")
