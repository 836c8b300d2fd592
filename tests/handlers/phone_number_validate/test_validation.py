from __future__ import annotations

import threading
import time
from collections import Counter

import pytest

from handlers.phone_number_validate.validation import NotWrittenError, Validator
from handlers.shared.project_endpoints import Updates
from tests.handlers.shared.fakes import client_error


class Numbers:
    """PhoneNumberValidate: every number is a mobile one, except those with an answer of their own."""

    def __init__(self, answers=None, seconds=0.0):
        self.answers = answers or {}
        self.seconds = seconds
        self.asked = Counter()
        self._lock = threading.Lock()

    def phone_number_validate(self, NumberValidateRequest):
        number = NumberValidateRequest["PhoneNumber"]
        with self._lock:
            self.asked[number] += 1
        time.sleep(self.seconds)
        answer = self.answers.get(number, {"PhoneType": "MOBILE", "CleansedPhoneNumberE164": number})
        if isinstance(answer, Exception):
            raise answer
        return {"NumberValidateResponse": answer}


class Endpoints:
    """The project's endpoints, which refuses those that are poisonous; `now`: addresses that they have by now."""

    def __init__(self, poison=(), now=None, failing=""):
        self.poison, self.now, self.failing = set(poison), now or {}, failing
        self.batches = []

    def update(self, items, addresses):
        told = Updates(done={item["Id"] for item in items})
        if self.failing:
            return Updates(failed=dict.fromkeys(told.done, self.failing))
        told.refused = dict.fromkeys(self.poison & told.done, "no")
        told.changed = {
            identifier
            for identifier in told.done
            if self.now.get(identifier, addresses[identifier]) != addresses[identifier]
        }
        written = [item for item in items if item["Id"] not in told.changed | told.refused.keys()]
        self.batches += [written[start : start + 100] for start in range(0, len(written), 100)]
        return told

    @property
    def written(self):
        return {item["Id"]: item for batch in self.batches for item in batch}


def people(count, start=0):
    return [
        {"Id": f"e{n}", "Address": f"+1202{2000000 + n}", "ChannelType": "SMS"} for n in range(start, start + count)
    ]


def validate(numbers, endpoints, *batches, calls=16, country="US"):
    with Validator(numbers, endpoints, country=country, calls=calls) as validator:
        for batch in batches:
            validator.take(batch)
        validator.flush()
        return validator.counts.as_dict()


def test_a_thousand_numbers_of_twenty_milliseconds_each_overlap():
    numbers, endpoints = Numbers(seconds=0.02), Endpoints()
    began = time.monotonic()
    counts = validate(numbers, endpoints, people(500), people(500, 500))
    assert time.monotonic() - began < 4
    assert counts == {"validated": 1000, "invalid": 0, "failed": 0}
    assert len(endpoints.batches) == 10


def test_batches_of_a_hundred_are_filled_across_what_is_taken():
    endpoints = Endpoints()
    validate(Numbers(), endpoints, people(130), people(130, 130), people(40, 260))
    assert [len(batch) for batch in endpoints.batches] == [100, 100, 100]


def test_one_number_of_several_endpoints_is_asked_about_once():
    numbers = Numbers()
    same = [{"Id": f"e{n}", "Address": address} for n, address in enumerate(["+12025550191", "(202) 555-0191"])]
    assert validate(numbers, Endpoints(), same)["validated"] == 2
    assert numbers.asked == {"+12025550191": 1}


def test_an_invalid_number_is_counted_apart_and_stops_nobody_else():
    numbers = Numbers({"+12022000001": {"PhoneType": "INVALID"}})
    endpoints = Endpoints()
    counts = validate(numbers, endpoints, [*people(3), {"Id": "words", "Address": "no number"}, {"Id": "none"}])
    assert counts == {"validated": 2, "invalid": 3, "failed": 0}
    assert endpoints.written["words"]["EndpointStatus"] == "INACTIVE"
    assert set(numbers.asked) == {"+12022000000", "+12022000001", "+12022000002"}


@pytest.mark.parametrize(
    "error",
    [
        client_error("InternalServerErrorException", 500),
        client_error("TooManyRequestsException", 429),
        client_error("BadRequestException", 400),
    ],
)
def test_a_number_that_fails_for_good_is_not_marked_and_the_others_are(error):
    endpoints = Endpoints()
    counts = validate(Numbers({"+12022000001": error}), endpoints, people(3))
    assert counts == {"validated": 2, "invalid": 0, "failed": 1}
    assert set(endpoints.written) == {"e0", "e2"}


def test_what_is_no_number_is_invalid_and_is_not_asked_about():
    numbers, endpoints = Numbers(), Endpoints()
    assert validate(numbers, endpoints, [{"Id": "e", "Address": "6145550100 (2)"}])["invalid"] == 1
    assert not numbers.asked
    assert "Address" not in endpoints.written["e"]


def test_a_number_whose_country_nobody_knows_is_neither_asked_about_nor_marked():
    numbers, endpoints = Numbers(), Endpoints()
    counts = validate(numbers, endpoints, [{"Id": "e", "Address": "202 555 0191"}], country="")
    assert counts == {"validated": 0, "invalid": 0, "failed": 1}
    assert not numbers.asked
    assert not endpoints.written


def test_an_answer_about_another_number_marks_nobody():
    endpoints = Endpoints()
    numbers = Numbers({"+12022000001": {"PhoneType": "MOBILE", "CleansedPhoneNumberE164": "+12022000009"}})
    assert validate(numbers, endpoints, people(3)) == {"validated": 2, "invalid": 0, "failed": 1}
    assert set(endpoints.written) == {"e0", "e2"}


def test_an_endpoint_with_another_number_by_now_is_left_to_the_next_run():
    endpoints = Endpoints(now={"e1": "+12065550199"})
    assert validate(Numbers(), endpoints, people(3)) == {"validated": 2, "invalid": 0, "failed": 1}
    assert set(endpoints.written) == {"e0", "e2"}


def test_a_missing_permission_ends_the_work():
    with pytest.raises(Exception, match="ForbiddenException"):
        validate(Numbers({"+12022000001": client_error("ForbiddenException", 403)}), Endpoints(), people(3))


def test_an_endpoint_that_the_project_refuses_is_found_and_the_others_are_written():
    endpoints = Endpoints(poison={"e57"})
    counts = validate(Numbers(), endpoints, people(100))
    assert counts == {"validated": 99, "invalid": 0, "failed": 1}


def test_a_project_that_cannot_be_reached_ends_the_work():
    with pytest.raises(NotWrittenError, match="InternalServerErrorException"):
        validate(Numbers(), Endpoints(failing="InternalServerErrorException"), people(3))
