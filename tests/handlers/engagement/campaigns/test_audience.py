"""Who of a segment a campaign considers, and which of its treatments each one gets."""

from __future__ import annotations

import pytest

from handlers.engagement.campaigns.audience import Recipient, first_status, standing, treatment_ids, treatment_of

NUMBER = "+12065550100"
INVALID = {"PNV_PhoneType": ["INVALID"], "PNV_OriginalPhoneNumber": [NUMBER]}


def person(**members):
    return {"Id": "e", "ChannelType": "SMS", "Address": NUMBER, **members}


def test_who_is_there_active_and_in_is_considered():
    assert standing({}) == "CLAIMED"
    assert standing(person()) == "CLAIMED"
    assert standing(person(OptOut="NONE", EndpointStatus="ACTIVE")) == "CLAIMED"


def test_who_is_gone_out_or_inactive_is_not_considered_and_an_opt_out_is_told_before_all_else():
    assert standing(None) == "INACTIVE"
    assert standing(person(EndpointStatus="INACTIVE")) == "INACTIVE"
    assert standing(person(OptOut="ALL")) == "OPT_OUT"
    assert standing(person(OptOut="ALL", EndpointStatus="INACTIVE", Attributes=INVALID)) == "OPT_OUT"


@pytest.mark.parametrize("channel", ["SMS", "VOICE"])
def test_a_number_that_validation_found_invalid_is_inactive_though_the_endpoint_is_active(channel):
    assert standing(person(ChannelType=channel, Attributes=INVALID, EndpointStatus="ACTIVE")) == "INACTIVE"
    assert standing(person(ChannelType=channel, Attributes={"PNV_PhoneType": ["INVALID"]})) == "INACTIVE"
    assert standing(person(ChannelType=channel, Attributes={**INVALID, "PNV_PhoneType": ["MOBILE"]})) == "CLAIMED"


@pytest.mark.parametrize("channel", ["EMAIL", "PUSH", "CUSTOM", None])
def test_validation_of_numbers_is_nothing_to_other_channels(channel):
    assert standing(person(ChannelType=channel, Attributes=INVALID)) == "CLAIMED"


@pytest.mark.parametrize("attributes", [None, {}, {"PNV_PhoneType": []}, {"PNV_OriginalPhoneNumber": [NUMBER]}])
def test_a_number_that_nobody_validated_is_good(attributes):
    assert standing(person(Attributes=attributes)) == "CLAIMED"


def test_what_validation_said_of_another_number_does_not_count():
    assert standing(person(Address="+12065550199", Attributes=INVALID)) == "CLAIMED"
    assert standing(person(Address=None, Attributes=INVALID)) == "CLAIMED"
    none = {"PNV_PhoneType": ["INVALID"], "PNV_OriginalPhoneNumber": [""]}
    assert {standing(person(Address=nothing, Attributes=none)) for nothing in (None, "")} == {"INACTIVE"}
    assert standing(person(Address=f" {NUMBER}\t", Attributes=INVALID)) == "INACTIVE", "the same, written otherwise"


def test_a_number_longer_than_an_attributes_value_is_known_by_its_beginning():
    address = "9" * 120
    kept = {"PNV_PhoneType": ["INVALID"], "PNV_OriginalPhoneNumber": [address[:100]]}
    assert standing(person(Address=address, Attributes=kept)) == "INACTIVE"


def campaign(holdout, *sizes):
    treatments = [{"Id": f"t{at}", "SizePercent": size} for at, size in enumerate(sizes, 1)]
    return {"HoldoutPercent": holdout, "AdditionalTreatments": treatments}


@pytest.mark.parametrize(
    ("cohort", "treatment"),
    [("0", None), ("9", None), ("10", "t1"), ("29", "t1"), ("30", "t2"), ("59", "t2"), ("60", "0"), ("99", "0")],
)
def test_cohorts_go_to_the_holdout_then_to_the_treatments_in_order_and_the_rest_to_the_default(cohort, treatment):
    assert treatment_of(campaign(10, 20, 30), {"CohortId": cohort}) == treatment


def test_of_all_cohorts_each_treatment_gets_its_percent():
    given = [treatment_of(campaign(5, 1, 94), {"CohortId": str(cohort)}) for cohort in range(100)]
    assert [given.count(treatment) for treatment in (None, "t1", "t2", "0")] == [5, 1, 94, 0]


@pytest.mark.parametrize("members", [{}, {"HoldoutPercent": None, "AdditionalTreatments": None}])
def test_a_campaign_without_holdout_and_treatments_gives_everybody_the_default(members):
    assert {treatment_of(members, {"CohortId": str(cohort)}) for cohort in range(100)} == {"0"}
    assert treatment_ids(members) == ["0"]


def test_an_endpoint_without_a_cohort_is_in_the_first_one():
    assert treatment_of(campaign(0, 1), {}) == treatment_of(campaign(0, 1), {"CohortId": None}) == "t1"
    assert treatment_of(campaign(1), {}) is None


def test_the_treatments_are_the_default_and_the_additional_ones_in_order():
    assert treatment_ids(campaign(10, 20, 30)) == ["0", "t1", "t2"]


@pytest.mark.parametrize("address", ["", " ", "\t\n", None])
def test_who_has_no_address_fails_for_good(address):
    assert first_status({"Address": address}) == first_status({}) == "FAILURE_PERMANENT"


@pytest.mark.parametrize("address", [NUMBER, " a@b.c "])
def test_who_has_an_address_is_to_be_sent_to(address):
    assert first_status({"Address": address}) == "CLAIMED"


def test_a_recipient_begins_as_one_to_be_sent_to_at_once_who_was_not_tried_nor_read():
    recipient = Recipient(person(), "t1")
    assert (recipient.id, recipient.channel, recipient.treatment_id) == ("e", "SMS", "t1")
    assert (recipient.status, recipient.overrides, recipient.again) == ("CLAIMED", {}, False)
    assert (recipient.at, recipient.tries, recipient.due) == (0, 0, 0)
    assert recipient.read_at < 0.0 - 10**9, "longer ago than any time that monotonic seconds tell"
    assert Recipient({"Id": "e"}, "0").channel == ""
