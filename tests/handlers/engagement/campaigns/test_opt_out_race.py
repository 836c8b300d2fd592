"""An opt-out or a new number that was acknowledged holds for every message that starts a second later."""

from __future__ import annotations

import itertools

from handlers.engagement.campaigns import chunk as sending_step
from handlers.engagement.campaigns import freshness
from handlers.engagement.campaigns.audience import Recipient
from handlers.engagement.campaigns.freshness import Freshness
from handlers.engagement.store.endpoints import EndpointStore
from handlers.engagement.store.shards import shard_of
from handlers.shared.tables import table_client
from tests.handlers.engagement.conftest import APPLICATION


def recipients(campaign, *ids):
    store = EndpointStore(campaign.tables, APPLICATION)
    known = store.get(ids)
    return [Recipient(known[identifier], "0", read_at=100.0) for identifier in ids]


def kept_fresh(campaign, people, at):
    Freshness(EndpointStore(campaign.tables, APPLICATION), lambda: at).refresh(people)
    return [person.status for person in people]


def test_within_a_second_nothing_is_read_again(campaign):
    campaign.endpoints(1)
    people = recipients(campaign, "e0")
    campaign.store([{"Id": "e0", "OptOut": "ALL"}])
    assert kept_fresh(campaign, people, 101.0) == ["CLAIMED"]
    assert kept_fresh(campaign, people, 101.1) == ["OPT_OUT"]


def test_what_is_not_to_be_sent_to_any_more_says_why(campaign):
    campaign.endpoints(6)
    people = recipients(campaign, *(f"e{at}" for at in range(6)))
    campaign.store(
        [
            {"Id": "e0", "OptOut": "ALL"},
            {"Id": "e1", "EndpointStatus": "INACTIVE"},
            {"Id": "e2", "Attributes": {"PNV_PhoneType": ["INVALID"]}},
            {"Id": "e3", "ChannelType": "EMAIL", "Address": "a@example.org"},
            {"Id": "e4", "Address": "+14256798888"},
        ]
    )
    assert kept_fresh(campaign, people, 200.0) == [
        "OPT_OUT", "INACTIVE", "INACTIVE", "UNSUPPORTED_CHANNEL", "TRANSIENT_FAILURE", "CLAIMED",
    ]  # fmt: skip
    assert [person.again for person in people] == [False, False, False, False, True, False]
    EndpointStore(campaign.tables, APPLICATION).delete("e5")
    assert kept_fresh(campaign, people[5:], 300.0) == ["INACTIVE"]


def one_batch(campaign, count):
    """Endpoints of one shard, which are read by one page and claimed at once. Returns number -> endpoint id."""
    ids = (f"e{at}" for at in itertools.count())
    chosen = itertools.islice((identifier for identifier in ids if shard_of(identifier) == 0), count)
    numbers = {f"+1425679{at:04d}": identifier for at, identifier in enumerate(chosen)}
    campaign.store(
        [{"Id": identifier, "ChannelType": "SMS", "Address": number} for number, identifier in numbers.items()]
    )
    return numbers


def test_who_opts_out_after_the_claim_gets_nothing_and_is_counted(campaign, monkeypatch):
    monkeypatch.setattr(freshness, "FRESH_SECONDS", 0.0)
    monkeypatch.setattr(sending_step, "SENDS_AT_A_TIME", 1)
    numbers = one_batch(campaign, 30)
    campaign.create()
    opted_out = []

    def opt_out():
        sent = campaign.texted()
        if not opted_out and len(sent) == 5:
            opted_out.extend([number for number in numbers if number not in sent][-10:])
            campaign.store([{"Id": numbers[number], "OptOut": "ALL"} for number in opted_out])

    campaign.outbox.before = opt_out
    campaign.run()
    assert len(campaign.texted()) == 20
    assert not set(opted_out) & set(campaign.texted())
    [activity] = campaign.activities()
    assert activity["ExecutionMetrics"] == {"OPT_OUT": "10", "SUCCESS": "20"}
    assert activity["TotalEndpointCount"] == activity["SuccessfulEndpointCount"] == 20
    assert sorted(map(tuple, campaign.statuses().values())) == [("OPT_OUT",)] * 10 + [("SUCCESS",)] * 20


def test_a_number_that_changes_after_the_claim_is_texted_as_it_is_then(campaign, monkeypatch):
    monkeypatch.setattr(freshness, "FRESH_SECONDS", 0.0)
    monkeypatch.setattr(sending_step, "SENDS_AT_A_TIME", 1)
    numbers = one_batch(campaign, 12)
    campaign.create()
    changed = {}

    def change():
        sent = campaign.texted()
        if not changed and len(sent) == 3:
            left = [number for number in numbers if number not in sent][-6:]
            changed.update({number: number.replace("+1425679", "+1425678") for number in left})
            campaign.store([{"Id": numbers[old], "Address": new} for old, new in changed.items()])

    campaign.outbox.before = change
    campaign.run()
    assert campaign.texted() == dict.fromkeys((numbers.keys() - changed.keys()) | set(changed.values()), 1)
    assert campaign.activities()[0]["SuccessfulEndpointCount"] == 12


def test_the_segments_page_is_read_as_the_last_acknowledged_update_left_it(campaign):
    campaign.endpoints(3)
    campaign.create()
    asked = []
    table_client().meta.events.register(
        "provide-client-params.dynamodb.Query", lambda params, **_: asked.append(params)
    )
    campaign.step().plan({"StartTime": "now"})
    asked.clear()
    campaign.process(0)
    pages = [params for params in asked if params["TableName"] == "endpoints"]
    assert len(pages) == 16
    assert all(params["ConsistentRead"] for params in pages)
