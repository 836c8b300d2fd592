"""`engagement campaign` on a campaign that ran, and on what was told of its messages."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import shlex
from datetime import UTC, datetime
from pathlib import Path

import pytest

from commands.command import run
from handlers.engagement.identifiers import now
from handlers.engagement.metrics.counting import Metrics
from handlers.engagement.translation import sms
from tests.handlers.engagement.api.serving import served
from tests.handlers.engagement.campaigns.conftest import CAMPAIGN, campaign
from tests.handlers.engagement.conftest import APPLICATION, one_call_at_a_time, world
from tests.handlers.engagement.metrics.delivery_events import ACCOUNT

__all__ = ["campaign", "one_call_at_a_time", "world"]

PAGE = Path(__file__).parents[2] / "docs" / "results.md"
TEMPLATE = {"Body": "Hi {{Location.City}} ß", "DefaultSubstitutions": '{"Location.City": "you"}'}


@pytest.fixture
def ran(campaign, monkeypatch):
    """A campaign of ten texts: one failed later, two are not heard of again, and one endpoint was held back."""
    campaign.endpoints(10, Location={"City": "Oslo"})
    campaign.store([{"Id": "odd", "ChannelType": "SMS", "Address": "12"}])
    campaign.store([{"Id": "out", "ChannelType": "SMS", "Address": "+14256790099", "OptOut": "ALL"}])
    made = {"Arn": "arn", "CreationDate": now(), "LastModifiedDate": now()}
    campaign.create(Name="Autumn", tags={}, **made)
    campaign.segments.put(
        {
            "Id": "seg",
            "Version": 1,
            "SegmentType": "DIMENSIONAL",
            "Dimensions": {},
            "ApplicationId": APPLICATION,
            **made,
        }
    )
    campaign.run()
    events = []
    for number, message in enumerate(campaign.outbox.sent[:8]):
        document = {
            "eventType": "TEXT_BLOCKED" if number == 0 else "TEXT_DELIVERED",
            "eventTimestamp": int(datetime.now(UTC).timestamp() * 1000),
            "messageId": f"m{number + 1}",
            "isoCountryCode": "US",
            "totalMessageParts": 1,
            "totalMessagePrice": 0.00645,
            "context": message["Context"],
        }
        events += sms.translate(document, ACCOUNT)
    Metrics(campaign.tables.sends).count([*events, *events])
    with served() as found:
        monkeypatch.setenv("ENGAGEMENT_ENDPOINT_URL", found.endpoint)
        monkeypatch.setenv("APPLICATION_ID", APPLICATION)
        yield campaign
    assert found.wrong == []


def asked(capsys, *arguments):
    code = run(["campaign", *arguments])
    return code, capsys.readouterr().out


def test_results_are_what_was_sent_what_was_told_and_who_was_left_out(ran, capsys):
    code, out = asked(capsys, "results", CAMPAIGN, "--json")
    found = json.loads(out)
    figures = {
        "Audience": 11, "Pending": 0, "Sent": len(ran.outbox.sent), "Delivered": 7, "Failed": 1, "LeftOut": 1, "OptedOut": 0,
        "Complained": 0, "Opened": 0, "Clicked": 0, "DeliveryRate": 0.875, "OpenRate": None, "ClickRate": None,
    }  # fmt: skip
    assert code == 0 and len(ran.outbox.sent) == 10
    assert {name: found[name] for name in figures} == figures
    assert found["UniqueDeliveries"] == 7
    assert (found["SmsSpendDollars"], found["EmailSpendDollars"]) == (0.0516, 0.0)
    assert found["Treatments"] == [{"Treatment": "0", **figures}]
    assert found["Channels"] == [{"Channel": "SMS", "Sent": 8, "Delivered": 7, "Failed": 1, "Parts": 8}]
    assert found["Reasons"] == [{"Channel": "SMS", "Reason": "BLOCKED", "Count": 1}]
    assert found["WhoWasLeftOut"] == [{"Reason": "FAILURE_PERMANENT", "Count": 1}]
    assert [(row["State"], row["Sent"]) for row in found["Runs"]] == [("COMPLETED", 10)]
    _, table = asked(capsys, "results", CAMPAIGN)
    assert "87.5%" in table and "FAILURE_PERMANENT" in table and "BLOCKED" in table
    (row,) = csv.DictReader(io.StringIO(asked(capsys, "results", CAMPAIGN, "--csv")[1]))
    assert (row["Sent"], row["Delivered"], row["OpenRate"]) == ("10", "7", "")


def test_metrics_say_what_the_results_say(ran, capsys):
    given = json.dumps({"CampaignId": CAMPAIGN, "KpiName": "unique-deliveries"})
    assert run(["api", "GetCampaignDateRangeKpi", "--json", given]) == 0
    (row,) = json.loads(capsys.readouterr().out)["CampaignDateRangeKpiResponse"]["KpiResult"]["Rows"]
    assert row["Values"][0]["Value"] == "7.0"


def test_the_list_has_each_campaign_with_its_figures(ran, capsys):
    (found,) = json.loads(asked(capsys, "list", "--json")[1])
    assert (found["Id"], found["Name"], found["When"], found["Sent"], found["Delivered"]) == (
        CAMPAIGN, "Autumn", "IMMEDIATE", 10, 7,
    )  # fmt: skip
    (row,) = csv.DictReader(io.StringIO(asked(capsys, "list", "--csv")[1]))
    assert (row["Name"], row["DeliveryRate"]) == ("Autumn", "0.875")
    assert "Autumn" in asked(capsys, "list")[1]
    assert run(["campaign", "list", "--csv", "--json"]) == 1


@pytest.mark.parametrize(
    ("endpoint", "status", "standing"),
    [
        ("e3", "SUCCESS", "CLAIMED"),
        ("odd", "FAILURE_PERMANENT", "CLAIMED"),
        ("out", "NOT_CONSIDERED", "OPT_OUT"),
        ("nobody", "NOT_CONSIDERED", "INACTIVE"),
    ],
)
def test_a_person_got_it_or_not_and_why(ran, capsys, endpoint, status, standing):
    code, out = asked(capsys, "recipient", CAMPAIGN, endpoint, "--json")
    found = json.loads(out)
    assert (code, found["Standing"], found["Exists"]) == (0, standing, endpoint != "nobody")
    assert [(item["Run"], item["Status"]) for item in found["Item"]] == [(0, status)]
    assert status in asked(capsys, "recipient", CAMPAIGN, endpoint)[1]


def test_a_watch_ends_with_the_run(ran, capsys):
    code, out = asked(capsys, "watch", CAMPAIGN, "--json")
    assert (code, json.loads(out)) == (
        0,
        {"State": "COMPLETED", "Result": "SUCCESS", "Considered": 11, "Sent": 10, "Total": None, "PerSecond": 0.0, "SecondsRemaining": 0},
    )  # fmt: skip


def test_a_preview_shows_a_text_with_parts_and_encoding_and_what_cannot_be_shown(ran, capsys, tmp_path):
    (tmp_path / "e.json").write_text(json.dumps({"ChannelType": "SMS", "Location": {"City": "Kraków" * 20}}))
    code, out = asked(capsys, "preview", CAMPAIGN, "--endpoint", "e1", "--data", f"{tmp_path}/e.json", "--json")
    first, second = json.loads(out)
    assert code == 0
    assert first == {
        "Treatment": "0", "Endpoint": "e1", "Channel": "SMS", "Body": "Hi Oslo", "Parts": 1, "Encoding": "GSM", "Characters": 7,
    }  # fmt: skip
    assert (second["Parts"], second["Encoding"], second["Characters"]) == (2, "UCS-2", 123)
    (tmp_path / "e.json").write_text(json.dumps({"ChannelType": "EMAIL"}))
    code, out = asked(capsys, "preview", CAMPAIGN, "--data", f"{tmp_path}/e.json")
    assert code == 1 and "there is no text or email to show for channel EMAIL" in out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["preview"], "give a campaign's id, or --template and --channel"),
        (["preview", CAMPAIGN], "give whom it is for"),
        (["preview", "--template", "t", "--channel", "FAX", "--data", __file__], "cannot be read as JSON"),
        (["preview", "--template", "t", "--channel", "FAX", "--endpoint", "e1"], "'FAX'; allowed are SMS, EMAIL"),
        (["results", "nothing"], "NotFoundException"),
    ],
)
def test_what_is_wrong_is_one_line_of_error(ran, capsys, arguments, said):
    assert run(["campaign", *arguments]) == 1
    assert said in capsys.readouterr().err


def test_every_command_of_the_page_runs(ran, capsys, monkeypatch, tmp_path):
    from commands.service_models import pinpoint_session
    from handlers.shared.clients import sign_for_function_url

    client = sign_for_function_url(
        pinpoint_session().client("pinpoint", endpoint_url=os.environ["ENGAGEMENT_ENDPOINT_URL"])
    )
    client.create_sms_template(TemplateName="hello", SMSTemplateRequest=TEMPLATE)
    journey = client.create_journey(ApplicationId=APPLICATION, WriteJourneyRequest={"Name": "j"})["JourneyResponse"]
    names = {
        "CAMPAIGN": CAMPAIGN,
        "ENDPOINT": "e1",
        "TEMPLATE": "hello",
        "ADDRESS": "+14256790123",
        "JOURNEY": journey["Id"],
    }
    lines = re.findall(r"^engagement (.*)$", PAGE.read_text(), re.MULTILINE)
    assert len(lines) == 15
    monkeypatch.chdir(tmp_path)  # the report is written where one is
    for line in lines:
        filled = re.sub(r"\$(\w+)", lambda found: names[found[1]], line)
        assert run(shlex.split(filled)) == 0, (line, capsys.readouterr())
    assert ran.outbox.sent[-1]["MessageBody"] == "Hi Oslo ß"
    assert ran.outbox.sent[-1]["DestinationPhoneNumber"] == "+14256790123"
