"""Mail as SES tells of it, without any server."""

import pytest

from sandbox.repairs.ses_mail import EICAR
from sandbox.repairs.ses_received import GTUBE, NoMailError, Received, envelope, verdicts_of


def received(*lines: str, **verdicts: str) -> Received:
    raw = "\r\n".join([*lines, "", "Hello"]).encode()
    return Received(raw, *envelope(raw, None, ["us@example.com"]), verdicts_of(raw, verdicts))


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("a@e.org", ["a@e.org"]),
        ("A <a@e.org>, b@e.org", ["A <a@e.org>", "b@e.org"]),
        ('"O\'Neil \\"x\\", A" <o@e.org>', ['"O\'Neil \\"x\\", A" <o@e.org>']),
        ("=?UTF-8?Q?=3Cb=3EJ=C3=BC=3C/b=3E?= <j@e.org>", ['"<b>Jü</b>" <j@e.org>']),
        ("=?UTF-8?Q?A=0D=0ABcc=3A_x?= <a@e.org>", ['"A\r\nBcc: x" <a@e.org>']),
        ("=?UTF-8?B?SsO8?=\r\n =?UTF-8?B?cmdlbg==?= <j@e.org>", ["Jürgen <j@e.org>"]),
        ("=?nonsense?Q?x?= <a@e.org>", ["=?nonsense?Q?x?= <a@e.org>"]),
        ("Grüße <a@e.org>", ["Grüße <a@e.org>"]),
    ],
)
def test_addresses_are_told_one_by_one_and_decoded(value, shown):
    assert received(f"From: {value}").described()["commonHeaders"]["from"] == shown


def test_several_from_fields_are_all_told():
    common = received("From: a@e.org", "From: b@e.org").described()["commonHeaders"]
    assert common["from"] == ["a@e.org", "b@e.org"] and common["returnPath"] == "a@e.org"


def test_what_a_mail_lacks_is_absent():
    common = received("From: a@e.org").described()["commonHeaders"]
    assert set(common) == {"returnPath", "from"}


def test_headers_are_told_in_order_as_they_came_and_unfolded():
    told = received("Subject: =?utf-8?Q?H=C3=A9?=", "List-Id: a", " b", "LIST-ID: c").described()["headers"]
    own = [(header["name"], header["value"]) for header in told][-3:]
    assert own == [("Subject", "=?utf-8?Q?H=C3=A9?="), ("List-Id", "a b"), ("LIST-ID", "c")]
    assert told[0]["name"] == "Return-Path"


def test_headers_beyond_ten_kilobytes_are_cut_off():
    described = received(*(f"X-{n}: {'x' * 1000}" for n in range(12))).described()
    assert described["headersTruncated"] and len(described["headers"]) < 17


@pytest.mark.parametrize(
    ("lines", "sender"),
    [
        (["From: A <a@e.org>"], "a@e.org"),
        (["Return-Path: <>", "From: mailer-daemon@e.org"], ""),
        (["Return-Path: <bounces+1@e.org>", "From: a@e.org"], "bounces+1@e.org"),
        (["Subject: nobody"], ""),
    ],
)
def test_the_envelopes_sender_is_read_from_the_mail(lines, sender):
    mail = received(*lines)
    assert mail.described()["source"] == sender
    assert mail.described()["headers"][0] == {"name": "Return-Path", "value": f"<{sender}>"}


def test_recipients_are_those_of_to_and_cc():
    raw = b"From: a@e.org\nTo: B <b@e.org>\nCc: c@e.org, d@e.org\n\n"
    assert envelope(raw, None, []) == ("a@e.org", ["b@e.org", "c@e.org", "d@e.org"])
    assert envelope(raw, "", ["x@e.org"]) == ("", ["x@e.org"])


@pytest.mark.parametrize("raw", [b"", b"Hello", b"From: a@e.org\n\n"])
def test_what_is_no_mail_says_why(raw):
    with pytest.raises(NoMailError, match=r"no header|names no recipient"):
        envelope(raw, None, [])


def test_verdicts_are_those_given_or_those_of_the_agreed_texts():
    assert set(verdicts_of(b"", {}).values()) == {"PASS"}
    assert verdicts_of(GTUBE.encode(), {})["spam"] == "FAIL"
    assert verdicts_of(EICAR.encode(), {"dkim": "GRAY"}) == {
        "spam": "PASS",
        "virus": "FAIL",
        "spf": "PASS",
        "dkim": "GRAY",
        "dmarc": "PASS",
    }


def test_a_rule_without_scan_gets_no_verdict_on_spam_and_viruses():
    mail = received("From: a@e.org", spam="FAIL", dmarc="FAIL")
    scanned, unscanned = (mail.receipt(["us@example.com"], scan, None) for scan in (True, False))
    assert [found["spamVerdict"]["status"] for found in (scanned, unscanned)] == ["FAIL", "DISABLED"]
    assert scanned["dmarcVerdict"]["status"] == "FAIL" and scanned["dmarcPolicy"] == "reject"
