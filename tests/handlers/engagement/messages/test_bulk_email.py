"""Emails in the form of SendBulkEmail: what fits, that no engine changes a letter of it, and what each result of SES means."""

from __future__ import annotations

import json
import re

import pytest
from botocore.exceptions import ConnectTimeoutError, ParamValidationError, ReadTimeoutError

from handlers.engagement.messages import bulk_email
from handlers.engagement.messages.bulk_email import DATA_CHARACTERS, MOST, REQUEST_BYTES, BulkEmailSender, Entry, Layout
from handlers.engagement.messages.email import EmailSender
from handlers.shared.messages import result as results
from handlers.shared.templates.renderer import render_pieces
from handlers.shared.templates.values import escaped
from tests.handlers.shared.fakes import client_error

LAYOUT = Layout("", "Hello", "<p>Hi {{h1}}</p>", "")
ADDRESSES = [f"p{at}@example.com" for at in range(3)]


class Ses:
    """SES's client: answers each call with the next of `answers`, an error or results."""

    def __init__(self, *answers):
        self.answers, self.requests = list(answers), []

    def send_bulk_email(self, **request):
        self.requests.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return {"BulkEmailEntryResults": answer}


def entries(count=3):
    return [Entry(f"p{at}@example.com", {"h1": f"N{at}"}, (), {"endpoint_id": f"e{at}"}) for at in range(count)]


def told(*answers, count=3):
    sender = BulkEmailSender(EmailSender("Shop <shop@example.com>", "set", Ses(*answers)))
    return sender.send(LAYOUT, entries(count))


def statuses(*answers):
    return [outcome and outcome.status for outcome in told(*answers)]


def fitted(html="", subject="Hello", text="", endpoint=None, headers=(), address="ada@example.com", tags=None):
    endpoint = endpoint or {"Attributes": {"Name": ["Ada"], "Open": ["{"], "Close": ["}"]}}
    pieces = {
        name: render_pieces(part, endpoint, strict=True)
        for name, part in (("subject", subject), ("html", html), ("text", text))
    }
    return bulk_email.fitted(address, **pieces, from_address=None, headers=headers, tags=tags)


def printed(template, values, escape):
    """As an engine of simple substitutions prints a template: in one pass, with values escaped or not."""
    return re.sub(r"\{\{(\w+)\}\}", lambda found: escape(values[found[1]]), template)


TEMPLATES = [
    "Hi {{Attributes.Name}}!",
    "Hi {{ Attributes.Name.[0] }}, {{Attributes.Name}}{{Attributes.Name}}",
    "{{#if Attributes.Name}}<b>{{Attributes.Name}}</b>{{else}}<i>you</i>{{/if}} {{Attributes.Name}}",
    "{{#each Attributes.Name}}<li>{{this}}</li>{{/each}}",
    '{{#*inline "hi"}}Hi {{name}}!{{/inline}}{{> hi name=Attributes.Name}}',
    "{{Attributes.Name}}",
    "plain & <b>bold</b> @media (x) { a { b: c }} ",
    "a {{~ Attributes.Name ~}} b",
]
NAMES = [
    "Ada",
    "J\u00fcrgen \U0001f600",
    "O'Brien",
    "<b>x</b>",
    "a&b=c",
    "{{h0}}",
    "{",
    "\\",
    "",
    " ",
    "$1",
    "a\nb",
    "`x`",
]


@pytest.mark.parametrize("template", TEMPLATES)
@pytest.mark.parametrize("name", NAMES)
def test_what_fits_is_printed_as_we_rendered_it_by_an_engine_that_escapes_and_by_one_that_does_not(template, name):
    endpoint = {"Attributes": {"Name": [name]}}
    text = render_pieces(template, endpoint, strict=True).text
    found = fitted(template, endpoint=endpoint)
    if found is None:
        assert "{{" in text or not text
        return
    layout, entry = found
    for escape in (str, escaped):
        assert printed(layout.html, entry.values, escape) == text
    assert "{{{" not in layout.html and not re.search(r"\{\{[^\w]", layout.html)


def test_people_with_plain_values_share_a_layout_and_one_whose_value_an_engine_may_change_has_one_of_its_own():
    shared = {
        fitted("<p>Hi {{Attributes.Name}}</p>", endpoint={"Attributes": {"Name": [name]}})[0]
        for name in ("Ada", "Bob", "\u00c5sa")
    }
    assert shared == {Layout("", "Hello", "<p>Hi {{h1}}</p>", "")}
    layout, entry = fitted("<p>Hi {{Attributes.Name}}</p>", endpoint={"Attributes": {"Name": ["O'Brien"]}})
    assert (layout.html, entry.values) == ("<p>Hi O'Brien</p>", {})


@pytest.mark.parametrize(
    "given",
    [
        {"html": "\\{{Attributes.Name}}"},  # printed as typed: two braces in the text
        {"html": "{{Attributes.Open}}{{Attributes.Name}}"},  # three braces, were it before the variable
        {"html": "a\\\\{{Attributes.Name}}"},  # a backslash before the variable
        {"html": "{{Attributes.Name}}{{Attributes.Close}}"},
        {"html": "{{Attributes.Name}}", "endpoint": {"Attributes": {"Name": ["{{x}}"]}}},
        {"html": "", "text": ""},
        {"html": "x", "subject": "{{Attributes.Name}}", "endpoint": {"Attributes": {"Name": ["a\r\nBcc: x"]}}},
        {"html": "x" * (REQUEST_BYTES + 1)},
        {"html": "{{Attributes.Name}}", "endpoint": {"Attributes": {"Name": ["x" * DATA_CHARACTERS]}}},
        {"html": "x", "address": "no address"},
        {"html": "x", "address": "\u00fc@example.com"},
        {"html": "x", "headers": [("X-A", "\u00fc")]},
        {"html": "x", "headers": [("X-A", "")]},
        {"html": "x", "headers": [("X-A", "{{x}}")]},
        {"html": "x", "headers": [("X A", "1")]},
        {"html": "x", "headers": [("X-A", "1"), ("x-a", "2")]},
        {"html": "x", "headers": [("X" * 10, "1" * 987)]},
        {"html": "x", "headers": [(f"X-{at}", "1") for at in range(16)]},
    ],
)
def test_what_fits_no_form_is_left_to_send_email(given):
    assert fitted(**given) is None


def test_headers_and_tags_are_each_message_s_own():
    _, entry = fitted("x", headers=[("List-Unsubscribe", "<https://e.org/u/1>")], tags={"endpoint_id": "e 1"})
    assert entry.request() == {
        "Destination": {"ToAddresses": ["ada@example.com"]},
        "ReplacementEmailContent": {"ReplacementTemplate": {"ReplacementTemplateData": "{}"}},
        "ReplacementHeaders": [{"Name": "List-Unsubscribe", "Value": "<https://e.org/u/1>"}],
        "ReplacementTags": [{"Name": "endpoint_id", "Value": "e_1"}],
    }


def test_a_call_names_sender_set_and_template_and_botocore_takes_it():
    import boto3
    from botocore.stub import Stubber

    client = boto3.client("sesv2", region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b")
    content = {"Subject": "Hello", "Html": "<p>Hi {{h1}}</p>"}
    expected = {
        "FromEmailAddress": "Shop <shop@example.com>",
        "ConfigurationSetName": "set",
        "DefaultContent": {"Template": {"TemplateContent": content, "TemplateData": "{}"}},
        "BulkEmailEntries": [entry.request() for entry in entries(2)],
    }
    answers = {"BulkEmailEntryResults": [{"Status": "SUCCESS", "MessageId": "m1"}, {"Status": "SUCCESS"}]}
    with Stubber(client) as stub:
        stub.add_response("send_bulk_email", answers, expected)
        sender = BulkEmailSender(EmailSender("Shop <shop@example.com>", "set", client))
        assert [outcome and outcome.message_id for outcome in sender.send(LAYOUT, entries(2))] == ["m1", ""]


EXPECTED = {
    "SUCCESS": results.SUCCESSFUL,
    "MESSAGE_REJECTED": results.PERMANENT_FAILURE,
    "MAIL_FROM_DOMAIN_NOT_VERIFIED": results.PERMANENT_FAILURE,
    "CONFIGURATION_SET_NOT_FOUND": results.PERMANENT_FAILURE,
    "TEMPLATE_NOT_FOUND": None,
    "ACCOUNT_SUSPENDED": results.PERMANENT_FAILURE,
    "ACCOUNT_THROTTLED": results.THROTTLED,
    "ACCOUNT_DAILY_QUOTA_EXCEEDED": results.THROTTLED,
    "INVALID_SENDING_POOL_NAME": results.PERMANENT_FAILURE,
    "ACCOUNT_SENDING_PAUSED": results.PERMANENT_FAILURE,
    "CONFIGURATION_SET_SENDING_PAUSED": results.PERMANENT_FAILURE,
    "INVALID_PARAMETER": None,
    "TRANSIENT_FAILURE": results.TEMPORARY_FAILURE,
    "FAILED": results.PERMANENT_FAILURE,
}


def test_every_status_of_the_api_has_a_meaning():
    import botocore.session

    model = botocore.session.get_session().get_service_model("sesv2")
    assert set(model.shape_for("BulkEmailStatus").enum) == EXPECTED.keys()


@pytest.mark.parametrize(("status", "meaning"), [*EXPECTED.items(), ("BRAND_NEW", results.UNKNOWN_FAILURE)])
def test_each_entry_has_the_result_of_its_own_status(status, meaning):
    one = {"Status": status, "Error": "why"}
    assert statuses([{"Status": "SUCCESS"}, one, {"Status": "ACCOUNT_THROTTLED"}]) == [
        results.SUCCESSFUL,
        meaning,
        results.THROTTLED,
    ]


@pytest.mark.parametrize("answer", [[], [{"Status": "SUCCESS"}] * 2, [{"Status": "SUCCESS"}] * 4])
def test_of_results_that_match_no_entries_nothing_is_known(answer):
    assert statuses(answer) == [results.UNKNOWN_FAILURE] * 3


@pytest.mark.parametrize(
    ("error", "meaning"),
    [
        (client_error("TooManyRequestsException", 429), results.THROTTLED),
        (client_error("LimitExceededException", 400), results.THROTTLED),
        (client_error("SlowDown", 503), results.THROTTLED),
        (client_error("InternalServiceErrorException", 500), results.UNKNOWN_FAILURE),
        (client_error("503", 503), results.UNKNOWN_FAILURE),
        (client_error("502", 502), results.UNKNOWN_FAILURE),
        (client_error("504", 504), results.UNKNOWN_FAILURE),
        (ConnectTimeoutError(endpoint_url="https://ses"), results.TEMPORARY_FAILURE),
        (ReadTimeoutError(endpoint_url="https://ses"), results.UNKNOWN_FAILURE),
        (client_error("AccountSuspendedException", 400), results.PERMANENT_FAILURE),
        (client_error("SendingPausedException", 400), results.PERMANENT_FAILURE),
        (client_error("MailFromDomainNotVerifiedException", 400), results.PERMANENT_FAILURE),
        (client_error("BadRequestException", 400), None),
        (client_error("MessageRejected", 400), None),
        (client_error("AccessDeniedException", 403), None),
        (ParamValidationError(report="p"), None),
    ],
)
def test_an_error_of_the_call_is_everybody_s_or_sends_them_one_by_one(error, meaning):
    assert statuses(error) == [meaning] * 3


def test_a_right_that_is_missing_is_asked_for_once():
    ses = Ses(client_error("AccessDeniedException", 403))
    sender = BulkEmailSender(EmailSender("shop@example.com", client=ses))
    assert list(sender.parcels(LAYOUT, entries())) == [[0, 1, 2]]
    sender.send(LAYOUT, entries())
    assert list(sender.parcels(LAYOUT, entries())) == []


def test_an_error_tells_the_log_how_many_and_never_who(caplog):
    with caplog.at_level("DEBUG"):
        told(client_error("BadRequestException", 400))
    assert "one by one" in caplog.text and "p0@" not in caplog.text


def test_a_call_has_at_most_50_entries_and_less_than_1_mb():
    sender = BulkEmailSender(EmailSender("shop@example.com"))
    assert [len(places) for places in sender.parcels(LAYOUT, entries(120))] == [MOST, MOST, 20]
    long = [Entry("a@example.com", {"h1": "x" * 250_000}) for _ in range(10)]
    assert [len(places) for places in sender.parcels(LAYOUT, long)] == [3, 3, 3, 1]
    half = Layout("", "", "x" * 600_000, "")
    assert [len(places) for places in sender.parcels(half, long)] == [1] * 10
    beyond_ascii = [Entry("a@example.com", {"h1": "\u00fc" * 100_000})] * 3
    request = sender._request(LAYOUT, [entry.request() for entry in beyond_ascii])
    assert len(json.dumps(request)) > REQUEST_BYTES  # as botocore sends it
    assert [len(places) for places in sender.parcels(LAYOUT, beyond_ascii)] == [1, 1, 1]
    assert list(sender.parcels(Layout("", "", "x" * REQUEST_BYTES, ""), entries())) == []


def test_without_a_sender_nothing_goes_by_bulk_since_send_email_says_what_is_missing():
    assert list(BulkEmailSender(EmailSender("")).parcels(LAYOUT, entries())) == []
