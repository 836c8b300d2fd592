"""What a message says of itself: SES message tags and End User Messaging's context have the same names.

Whoever sends for the project gives: `application_id`, `endpoint_id` (or `endpoint_id_b64`, base64url of an id that a tag
cannot hold), and for a campaign `campaign_id`, `campaign_activity_id`, `treatment_id`; for a journey `journey_id`,
`journey_run_id`, `journey_activity_id`. All else is the sender's own and goes along.
"""

from __future__ import annotations

import base64
import binascii
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from handlers.shared.event_stream import Event, envelope

APPLICATION = "application_id"
ENDPOINT = "endpoint_id"
ENDPOINT_ENCODED = "endpoint_id_b64"
RUN = (
    "campaign_id",
    "campaign_activity_id",
    "treatment_id",
    "journey_id",
    "journey_run_id",
    "journey_activity_id",
)
_OURS = frozenset({APPLICATION, ENDPOINT, ENDPOINT_ENCODED, *RUN})
_BY_ADDRESS = uuid.UUID("5f1d7c5e-8a52-4f0e-9d0a-3f0b1f6e2c11")


class UntranslatableError(ValueError):
    """An event that can never be translated. The text says why, without personal data."""


@dataclass(frozen=True)
class Account:
    """Where events belong that do not say it themselves."""

    application_id: str
    account_id: str


@dataclass(frozen=True)
class Context:
    """A message's context. endpoint_id: as the sender gave it, else a UUID made from the message's id."""

    application_id: str
    endpoint_id: str
    run: dict[str, str]
    own: dict[str, str]


def context_of(pairs: Mapping[str, str], account: Account, message_id: str) -> Context:
    """The context from tags or context pairs."""
    return Context(
        application_id=pairs.get(APPLICATION) or account.application_id,
        endpoint_id=pairs.get(ENDPOINT)
        or _decoded(pairs.get(ENDPOINT_ENCODED))
        or str(uuid.uuid5(_BY_ADDRESS, message_id)),
        run={name: pairs[name] for name in RUN if pairs.get(name)},
        own={name: value for name, value in pairs.items() if name not in _OURS},
    )


def event_of(
    event_type: str, context: Context, account: Account, *, happened: int, arrived: int, identity: str
) -> Event:
    """An event of this context, by handlers/shared/event_stream.py."""
    return envelope(
        event_type,
        application_id=context.application_id,
        account_id=account.account_id,
        endpoint_id=context.endpoint_id,
        happened=happened,
        arrived=arrived,
        identity=identity,
        attributes=context.run,
    )


def member(holder: Any, name: str, kind: type | tuple[type, ...], path: str) -> Any:
    """`holder[name]`, which must be of this kind. Raises UntranslatableError naming `path`."""
    value = holder.get(name) if isinstance(holder, Mapping) else None
    if not isinstance(value, kind) or isinstance(value, bool):
        raise UntranslatableError(f"{path} is missing or a {type(value).__name__}")
    return value


def _decoded(text: str | None) -> str | None:
    if not text:
        return None
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()
    except (binascii.Error, ValueError):
        return None
