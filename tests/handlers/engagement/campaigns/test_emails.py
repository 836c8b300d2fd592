"""A campaign's emails go by as few calls as SES allows, and yet each has its own result."""

from __future__ import annotations

import itertools
import json
import re
from collections import Counter
from dataclasses import replace

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from handlers.engagement.campaigns.delivery import AtOnce, Pace
from handlers.engagement.store.shards import shard_of
from tests.handlers.engagement.campaigns.conftest import Kill

MAIL = {
    "Title": "For {{Attributes.Name}}",
    "HtmlBody": "<p>Hi {{Attributes.Name}}</p>",
    "Body": "Hi {{Attributes.Name}}",
}


def error(code, status):
    return ClientError({"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}, "SendBulkEmail")


class Ses:
    """What SES was asked for. of_call: raises for a call of many; of_entry: the status of an address."""

    def __init__(self):
        self.mails: list[dict] = []
        self.calls: Counter[str] = Counter()
        self.sizes: list[int] = []
        self.of_call = lambda addresses: None
        self.of_entry = lambda address: "SUCCESS"
        self.of_one = lambda address: None

    def bulk(self, params, **_):
        request = json.loads(params["body"])
        entries = request["BulkEmailEntries"]
        addresses = [entry["Destination"]["ToAddresses"][0] for entry in entries]
        self.calls["SendBulkEmail"] += 1
        self.sizes.append(len(entries))
        self.of_call(addresses)
        results = []
        for entry, address in zip(entries, addresses, strict=True):
            status = self.of_entry(address)
            if status == "SUCCESS":
                self.mails.append(self._mail(request, entry, address))
            results.append({"Status": status, "MessageId": f"m{len(self.mails)}"})
        return _Ok(), {"BulkEmailEntryResults": results}

    def one(self, params, **_):
        request = json.loads(params["body"])
        address = request["Destination"]["ToAddresses"][0]
        self.calls["SendEmail"] += 1
        self.of_one(address)
        simple = request["Content"]["Simple"]
        parts = {part: simple["Body"].get(part, {}).get("Data", "") for part in ("Html", "Text")}
        self.mails.append(
            {
                "to": address,
                "Subject": simple["Subject"]["Data"],
                **parts,
                "tags": _pairs(request.get("EmailTags")),
                "headers": _pairs(simple.get("Headers")),
            }
        )
        return _Ok(), {"MessageId": f"m{len(self.mails)}"}

    @staticmethod
    def _mail(request, entry, address):
        template = request["DefaultContent"]["Template"]["TemplateContent"]
        values = json.loads(entry["ReplacementEmailContent"]["ReplacementTemplate"]["ReplacementTemplateData"])
        printed = {
            part: re.sub(r"\{\{(\w+)\}\}", lambda found: values[found[1]], template.get(part, ""))
            for part in ("Subject", "Html", "Text")
        }
        return {
            "to": address,
            **printed,
            "tags": _pairs(entry.get("ReplacementTags")),
            "headers": _pairs(entry.get("ReplacementHeaders")),
        }

    def sent(self):
        return Counter(mail["to"] for mail in self.mails)


class _Ok:
    status_code = 200


def _pairs(given):
    return {pair["Name"]: pair["Value"] for pair in given or ()}


@pytest.fixture
def ses(campaign):
    made = Ses()
    events = campaign.clients.sending_client("sesv2").meta.events
    events.register("before-call.sesv2.SendBulkEmail", made.bulk)
    events.register("before-call.sesv2.SendEmail", made.one)
    return made


@pytest.fixture
def world(monkeypatch, world):
    monkeypatch.setenv("EMAIL_FROM_ADDRESS", "shop@example.org")
    return world


def people(campaign, count, name=lambda at: f"N{at}", **content):
    """People of one shard, so that their batches are full. Returns their endpoints' ids."""
    ids = list(itertools.islice((f"e{at}" for at in itertools.count() if shard_of(f"e{at}") == 0), count))
    campaign.store(
        [
            {"Id": identifier, "ChannelType": "EMAIL", "Address": address(at), "Attributes": {"Name": [name(at)]}}
            for at, identifier in enumerate(ids)
        ]
    )
    campaign.create(MessageConfiguration={"EmailMessage": {**MAIL, **content}})
    return ids


def address(at):
    return f"p{at}@example.com"


def each_once(count):
    return {address(at): 1 for at in range(count)}


def statuses(campaign):
    return Counter(status for told in campaign.statuses().values() for status in told)


def test_emails_go_by_one_call_and_each_person_gets_the_own_text_headers_and_tags(campaign, ses):
    ids = people(campaign, 40, Headers=[{"Name": "X-Person", "Value": "{{Attributes.Name}}"}])
    campaign.run()
    assert ses.calls == {"SendBulkEmail": 1} and ses.sent() == each_once(40)
    for mail in ses.mails:
        at = int(mail["to"][1 : mail["to"].index("@")])
        texts = (f"For N{at}", f"<p>Hi N{at}</p>", f"Hi N{at}")
        assert (mail["Subject"], mail["Html"], mail["Text"]) == texts
        assert mail["headers"] == {"X-Person": f"N{at}"}
        assert mail["tags"]["endpoint_id"] == ids[at]
        assert set(mail["tags"]) >= {"application_id", "campaign_id", "campaign_activity_id", "treatment_id"}
    assert statuses(campaign) == {"SUCCESS": 40}


def test_who_has_a_value_that_an_engine_may_change_gets_it_alone_and_as_it_is(campaign, ses):
    people(campaign, 20, lambda at: "O'Brien & <b>Co</b>" if at == 7 else f"N{at}")
    campaign.run()
    assert ses.calls == {"SendBulkEmail": 1, "SendEmail": 1}
    assert [mail["Html"] for mail in ses.mails if mail["to"] == "p7@example.com"] == ["<p>Hi O'Brien & <b>Co</b></p>"]


def test_two_texts_of_a_condition_go_by_two_calls(campaign, ses):
    people(
        campaign,
        20,
        lambda at: "a" if at % 2 else "b",
        HtmlBody='{{#eq Attributes.Name "a"}}<b>A</b>{{else}}<i>B</i>{{/eq}}',
    )
    campaign.run()
    assert ses.calls == {"SendBulkEmail": 2}
    assert Counter(mail["Html"] for mail in ses.mails) == {"<b>A</b>": 10, "<i>B</i>": 10}


def test_throttled_and_failed_entries_are_tried_again_and_the_others_are_not(campaign, ses):
    tried: Counter[str] = Counter()

    def status(address):
        tried[address] += 1
        number = int(address[1 : address.index("@")])
        if tried[address] > 4 or number > 9:
            return "SUCCESS"
        return ("ACCOUNT_THROTTLED", "TRANSIENT_FAILURE", "ACCOUNT_DAILY_QUOTA_EXCEEDED")[number % 3]

    ses.of_entry = status
    people(campaign, 20)
    campaign.run()
    assert ses.sent() == each_once(20)
    assert statuses(campaign) == {"SUCCESS": 20}


def test_refused_and_unknown_entries_are_final_and_stop_nobody(campaign, ses):
    own = {"p1@example.com": "MESSAGE_REJECTED", "p2@example.com": "BRAND_NEW", "p3@example.com": "FAILED"}
    ses.of_entry = lambda address: own.get(address, "SUCCESS")
    ids = people(campaign, 20)
    campaign.run()
    told = {name: status for name, (status,) in campaign.statuses().items()}
    assert [told[ids[at]] for at in (1, 2, 3)] == ["FAILURE_PERMANENT", "UNKNOWN", "FAILURE_PERMANENT"]
    assert sum(ses.sent().values()) == 17 and not ses.sent() & Counter(own)


def test_a_call_that_is_refused_for_one_of_them_goes_one_by_one(campaign, ses):
    def refuse(addresses):
        raise error("BadRequestException", 400)

    def refuse_one(address):
        if address == "p5@example.com":
            raise error("BadRequestException", 400)

    ses.of_call, ses.of_one = refuse, refuse_one
    people(campaign, 20)
    campaign.run()
    assert ses.calls == {"SendBulkEmail": 1, "SendEmail": 20}
    assert statuses(campaign) == {"SUCCESS": 19, "FAILURE_PERMANENT": 1}


def test_a_right_that_is_missing_costs_one_call_and_the_emails_go_one_by_one(campaign, ses):
    def refuse(addresses):
        raise error("AccessDeniedException", 403)

    ses.of_call = refuse
    people(campaign, 70)
    campaign.run()
    assert ses.calls == {"SendBulkEmail": 1, "SendEmail": 70}
    assert statuses(campaign) == {"SUCCESS": 70}


def test_of_a_call_without_an_answer_all_are_unknown_and_nobody_is_sent_to_again(campaign, ses):
    def lose(addresses):
        raise ReadTimeoutError(endpoint_url="https://ses")

    ses.of_call = lose
    people(campaign, 60)
    campaign.run()
    campaign.resume()
    assert statuses(campaign) == {"UNKNOWN": 60} and not ses.mails
    assert max(ses.sizes) <= 48 and ses.calls == {"SendBulkEmail": 2}


@pytest.mark.parametrize("sent", [False, True])
def test_a_kill_in_the_call_leaves_at_most_48_in_doubt_and_nobody_gets_it_twice(campaign, ses, sent):
    deaths = iter([True])
    reply = ses.bulk

    def die(params, **_):
        answer = reply(params) if sent else None
        if next(deaths, False):
            raise Kill
        return answer or reply(params)

    events = campaign.clients.sending_client("sesv2").meta.events
    events.register_first("before-call.sesv2.SendBulkEmail", die)
    people(campaign, 60)
    campaign.run()
    told = statuses(campaign)
    assert told["UNKNOWN"] == 48 and told["SUCCESS"] == 12
    assert set(ses.sent().values()) == {1} and sum(ses.sent().values()) == (60 if sent else 12)


def test_an_account_that_takes_few_at_once_gets_everybody_s_email_by_smaller_calls(campaign, ses):
    def limit(addresses):
        if len(addresses) > 5:
            raise error("TooManyRequestsException", 429)

    ses.of_call = limit
    people(campaign, 48)
    campaign.run()
    assert ses.sent() == each_once(48)
    assert statuses(campaign) == {"SUCCESS": 48}


def test_an_account_that_takes_one_at_once_gets_them_one_by_one(campaign, ses):
    def limit(addresses):
        raise error("TooManyRequestsException", 429)

    ses.of_call = limit
    people(campaign, 48)
    campaign.run()
    assert statuses(campaign) == {"SUCCESS": 48}


def test_messages_per_second_counts_each_email_of_a_call(campaign, ses, monkeypatch):
    waited = []
    monkeypatch.setattr(Pace, "wait", lambda pace, messages=1: waited.append(messages))
    people(campaign, 20)
    campaign.create(MessageConfiguration={"EmailMessage": MAIL}, Limits={"MessagesPerSecond": 8})
    campaign.run()
    assert sum(waited) == 20 and max(waited) <= 8 and max(ses.sizes) <= 8


def test_a_pace_lets_a_second_s_messages_leave_together_and_then_waits_for_as_many(monkeypatch):
    clock = [100.0]
    monkeypatch.setattr("handlers.engagement.campaigns.delivery.time.monotonic", lambda: clock[0])
    monkeypatch.setattr(
        "handlers.engagement.campaigns.delivery.time.sleep", lambda seconds: clock.__setitem__(0, clock[0] + seconds)
    )
    pace = Pace(10)
    assert pace.at_once == 10
    moments = []
    for _ in range(3):
        pace.wait(10)
        moments.append(clock[0])
    assert moments == pytest.approx([100, 101, 102])
    assert Pace(0.5).at_once == 1


def test_the_size_of_a_call_halves_when_it_is_throttled_and_grows_by_one_when_it_is_not():
    together = AtOnce()
    together.note(48, 48)
    assert together.size == 24
    together.note(24, 20)
    assert together.size == 4
    together.note(4, 0)
    assert together.size == 5
    for _ in range(5):
        together.note(together.size, together.size)
    assert together.size == 1
    for _ in range(60):
        together.note(together.size, 0)
    assert together.size == 50, "as many as SES takes at once"


def test_in_ses_s_sandbox_where_the_role_may_not_send_many_by_a_call_nothing_asks_for_it(campaign, ses):
    campaign.environment = replace(campaign.environment, email_singly="true")
    people(campaign, 20)
    campaign.run()
    assert ses.calls == {"SendEmail": 20} and ses.sent() == each_once(20)
