"""Architectures 1 and 6: whatever comes, throttled or killed half way, each input is done, an error or a dead letter."""

from __future__ import annotations

import json
from typing import Any

import pytest

from handlers.pinpoint_event_processing import function as objects
from handlers.ses_event_processing import function as notifications
from handlers.ses_event_processing.notification import recipients_of
from tests.handlers.pinpoint_event_processing.test_objects import KEY, hard_bounce, put
from tests.handlers.ses_event_processing.test_notifications import bounce, complaint, enveloped
from tests.handlers.shared.fakes import s3_event, sqs_event
from tests.handlers.suppression.world import objects_in, world  # noqa: F401

GOOD = [bounce(f"u{n}@example.org") for n in range(40)] + [complaint(f"u{n}@example.net") for n in range(5)]
DUPLICATES = GOOD[:5]
PASSED_OVER = [
    {"notificationType": "Delivery"},
    bounce("soft@example.org", bounce_type="Transient"),
]
BAD = [
    "{",
    "[1]",
    "no base64!",
    json.dumps({"notificationType": 7}),
    json.dumps({"notificationType": "Unheard"}),
    json.dumps(bounce(bouncedRecipients=[])),
    json.dumps(bounce(address=5)),
    json.dumps({"notificationType": "Bounce", "fill": "x" * 1_000_000}),
    json.dumps(bounce("refused@example.org")),
]
ADDRESSES = dict.fromkeys((f"u{n}@example.org" for n in range(40)), "BOUNCE") | dict.fromkeys(
    (f"u{n}@example.net" for n in range(5)), "COMPLAINT"
)


class KilledError(BaseException):
    """The function's end, half way."""


def killed_at(world: Any, count: int) -> Any:  # noqa: F811
    """Ends the function at its `count`-th call from now; returns what takes the sword away."""
    called, seen = world.called, []

    def sometimes(name: str) -> None:
        called(name)
        seen.append(name)
        if len(seen) == count:
            raise KilledError

    world.called = sometimes
    return lambda: setattr(world, "called", called)


def redelivered(handler: Any, bodies: list[str], receives: int = 5) -> list[str]:
    """Delivers a batch, and again what failed of it, as the queue does; returns what the queue dead-letters at last.

    No client retries here: on AWS each delivery is several attempts of every call.
    """
    waiting = list(bodies)
    for _ in range(receives):
        if waiting:
            answer = handler(sqs_event(*waiting), None)
            failed = [int(failure["itemIdentifier"][1:]) for failure in answer["batchItemFailures"]]
            waiting = [waiting[at] for at in failed]
    return waiting


def outcome(world: Any) -> dict[str, Any]:  # noqa: F811
    return {
        "suppressed": dict(world.suppressed),
        "announced": {entry["Id"] for entry in world.announced},
        "dead": {entry["MessageBody"] for entry in world.dead},
        "errors": objects_in(world, "errors/"),
        "opted out": {name for name, held in world.endpoints.items() if held.get("OptOut") == "ALL"},
    }


def test_1_in_equals_done_plus_dead_letters_with_every_third_call_throttled(world):  # noqa: F811
    world.throttle_every = 3
    bodies = [enveloped(message) for message in [*GOOD, *DUPLICATES, *PASSED_OVER]] + BAD
    late = redelivered(notifications.handler, bodies)
    rejected = [entry["MessageBody"] for entry in world.dead]
    assert set(rejected) | set(late) >= set(BAD)
    assert all(entry["MessageAttributes"]["reason"]["StringValue"] for entry in world.dead)
    done = set(bodies) - set(rejected) - set(late)
    assert len(bodies) == sum(body in done for body in bodies) + len(rejected) + len(late)
    announced = {json.loads(entry["Message"])["EmailAddress"] for entry in world.announced}
    for message in GOOD:
        (recipient,) = recipients_of(json.dumps(message))
        if enveloped(message) in done:
            assert world.suppressed[recipient.address] == recipient.reason
            assert recipient.address in announced
    assert len(done) > len(bodies) / 2


@pytest.mark.parametrize("count", [1, 20, 45, 48])
def test_1_killed_half_way_and_delivered_again_it_ends_as_without(world, count):  # noqa: F811
    bodies = [enveloped(message) for message in GOOD] + BAD
    revive = killed_at(world, count)
    with pytest.raises(KilledError):
        notifications.handler(sqs_event(*bodies), None)
    revive()
    notifications.handler(sqs_event(*bodies), None)
    again = outcome(world)
    notifications.handler(sqs_event(*bodies), None)
    assert outcome(world) == again
    assert again["suppressed"] == ADDRESSES
    assert again["dead"] == set(BAD)
    assert len(again["announced"]) == len(GOOD)


BAD_LINES = [
    b"{",
    b"[1]",
    b"\xff",
    b"no base64!",
    b'{"event_type": 7}',
    b'{"event_type": "_email.hardbounce", "fill": "' + b"x" * 1_000_000 + b'"}',
    json.dumps({**hard_bounce("x@example.org"), "facets": "none"}).encode(),
    json.dumps(hard_bounce("refused@example.org")).encode(),
]
LINES = [
    *(hard_bounce(f"u{n}@example.org", f"e{n}") for n in range(20)),
    *(hard_bounce(f"u{n}@example.org", f"e{n}") for n in range(3)),
    {"event_type": "_unheard.of"},
    hard_bounce("soft@example.org", bounce_type="Transient"),
]


@pytest.mark.parametrize("count", [1, 12, 23, 30, 40])
def test_6_killed_half_way_and_delivered_again_it_ends_as_without(world, count):  # noqa: F811
    for n in range(20):
        world.endpoint(f"e{n}", Address=f"u{n}@example.org", ChannelType="EMAIL")
    put(world, *LINES, *BAD_LINES)
    event = sqs_event(s3_event(KEY, bucket="bucket"))
    revive = killed_at(world, count)
    with pytest.raises(KilledError):
        objects.handler(event, None)
    revive()
    assert objects.handler(event, None) == {"batchItemFailures": []}
    again = outcome(world)
    assert objects.handler(event, None) == {"batchItemFailures": []}
    assert outcome(world) == again
    assert again["suppressed"] == {f"u{n}@example.org": "BOUNCE" for n in range(20)}
    assert again["opted out"] == {f"e{n}" for n in range(20)}
    (body,) = again["errors"].values()
    assert len(body.splitlines()) == len(BAD_LINES)
    assert world.dead == []


def test_6_an_object_whose_calls_are_throttled_comes_back_until_all_are_done(world):  # noqa: F811
    put(world, *LINES, *BAD_LINES)
    world.throttle_every = 3
    event = sqs_event(s3_event(KEY, bucket="bucket"))
    assert objects.handler(event, None)["batchItemFailures"], "nothing is called done that was throttled"
    world.throttle_every = 0
    assert objects.handler(event, None) == {"batchItemFailures": []}
    assert set(world.suppressed) == {f"u{n}@example.org" for n in range(20)}
    (body,) = objects_in(world, "errors/").values()
    assert len(body.splitlines()) == len(BAD_LINES)
