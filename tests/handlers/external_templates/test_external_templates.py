"""Architecture 15: the endpoint's template in its language, each version read once, and a default for who has none."""

from __future__ import annotations

import time

import pytest

from handlers.campaign_hook.filters import FAILED, LANGUAGE, MISSING, SLOW, THROTTLED, TOO_LARGE, UNRENDERED
from handlers.campaign_hook.lookups import LookupFailedError
from handlers.external_templates import filter as filters
from handlers.external_templates.campaigns import CampaignNames
from handlers.external_templates.choice import folders
from handlers.external_templates.environment import TemplatesEnvironment
from handlers.external_templates.filter import ExternalTemplates
from handlers.external_templates.languages import candidates
from handlers.external_templates.templates import Templates
from tests.handlers.campaign_hook.conftest import APPLICATION
from tests.handlers.shared.fakes import FakeClient, client_error

EVENT = {"CampaignId": "c1"}
SECONDS = 1.0
DEFAULT = {"subject": ["default subject"], "html": ["default html"]}


class Names:
    def __init__(self, name):
        self.answer, self.asked = name, 0

    def name(self, campaign_id, deadline):
        self.asked += 1
        return self.answer


class World:
    """The filter, its bucket, and its S3 client watched."""

    def __init__(self, aws, watch, **environment):
        self.s3 = aws.client("s3")
        settings = {
            "application_id": APPLICATION,
            "bucket": "templates",
            "prefix": "t/",
            "template": "",
            "template_attribute": "ExternalTemplate",
            "language_field": "Demographic.Locale",
            "default_language": "en",
            "default_subject": "default subject",
            "default_html": "default html",
            "seconds": SECONDS,
            "fresh_seconds": 60.0,
            **environment,
        }
        self.environment = TemplatesEnvironment(**settings)
        self.templates = Templates("templates", "t/", seconds=SECONDS, fresh_seconds=60.0)
        self.names = Names("spring")
        self.filter = ExternalTemplates(self.environment, self.templates, self.names)
        self.calls = watch(self.templates._client)

    def put(self, place, subject="Hi {{Attributes.Name}}", html="<p>{{Attributes.Name}} {{Attributes.Offer}}</p>"):
        self.s3.put_object(Bucket="templates", Key=f"t/{place}/subject.txt", Body=subject.encode())
        self.s3.put_object(Bucket="templates", Key=f"t/{place}/body.html", Body=html.encode())

    def edit(self, found):
        return self.filter.edit(EVENT, found).by_reason()


@pytest.fixture
def world(aws, watch):
    return World(aws, watch)


def email(language="", **attributes):
    values = {"Name": ["Ada"], "Offer": ["tea"], **{name: [value] for name, value in attributes.items()}}
    return {"ChannelType": "EMAIL", "Attributes": values, "Demographic": {"Locale": language} if language else {}}


def subjects(found):
    return {name: endpoint["Attributes"].get("subject") for name, endpoint in found.items()}


def test_three_languages_and_everybody_gets_his_own(world):
    for language in ("en", "de", "pt-br"):
        world.put(f"spring/{language}", f"{language} {{{{Attributes.Name}}}}")
    languages = ["en_US", "de", "pt_BR", ""]
    found = {f"e{at}": email(languages[at % 4], Name=f"N{at}") for at in range(48)}
    assert world.edit(found) == {}
    words = ["en", "de", "pt-br", "en"]
    assert subjects(found) == {f"e{at}": [f"{words[at % 4]} N{at}"] for at in range(48)}
    assert found["e1"]["Attributes"]["html"] == ["<p>N1 tea</p>"]


def test_a_template_is_read_once_and_not_for_every_endpoint(world):
    world.templates.fresh_seconds = 3600
    world.put("spring/en")
    for _ in range(5):
        world.edit({f"e{at}": email() for at in range(50)})
    assert world.calls.count("GetObject") == 2


def test_a_new_version_is_read_once_and_an_old_one_is_not_read_again(world):
    world.templates.fresh_seconds = 0
    world.put("spring/en", "one")
    read = []
    world.templates._client.meta.events.register(
        "after-call.s3.GetObject", lambda http_response, **_: read.append(http_response.status_code)
    )
    for subject in ("one", "one", "two", "two"):
        world.put("spring/en", subject)
        found = {"e": email()}
        world.edit(found)
        assert subjects(found) == {"e": [subject]}
    assert read == [200, 200, 304, 304, 200, 304, 304, 304]


def test_a_language_that_is_not_there_falls_back_and_is_counted(world):
    world.put("spring/en", "english")
    world.put("spring/pt", "portuguese")
    found = {"e1": email("fr"), "e2": email("pt_BR"), "e3": email("en_GB"), "e4": email("??")}
    assert world.edit(found) == {LANGUAGE: ["e1"]}
    assert subjects(found) == {"e1": ["english"], "e2": ["portuguese"], "e3": ["english"], "e4": ["english"]}


def test_an_endpoint_may_name_its_own_folder_and_no_other_prefix(world):
    world.put("spring/en", "of the campaign")
    world.put("vip/en", "of the endpoint")
    found = {
        "e1": email(ExternalTemplate="vip"),
        "e2": email(ExternalTemplate="gone"),
        "e3": email(ExternalTemplate="../secret"),
        "e4": email(),
    }
    assert world.edit(found) == {MISSING: ["e2"]}
    assert subjects(found) == {
        "e1": ["of the endpoint"],
        "e2": ["of the campaign"],
        "e3": ["of the campaign"],
        "e4": ["of the campaign"],
    }


def test_without_a_folder_of_the_campaign_the_default_one_is_taken_and_without_that_the_text_of_the_config(world):
    found = {"e": email()}
    assert world.edit(found) == {MISSING: ["e"]}
    assert found["e"]["Attributes"].items() >= DEFAULT.items()
    world.templates._kept.clear()
    world.put("default/en", "for all")
    assert world.edit(found) == {MISSING: ["e"]}
    assert subjects(found) == {"e": ["for all"]}


def test_a_template_with_only_one_of_its_two_parts_is_none(world):
    world.s3.put_object(Bucket="templates", Key="t/spring/en/subject.txt", Body=b"half")
    found = {"e": email()}
    assert world.edit(found) == {MISSING: ["e"]}


def test_one_folder_for_all_campaigns_asks_for_no_campaign(aws, watch):
    world = World(aws, watch, template="news")
    world.put("news/en", "news")
    found = {"e": email()}
    assert world.edit(found) == {}
    assert (subjects(found), world.names.asked) == ({"e": ["news"]}, 0)


@pytest.mark.parametrize(("code", "reason"), [("SlowDown", THROTTLED), ("AccessDenied", FAILED)])
def test_a_template_that_cannot_be_read_falls_back_for_its_endpoints_only(world, code, reason):
    world.put("spring/en", "english")
    world.put("spring/de", "german")

    def refused(params):
        if "/de/" in params["Key"]:
            raise client_error(code, 503)

    world.calls.faults = {"GetObject": refused}
    found = {"e1": email("de"), "e2": email("en")}
    assert world.edit(found) == {reason: ["e1"]}
    assert subjects(found) == {"e1": ["english"], "e2": ["english"]}


def test_a_slow_template_is_given_up_in_time_for_its_endpoints_only(world):
    world.put("spring/en", "english")
    world.put("spring/de", "german")

    def slow(params):
        if "/de/" in params["Key"]:
            time.sleep(2 * SECONDS)

    world.edit({"e2": email("en")})
    world.calls.faults = {"GetObject": slow}
    found = {"e1": email("de"), "e2": email("en")}
    started = time.monotonic()
    assert world.edit(found) == {SLOW: ["e1"]}
    assert time.monotonic() - started < 2 * SECONDS
    assert subjects(found) == {"e1": ["english"], "e2": ["english"]}


def test_a_template_that_is_kept_is_used_while_s3_cannot_be_asked(world):
    world.put("spring/en", "english")
    world.edit({"e": email()})
    world.templates.fresh_seconds = 0

    def refused(_):
        raise client_error("SlowDown", 503)

    world.calls.faults = {"GetObject": refused}
    found = {"e": email()}
    assert world.edit(found) == {}
    assert subjects(found) == {"e": ["english"]}


def test_an_endpoint_that_lacks_a_value_gets_the_default_and_the_others_their_own(world):
    world.put("spring/en")
    found = {"e1": email(), "e2": {"ChannelType": "EMAIL", "Attributes": {}}}
    assert world.edit(found) == {UNRENDERED: ["e2"]}
    assert found["e2"]["Attributes"] == DEFAULT
    assert subjects(found)["e1"] == ["Hi Ada"]


def test_what_is_in_a_value_is_not_rendered_again_and_a_subject_is_one_line(world):
    world.put("spring/en", "Hi {{Attributes.Name}}\n")
    found = {"e": email(Name="{{Attributes.Offer}}\r\nBcc: x@example.org")}
    world.edit(found)
    assert subjects(found) == {"e": ["Hi {{Attributes.Offer}} Bcc: x@example.org"]}


def test_a_batch_never_answers_more_than_a_function_can(world, monkeypatch):
    monkeypatch.setattr(filters, "ANSWER_BYTES", 5_000)
    world.put("spring/en", html="{{Attributes.Name}}")
    found = {"e1": email(Name="x" * 3000), "e2": email()}
    assert world.edit(found) == {TOO_LARGE: ["e1"]}
    assert found["e1"]["Attributes"].items() >= DEFAULT.items()


def test_only_email_is_edited_and_nothing_is_asked_for_others(world):
    found = {"e": {"ChannelType": "SMS", "Attributes": {}}}
    assert world.edit(found) == {}
    assert (found["e"]["Attributes"], world.calls.made, world.names.asked) == ({}, [], 0)


def test_where_the_campaigns_name_cannot_be_had_the_default_folder_is_taken(world):
    world.names.answer = LookupFailedError(SLOW, "no answer in time")
    world.put("default/en", "for all")
    found = {"e": email()}
    assert world.edit(found) == {SLOW: ["e"]}
    assert subjects(found) == {"e": ["for all"]}


def test_a_campaigns_name_that_the_event_tells_is_not_asked_for(world):
    world.put("autumn/en", "Autumn")
    found = {"e": email()}
    assert not world.filter.edit({**EVENT, "CampaignName": "autumn"}, found).by_reason()
    assert subjects(found) == {"e": ["Autumn"]}
    assert not world.names.asked


def test_the_campaigns_name_is_asked_once(aws):
    names = CampaignNames(APPLICATION, seconds=SECONDS, fresh_seconds=60)
    names._client = client = FakeClient({"get_campaign": {"CampaignResponse": {"Name": "spring"}}})
    deadline = time.monotonic() + SECONDS
    assert {names.name("c1", deadline) for _ in range(3)} == {"spring"}
    assert client.calls["get_campaign"] == [{"ApplicationId": APPLICATION, "CampaignId": "c1"}]


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ("pt_BR.UTF-8", ["pt-br", "pt", "en"]),
        ("EN-gb", ["en-gb", "en"]),
        ("zh-Hant-TW", ["zh-hant-tw", "zh-hant", "zh", "en"]),
        ("", ["en"]),
        ("../etc", ["en"]),
    ],
)
def test_languages_as_folders(given, found):
    assert candidates(given, "en") == found


def test_folders_that_can_be_one():
    assert folders("a/b", "", "..", "x" * 201, "spring sale", "default") == ("spring sale", "default")


def test_a_name_cannot_become_markup_and_a_raw_value_can(world):
    world.put("spring/en", "{{Attributes.Name}} & co", "<p>{{Attributes.Name}}{{{Attributes.Offer}}}</p>")
    found = {"e1": email(Name="<script>x</script>", Offer="<b>tea</b>")}
    assert world.edit(found) == {}
    assert found["e1"]["Attributes"]["html"] == ["<p>&lt;script&gt;x&lt;/script&gt;<b>tea</b></p>"]
    assert found["e1"]["Attributes"]["subject"] == ["<script>x</script> & co"]
