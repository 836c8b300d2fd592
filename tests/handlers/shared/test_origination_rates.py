"""How fast an identity sends: by its own rate, by the account's list of numbers, by its looks; slowly where nothing is known."""

from __future__ import annotations

import json

import pytest
from botocore.exceptions import EndpointConnectionError

from handlers.shared.origination_rates import LIST_AGAIN_SECONDS, TYPES, Rates
from tests.handlers.shared.fakes import client_error

BY_TYPE = {"LONG_CODE": 1, "TOLL_FREE": 3, "TEN_DLC": 10, "SHORT_CODE": 100, "SENDER_ID": 20}
LONG, TEN, OTHER = "+12065550101", "+12065550103", "+12065550104"
LIST_ERRORS = [client_error("AccessDeniedException", 400), EndpointConnectionError(endpoint_url="https://x")]


class Account:
    """The account's list of numbers, in pages of one. listed: how often it was read."""

    def __init__(self, *numbers: dict[str, str], error: Exception | None = None) -> None:
        self.numbers, self.error, self.listed = list(numbers), error, 0

    def get_paginator(self, name):
        assert name == "describe_phone_numbers"
        return self

    def paginate(self):
        self.listed += 1
        if self.error:
            raise self.error
        return [{"PhoneNumbers": [number]} for number in self.numbers]


def number(phone, kind="TEN_DLC", identifier="", pool=None):
    named = {"PhoneNumberId": identifier} if identifier else {}
    return {"PhoneNumber": phone, "NumberType": kind, **named, **({} if pool is None else {"PoolId": pool})}


def rates(account, clock=lambda: 0.0, types=BY_TYPE, **numbers):
    return Rates(json.dumps({"types": types, "numbers": numbers}), account, clock)


POOLED = (
    number(LONG, "LONG_CODE", "phone-0a1", "pool-1f"),
    number(TEN, "TEN_DLC", "phone-0a2", "pool-1f"),
    number(OTHER, "TEN_DLC", "phone-0a3", ""),
    number("12345", "SHORT_CODE"),
)
ARN = "arn:aws-us-gov:sms-voice:us-gov-west-1:123456789012"


def test_the_types_are_those_of_end_user_messaging():
    assert TYPES == ("LONG_CODE", "TOLL_FREE", "TEN_DLC", "SHORT_CODE", "SENDER_ID")


@pytest.mark.parametrize(
    ("identity", "rate", "listings"),
    [
        (LONG, 1, 1),
        (TEN, 10, 1),
        ("phone-0a2", 10, 1),
        (f"{ARN}:phone-number/phone-0a2", 10, 1),
        ("pool-1f", 11, 1),
        (f"{ARN}:pool/pool-1f", 11, 1),
        ("pool-ffff", 1, 1),  # one that the list does not have
        ("phone-ffff", 1, 1),
        ("Shop", 20, 0),
        ("pool-x", 20, 0),  # a sender id that only begins as pools do
        ("54321", 100, 0),
    ],
)
def test_an_identity_sends_as_fast_as_its_type_and_a_pool_as_its_numbers_together(identity, rate, listings):
    account = Account(*POOLED)
    assert rates(account).of(identity) == rate
    assert account.listed == listings


@pytest.mark.parametrize("identity", [TEN, "pool-1f", "phone-0a1", "Shop"])
def test_a_rate_of_its_own_overrules_all_and_asks_for_nothing(identity):
    account = Account(*POOLED)
    assert rates(account, **{identity: 7}).of(identity) == 7
    assert account.listed == 0


def test_a_number_s_own_rate_counts_in_its_pool():
    assert rates(Account(*POOLED), **{LONG: 5}).of("pool-1f") == 15


@pytest.mark.parametrize("area", ["800", "833", "844", "855", "866", "877", "888"])
def test_a_number_that_is_not_listed_is_what_it_looks_like(area):
    made = rates(Account())
    assert made.type_of(f"+1{area}5550100") == "TOLL_FREE"
    assert {made.type_of(other) for other in (f"+1{area}555010", f"+1{area}55501000", f"+44{area}555010", LONG)} == {
        "LONG_CODE"
    }


def test_a_listed_number_s_type_counts_before_its_looks_and_one_without_a_rate_does_not():
    assert rates(Account(number("+18005550100", "TEN_DLC"))).type_of("+18005550100") == "TEN_DLC"
    assert rates(Account(number(TEN, "SIMULATOR"))).type_of(TEN) == "LONG_CODE"
    assert rates(Account(number(TEN, "SIMULATOR")), types=BY_TYPE | {"SIMULATOR": 2}).of(TEN) == 2


def test_what_is_known_asks_no_more_and_what_is_not_asks_once_in_ten_minutes():
    now = [50.0]
    account = Account(*POOLED)
    made = rates(account, lambda: now[0])
    for _ in range(2):
        assert [made.of(one) for one in (TEN, "phone-0a1", "pool-1f", "+447700900000", "pool-ffff")] == [
            10,
            1,
            11,
            1,
            1,
        ]
    assert account.listed == 1
    now[0] += LIST_AGAIN_SECONDS - 1
    assert made.of("pool-ffff") == made.of("+447700900000") == 1
    assert (account.listed, LIST_AGAIN_SECONDS) == (1, 600)
    now[0] += 1
    assert [made.of(one) for one in (TEN, "phone-0a1", "pool-1f")] == [10, 1, 11] and account.listed == 1
    assert made.of("pool-ffff") == 1 and account.listed == 2
    now[0] += LIST_AGAIN_SECONDS - 1
    assert made.of("+447700900000") == 1 and account.listed == 2


def test_a_list_that_is_read_again_tells_who_has_come_and_who_has_left_a_pool():
    now = [0.0]
    account = Account(*POOLED)
    made = rates(account, lambda: now[0])
    assert made.of("pool-1f") == 11
    account.numbers = [
        number(LONG, "LONG_CODE", "phone-0a1", "pool-1f"),
        number(TEN, "TEN_DLC", "phone-0b1", "pool-2f"),
    ]
    now[0] = LIST_AGAIN_SECONDS
    assert [made.of(one) for one in ("pool-2f", "pool-1f", "phone-0b1")] == [10, 1, 10]


@pytest.mark.parametrize("error", LIST_ERRORS, ids=lambda error: type(error).__name__)
def test_without_the_list_a_number_is_slow_or_what_it_looks_like_and_the_list_is_asked_for_later(error):
    now = [0.0]
    account = Account(*POOLED, error=error)
    made = rates(account, lambda: now[0])
    assert [made.of(one) for one in (TEN, "pool-1f", "+18005550100", "Shop")] == [1, 1, 3, 20]
    assert account.listed == 1
    account.error = None
    now[0] = LIST_AGAIN_SECONDS
    assert [made.of(one) for one in (TEN, "pool-1f")] == [10, 11]
