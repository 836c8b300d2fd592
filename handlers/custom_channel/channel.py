"""What a channel is: it reaches one endpoint by one call to a service."""

from __future__ import annotations

import hashlib
import importlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


class RefusedError(Exception):
    """The endpoint can never be reached so. The text says why, without personal data."""


@dataclass(frozen=True)
class Call:
    """One endpoint that one run of a campaign reaches; a message of the channel's queue.

    queued: epoch seconds. message: the campaign's text, its variables filled in. texts: the channel's own texts, likewise. problem: why nothing
    is to be called for this endpoint; empty where all is well.
    """

    application: str
    campaign: str
    activity: str
    treatment: str
    endpoint: str
    channel_type: str
    address: str
    queued: int
    message: str = ""
    texts: tuple[str, ...] = ()
    problem: str = ""

    def to_json(self) -> str:
        return json.dumps(vars(self), separators=(",", ":"))

    @staticmethod
    def from_json(text: str) -> Call:
        """Raises ValueError, KeyError or TypeError where it is none."""
        values = json.loads(text)
        return Call(**{**values, "texts": tuple(values["texts"])})

    @property
    def token(self) -> str:
        """The same whenever this endpoint is reached for this run, and for no other: 64 hexadecimal digits."""
        return hashlib.sha256(json.dumps([self.activity, self.endpoint]).encode()).hexdigest()


class Channel(Protocol):
    """Reaches endpoints."""

    name: str
    """Config key, under which calls are counted."""
    repeatable: bool
    """Whether the service takes a token, so that a call made twice reaches a person once."""
    needs_message: bool
    """Whether an endpoint without the campaign's text is refused."""
    texts: Sequence[str]
    """Texts beside the campaign's, with variables of the endpoint and `{{Message}}`, that a call needs filled in."""

    def call(self, call: Call) -> str:
        """Reaches one endpoint; returns the service's id of it. Asked from several threads at once.

        Its client must not retry by itself (`max_attempts=1`). Raises RefusedError, and what boto3 raises.
        Anything else that it raises counts as no answer.
        """
        ...


def channel_of(package: str) -> Channel:
    """The channel of a package of handlers/; its `make()` makes all clients, which threads then share."""
    return importlib.import_module(f"handlers.{package}.channel").make()
