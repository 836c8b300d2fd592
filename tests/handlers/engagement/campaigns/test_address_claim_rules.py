"""When the claim of an address may end, who needs one, and who of a batch comes first."""

from __future__ import annotations

import pytest

from handlers.engagement.campaigns.address_claims import (
    DUPLICATE_ADDRESS,
    MAYBE_SENT,
    NOT_SENT,
    STEP_MILLISECONDS,
    address_digest,
    apart,
    may_end,
    wants_claim,
)
from handlers.engagement.campaigns.audience import Recipient

NOW = 1_900_000_000_000
SENT = ["SUCCESS", "UNKNOWN", "FAILURE", "HOOK_FAILURE", "CUSTOM_DELIVERY_FAILURE"]
REFUSED = ["FAILURE_PERMANENT", "OPT_OUT", "INACTIVE", "UNSUPPORTED_CHANNEL", "DROPPED"]


def recipient(identifier, address="+12065550100", status="CLAIMED", channel="SMS", **members):
    return Recipient({"Id": identifier, "ChannelType": channel, "Address": address}, "0", status, **members)


def entry(status, changed=NOW, chunk=1):
    return {"status": status, "changed": changed, "chunk": chunk}


@pytest.mark.parametrize("status", SENT)
def test_a_message_that_may_have_gone_out_keeps_its_address_for_good(status):
    assert may_end(entry(status), 0, None) is False
    assert status in MAYBE_SENT and status not in NOT_SENT


@pytest.mark.parametrize("status", REFUSED)
def test_who_certainly_got_nothing_gives_the_address_free(status):
    assert may_end(entry(status), 0, None)
    assert status in NOT_SENT and status not in MAYBE_SENT


@pytest.mark.parametrize("status", ["CLAIMED", "THROTTLED", "DUPLICATE_ADDRESS"])
def test_a_claim_without_a_final_result_may_end_as_long_as_its_step_may_live(status):
    assert may_end(entry(status), NOW, None)
    assert may_end(entry(status), NOW - 1, None)
    assert not may_end(entry(status), NOW + 1, None)


def test_an_entry_that_tells_no_time_is_as_old_as_can_be():
    assert not may_end({"status": "THROTTLED"}, 1, None)


def test_a_claim_of_a_chunk_that_nobody_works_on_is_dead_and_other_results_of_it_are_not():
    assert not may_end(entry("CLAIMED", chunk=1), 0, 1)
    assert may_end(entry("CLAIMED", chunk=1), 0, 2)
    assert may_end(entry("THROTTLED", chunk=1), 0, 1)
    assert may_end({}, 0, 1), "erased: it keeps nothing"


def test_a_step_lives_as_long_as_a_function_may_run():
    assert STEP_MILLISECONDS == 900_000


def test_who_waits_for_an_address_is_called_a_duplicate():
    assert DUPLICATE_ADDRESS == "DUPLICATE_ADDRESS", "as the ledger and the event stream have it"


def test_who_is_to_be_sent_to_wants_the_address_and_so_does_who_waits_for_it_alone():
    assert wants_claim(recipient("a"))
    assert wants_claim(recipient("a", status=DUPLICATE_ADDRESS, again=True))
    assert not wants_claim(recipient("a", status="QUIET_TIME", again=True, due=NOW))
    assert not wants_claim(recipient("a", status="OPT_OUT"))


def test_the_first_of_each_address_goes_before_the_others_and_who_needs_no_claim_with_it():
    people = [
        recipient("a"),
        recipient("b", status="OPT_OUT"),
        recipient("c"),
        recipient("d", " +12065550100 "),
        recipient("e", "+12065550101"),
        recipient("f", channel="VOICE"),
        recipient("g", status="INACTIVE"),
    ]
    first, others = apart(people)
    assert [one.id for one in first] == ["a", "b", "e", "f", "g"]
    assert [one.id for one in others] == ["c", "d"]


def test_who_needs_no_claim_takes_no_address_from_another():
    first, others = apart([recipient("a", status="OPT_OUT"), recipient("b")])
    assert [one.id for one in first] == ["a", "b"] and others == []


def test_a_digest_is_of_the_channel_and_the_address_and_does_not_tell_it():
    digests = {address_digest(recipient("a", address, channel=channel)) for address in "12" for channel in "SV"}
    assert len(digests) == 4 and all(len(digest) == 64 for digest in digests)
    assert address_digest(recipient("a", "1")) == address_digest(recipient("b", " 1"))
