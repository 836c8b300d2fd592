"""Files dropped again, and steps that die half way."""

import os
import signal
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.sandbox.workers import workers

pytestmark = pytest.mark.sandbox

HEADER = "ChannelType,Address\n"
RECIPIENTS = 1500


def validated(sandbox, key):
    """The ValidateOutput of the validation that followed a file's import."""
    sandbox.imported(key)

    def output():
        notes = [note for note in sandbox.about(key) if "ValidatePhoneResult" in note["content"]]
        return notes and notes[0]["content"]["ValidatePhoneResult"]["ValidateOutput"]

    return sandbox.wait(output)


def test_a_second_run_validates_only_what_is_new_and_texts_the_same_people_again(sandbox):
    # A validation is of all of the project's new numbers: those that other tests left are done first.
    validated(sandbox, sandbox.drop(HEADER + "SMS,+14255550570\n"))
    rows = HEADER + "SMS,(425) 555-0571\nSMS,425.555.0572\n"
    first = sandbox.drop(rows)
    assert validated(sandbox, first)["TotalPhoneNumbersValidated"] == 2
    sandbox.campaigned(first)
    second = sandbox.drop(rows + "SMS,4255550573\n")
    assert validated(sandbox, second)["TotalPhoneNumbersValidated"] == 1
    output = sandbox.campaigned(second)["content"]["CampaignCreateResult"]["CampaignCreateOutput"]
    assert (output["SuccessfulEndpointCount"], output["TotalEndpointCount"]) == (3, 3)
    assert [len(sandbox.texts_to(f"+1425555057{n}")) for n in (1, 2, 3)] == [2, 2, 1]


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="finds processes by /proc")
def test_a_send_step_killed_half_way_texts_nobody_twice_and_accounts_for_everybody(sandbox):
    def sent():
        return len(sandbox.folder.outbox.read_bytes().splitlines())

    before, start = len(sandbox.outbox()), sent()
    key = sandbox.drop(HEADER + "".join(f"SMS,{2062000000 + number}\n" for number in range(RECIPIENTS)))
    deadline = time.monotonic() + 120
    while sent() - start <= 100:
        assert time.monotonic() < deadline, "the campaign does not begin"
        time.sleep(0.01)
    victims = workers(sandbox.home, "engagement-campaign-function")
    assert victims, "the campaign's function is not running"
    assert sent() - start < RECIPIENTS, "the campaign ended before its step could be killed"
    for victim in victims:
        os.kill(victim, signal.SIGKILL)
    output = sandbox.campaigned(key)["content"]["CampaignCreateResult"]["CampaignCreateOutput"]
    times = Counter(message["to"] for message in sandbox.outbox()[before:])
    assert set(times.values()) == {1}
    assert output["TotalEndpointCount"] == RECIPIENTS
    assert output["SuccessfulEndpointCount"] <= len(times) <= RECIPIENTS
    # What was claimed and not recorded when the step died is not sent again: at most one batch a worker.
    assert RECIPIENTS - len(times) <= 48 * len(victims)
