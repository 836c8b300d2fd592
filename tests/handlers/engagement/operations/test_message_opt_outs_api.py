"""Texts that were answered by an opt-out count for the campaign that sent them, once."""

import json
from datetime import UTC, datetime

import pytest

from handlers.engagement.metrics.cells import campaign_pk
from handlers.engagement.metrics.counting import Metrics
from handlers.engagement.metrics.rows import read_rows
from handlers.engagement.translation import sms
from handlers.shared.tables import Table
from tests.handlers.engagement.metrics.delivery_events import ACCOUNT, APPLICATION, campaign

ROUTE = f"https://api/v1/apps/{APPLICATION}/message-opt-outs"
NOW = datetime.now(UTC)


def told(send, *messages):
    items = [{"MessageId": message, "Timestamp": NOW.isoformat()} for message in messages]
    return send("POST", ROUTE, json.dumps({"Item": items}).encode())


def opted_out(table: Table) -> int:
    day = NOW.date().isoformat()
    return sum(
        row.counters.get("s_opted_out", 0)
        for row in read_rows(table, campaign_pk(APPLICATION, "c1"), "2000", f"{day}Z")
    )


def sent(table: Table, message: str) -> None:
    document = {
        "eventType": "TEXT_DELIVERED", "eventTimestamp": int(NOW.timestamp() * 1000) - 1000, "messageId": message,
        "context": {"application_id": APPLICATION, "endpoint_id": "e", **campaign()},
    }  # fmt: skip
    Metrics(table).count(sms.translate(document, ACCOUNT))


@pytest.mark.parametrize("known_first", [True, False])
def test_an_answered_text_counts_once_for_its_campaign_whichever_is_told_first(world, send, known_first):
    table = world.tables.sends
    if known_first:
        sent(table, "m1")
    assert told(send, "m1", "m1-of-nobody")[0] == 202
    assert told(send, "m1")[0] == 202
    sent(table, "m1")
    sent(table, "m2")
    assert opted_out(table) == 1


@pytest.mark.parametrize(
    ("items", "said"),
    [
        ([], "Item has 0 entries; allowed are 1 to 100"),
        ([{"MessageId": "m", "Timestamp": "x"}] * 101, "Item has 101 entries"),
        ([{"MessageId": "m", "Timestamp": "yesterday"}], "Timestamp is 'yesterday'; needed is an ISO 8601 time"),
        ([{"MessageId": "", "Timestamp": "2030-01-02T00:00:00Z"}], "MessageId is empty"),
        ([{"MessageId": "m"}], "Timestamp"),
    ],
)
def test_what_is_wrong_is_said(send, items, said):
    status, _, answer = send("POST", ROUTE, json.dumps({"Item": items}).encode())
    assert status == 400 and said in json.dumps(answer)
