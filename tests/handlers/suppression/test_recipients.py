"""Whom a bounce or a complaint is about, and by what a subscriber knows a repetition."""

from __future__ import annotations

import hashlib
import re

import pytest

from handlers.suppression.recipients import BOUNCE, COMPLAINT, REASONS, Recipient, UnreadableError, recipients


def bounced(*addresses, key="emailAddress"):
    feedback = {"who": [{key: address} for address in addresses]}
    return recipients(feedback, "who", "emailAddress", lambda address: Recipient(address, BOUNCE, "m"))


def test_each_address_is_named_once_without_the_name_beside_it_in_their_order():
    named = bounced("bo@example.org", "Ana Doe <ana@example.org>", "bo@example.org", "<c@d>")
    assert named == [Recipient(address, "BOUNCE", "m") for address in ("bo@example.org", "ana@example.org", "c@d")]


@pytest.mark.parametrize(
    "feedback", [None, [], "who", {}, {"who": []}, {"who": None}, {"who": {"emailAddress": "a@b"}}]
)
def test_feedback_that_names_nobody_is_unreadable_and_says_which_member(feedback):
    with pytest.raises(UnreadableError, match=r"^who is missing, empty or no list") as raised:
        recipients(feedback, "who", "emailAddress", lambda address: Recipient(address, COMPLAINT))
    assert raised.value.recipients == []


@pytest.mark.parametrize("wrong", [None, 5, "", "bo", "@example.org", "bo@", ["bo@example.org"], "Bo <>"])
def test_what_is_no_address_is_told_by_its_place_beside_those_that_are(wrong):
    with pytest.raises(UnreadableError) as raised:
        bounced("ana@example.org", wrong, "c@example.org")
    assert str(raised.value) == "no email address: who[1].emailAddress"
    assert [one.address for one in raised.value.recipients] == ["ana@example.org", "c@example.org"]


def test_a_recipient_that_is_no_mapping_or_has_another_member_is_told_too():
    with pytest.raises(UnreadableError, match=r"who\[0\]\.emailAddress$"):
        bounced("bo@example.org", key="address")
    with pytest.raises(UnreadableError, match=r"who\[0\]\.emailAddress$"):
        recipients({"who": ["bo@example.org"]}, "who", "emailAddress", lambda address: Recipient(address, BOUNCE))


@pytest.mark.parametrize(("count", "more"), [(1, ""), (3, ""), (4, " and 1 more"), (10, " and 7 more")])
def test_of_many_wrong_places_the_first_three_are_told_and_the_others_counted(count, more):
    with pytest.raises(UnreadableError) as raised:
        bounced(*["nobody"] * count)
    told = ", ".join(f"who[{place}].emailAddress" for place in range(min(count, 3)))
    assert str(raised.value) == f"no email address: {told}{more}"


def known(address="bo@example.org", reason=BOUNCE, message_id="m", feedback_id="f", **others):
    return Recipient(address, reason, message_id, feedback_id, **others).notification_id


def test_a_repetition_has_the_same_id_however_its_address_is_spelt_and_whatever_else_is_known():
    assert known() == known(address="Bo@Example.ORG") == known(message_id="n") == known(endpoint_id="e1")
    assert known(feedback_id="") == known(feedback_id="", endpoint_id="e1", held_back=True)


def test_another_recipient_reason_or_feedback_has_another_id():
    different = [known(), known(address="al@example.org"), known(reason=COMPLAINT), known(feedback_id="g")]
    without = [known(feedback_id=""), known(feedback_id="", message_id="n")]
    assert len(set(different + without)) == 6


def test_an_id_stays_what_subscribers_know_and_shows_no_address():
    identifier = known()
    assert identifier == hashlib.sha256(b"BOUNCE\0f\0bo@example.org").hexdigest()[:32]
    assert re.fullmatch("[0-9a-f]{32}", identifier)


def test_the_reasons_are_those_that_ses_knows():
    assert REASONS == ("BOUNCE", "COMPLAINT")


def test_a_recipient_is_new_and_unnamed_unless_it_is_said():
    assert Recipient("bo@example.org", BOUNCE) == Recipient("bo@example.org", "BOUNCE", "", "", "", held_back=False)
