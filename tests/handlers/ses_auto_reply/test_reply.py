"""What a reply says, and to whom: from mail whose headers hold anything."""

from __future__ import annotations

import base64
import re

import pytest
from botocore.session import Session

from tests.handlers.ses_auto_reply.conftest import OURS


def content(request):
    simple = request["Content"]["Simple"]
    parts = {name: part["Data"] for name, part in simple["Body"].items()}
    return simple["Subject"]["Data"], parts, {header["Name"]: header["Value"] for header in simple["Headers"]}


def replied(world, **mail):
    outcome = world.one(**mail)
    assert outcome["Status"] == "REPLIED", outcome
    [request] = world.sent
    return (request["Destination"], *content(request))


def test_the_contract(world):
    destination, subject, parts, headers = replied(world)
    assert destination == {"ToAddresses": ["ana@example.org"]}
    assert world.sent[0]["FromEmailAddress"] == OURS
    assert subject == "Not read: A question"
    name, identifier = "Ana Silva &lt;ana@example.org&gt;", "o3vrnil0e2ic28trm7dfhrc2v0clambda4nbp0g1"
    assert parts == {
        "Html": f"<p>Dear {name}, hello again {name}: nobody reads this ({identifier}, {identifier}).</p>",
        "Text": f"Dear Ana Silva <ana@example.org>, nobody reads this ({identifier}).",
    }
    assert headers == {
        "Auto-Submitted": "auto-replied",
        "X-Auto-Response-Suppress": "All",
        "Precedence": "bulk",
        "In-Reply-To": "<one@mail.example.org>",
        "References": "<one@mail.example.org>",
    }
    assert "ConfigurationSetName" not in world.sent[0]


def test_the_message_id_stands_without_amazons_domain(world):
    assert "(abc)" in replied(world, message_id="abc@amazon.com")[2]["Text"]


NAMES = {
    "HTML in quotes": ('"<script>alert(1)</script>" <ana@example.org>', "<script>alert(1)</script>"),
    "HTML without quotes": ("<b>Ana</b> & co <ana@example.org>", "<b>Ana</b> & co"),
    "quotes": (r'"Ana \"the cook\" O' "'" r'Neill" <ana@example.org>', 'Ana "the cook" O\'Neill'),
    "a line break": ("Ana\r\nBcc: all@example.org\r\n <ana@example.org>", "Ana Bcc: all@example.org"),
    "a folded name": ("Ana\r\n Silva <ana@example.org>", "Ana Silva"),
    "an encoded line break": (
        "=?utf-8?q?Ana=0D=0ABcc:_all=40example.org?= <ana@example.org>",
        "Ana Bcc: all@example.org",
    ),
    "encoded words": ("=?utf-8?q?Jos=C3=A9?= =?iso-8859-1?q?_Garc=EDa?= <ana@example.org>", "José García"),
    "base64": ("=?UTF-8?B?5bGx55Sw?= <ana@example.org>", "山田"),
    "HTML in encoded words": (
        f"=?utf-8?b?{base64.b64encode(b'<img src=x>, <eve@evil.example>').decode()}?= <ana@example.org>",
        "<img src=x>, <eve@evil.example>",
    ),
    "an unknown charset": ("=?x-nothing?q?Ana?= <ana@example.org>", "Ana"),
    "bytes that the charset lacks": ("=?utf-8?q?A=FFna?= <ana@example.org>", "A\ufffdna"),
    "an encoded word cut short": ("=?utf-8?b?QW5h===?= <ana@example.org>", None),
    "text that SES decoded already": ("José 山田 <ana@example.org>", "José 山田"),
    "a comma": ('"Silva, Ana" <ana@example.org>', "Silva, Ana"),
    "a tag": ('"%%ID%%%%NAME%%" <ana@example.org>', "%%ID%%%%NAME%%"),
    "a turned direction": ("Ana\u202egro.elpmaxe <ana@example.org>", "Anagro.elpmaxe"),
    "half a surrogate pair": ("Ana \ud83d <ana@example.org>", "Ana \ufffd"),
    "NUL": ("Ana\0 <ana@example.org>", "Ana"),
}


@pytest.mark.parametrize("kind", NAMES)
def test_a_name_is_text_in_the_reply_and_nothing_else(world, kind):
    given, name = NAMES[kind]
    destination, _, parts, _ = replied(world, headers={"From": given})
    assert destination == {"ToAddresses": ["ana@example.org"]}
    if name is not None:
        assert parts["Text"].startswith(f"Dear {name} <ana@example.org>, nobody")
    assert re.findall(r"<[^>]*>", parts["Html"]) == ["<p>", "</p>"]
    assert "\n" not in parts["Text"] and "\r" not in parts["Text"]
    parts["Html"].encode()


ORDERS = {
    "the first": ({}, "ben@example.org"),
    "whom Sender names": ({"Sender": "Cleo <CLEO@example.org>"}, "cleo@example.org"),
    "the envelope's": ({"Sender": "office@example.org"}, "ana@example.org"),
}


@pytest.mark.parametrize("kind", ORDERS)
def test_of_several_authors_one_is_answered(world, kind):
    headers, to = ORDERS[kind]
    source = "ana@example.org" if kind == "the envelope's" else "list@example.org"
    authors = '"B, Ben" <ben@example.org>, Cleo <cleo@example.org>, ana@example.org'
    destination, *_ = replied(world, headers={"From": authors, **headers}, source=source)
    assert destination == {"ToAddresses": [to]}


SUBJECTS = {
    "no subject": (None, "Not read:"),
    "an empty one": ("", "Not read:"),
    "an encoded one": ("=?utf-8?q?=C2=BFQu=C3=A9?= pasa", "Not read: ¿Qué pasa"),
    "a folded one": ("One\r\n\ttwo", "Not read: One two"),
    "a line break": ("Hi\r\nBcc: all@example.org", "Not read: Hi Bcc: all@example.org"),
    "an encoded line break": ("=?utf-8?q?Hi=0ABcc:_x?=", "Not read: Hi Bcc: x"),
    "a tag": ("%%NAME%%", "Not read: %%NAME%%"),
}


@pytest.mark.parametrize("kind", SUBJECTS)
def test_the_subject_is_the_templates_and_then_the_mails(world, kind):
    given, expected = SUBJECTS[kind]
    assert replied(world, headers={"Subject": given})[1] == expected


def test_a_subject_of_any_length_fits_a_line(world):
    assert len(replied(world, headers={"Subject": "x" * 5000})[1]) == 900


def test_tags_in_the_templates_subject_are_filled(world):
    world.project.answers["get_email_template"] = {
        "EmailTemplateResponse": {"Subject": "%%ID%% for %%NAME%%\n", "TextPart": "Hi"}
    }
    _, subject, parts, _ = replied(world, message_id="m1")
    assert subject == "m1 for Ana Silva <ana@example.org> A question"
    assert parts == {"Text": "Hi"}


def test_headers_that_are_cut_off_come_from_the_common_ones(world):
    from tests.handlers.ses_auto_reply.conftest import record

    given = record(truncated=True)
    given["ses"]["mail"]["headers"] = [{"name": "Received", "value": "from somewhere"}]
    [outcome] = world.receive(given)
    assert outcome["Status"] == "REPLIED"
    _, _, headers = content(world.sent[0])
    assert headers["In-Reply-To"] == "<one@mail.example.org>"


def test_the_thread_is_kept_and_stays_within_a_header(world):
    older = [f"<{number}-{'x' * 60}@example.org>" for number in range(30)]
    *_, headers = replied(world, headers={"References": "\r\n ".join(older)})
    references = headers["References"].split()
    assert references[0] == older[0] and references[-2:] == [older[-1], "<one@mail.example.org>"]
    assert len(headers["References"]) <= 900


@pytest.mark.parametrize(
    "given", ["no id", "<a@b>\r\nBcc: <all@example.org>", "<ä@b.c>", f"<{'x' * 1000}@b.c>", "", None, "<a b@c>"]
)
def test_no_message_id_becomes_another_header(world, given):
    *_, headers = replied(world, headers={"Message-ID": given})
    shape = Session().get_service_model("sesv2").shape_for("MessageHeader")
    for name, value in headers.items():
        assert re.fullmatch(shape.members["Value"].metadata["pattern"], value)
        assert len(value) >= 1 and len(name) + len(value) <= 996
    assert headers.get("In-Reply-To") in (None, "<a@b>")


def test_a_sender_and_a_configuration_set_are_used(world, configure):
    configure(SENDER="Shop <shop@shop.example>", CONFIGURATION_SET="replies")
    replied(world)
    assert world.sent[0]["FromEmailAddress"] == "Shop <shop@shop.example>"
    assert world.sent[0]["ConfigurationSetName"] == "replies"


def test_without_a_sender_it_is_the_address_that_the_mail_was_sent_to(world):
    replied(world, recipients=("Sales@SHOP.example", OURS))
    assert world.sent[0]["FromEmailAddress"] == "Sales@shop.example"


def test_an_international_domain_is_written_to_in_ascii(world):
    destination, *_ = replied(world, headers={"From": "ana@bücher.example"})
    assert destination == {"ToAddresses": ["ana@xn--bcher-kva.example"]}


def test_a_template_of_ses_serves_too(world, configure):
    configure(TEMPLATE_SOURCE="ses")
    world.ses.answers["get_email_template"] = {
        "TemplateName": "auto-reply",
        "TemplateContent": {"Subject": "S", "Html": "<i>%%NAME%%</i>", "Text": "%%ID%%"},
    }
    _, subject, parts, _ = replied(world, message_id="m1")
    assert (subject, parts) == (
        "S A question",
        {"Html": "<i>Ana Silva &lt;ana@example.org&gt;</i>", "Text": "m1"},
    )
    assert world.ses.calls["get_email_template"] == [{"TemplateName": "auto-reply"}]


def test_the_template_is_read_once_a_minute(world):
    for number in range(5):
        world.one(message_id=f"m{number}", headers={"From": f"p{number}@example.org"})
    assert len(world.project.calls["get_email_template"]) == 1
