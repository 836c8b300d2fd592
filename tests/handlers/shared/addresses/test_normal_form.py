from __future__ import annotations

import ast
import hashlib
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.engagement.campaigns.audience import Recipient
from handlers.engagement.campaigns.ledger import address_digest
from handlers.engagement.jobs.rows import endpoint_id
from handlers.engagement.store.working_set import address_key, address_name
from handlers.shared.addresses.domains import ascii_domain
from handlers.shared.addresses.email_addresses import NoMailboxError, deliverable, mailbox
from handlers.shared.addresses.normal_form import by_normal_form, digest, forms, is_normal, normal_form, same_address
from handlers.shared.addresses.written import trimmed
from handlers.shared.records.endpoint_columns import Columns
from handlers.suppression import recipients

BLANKS = st.text(alphabet=" \t\u00a0\u200b\u200e\u202a\u202c\u2003\u3000\ufeff\u00ad", max_size=3)
ADDRESSES = st.sampled_from(
    [
        ("EMAIL", "gus@example.com"), ("EMAIL", "Gus@Example.COM"), ("EMAIL", "ana@m\u00fcnchen.de"),
        ("EMAIL", "ana@mu\u0308nchen.de"), ("EMAIL", "ANA@XN--MNCHEN-3YA.DE"), ("EMAIL", "a@fa\u00df.de"), ("EMAIL", "a@fass.de"),
        ("SMS", "+12065550100"), ("SMS", "+1 206 555 0100"), ("VOICE", "+12065550100"), ("GCM", "AbC:x"), ("GCM", "abc:x"),
        ("CUSTOM", "Gus@Example.com"), ("EMAIL", "no address"), ("EMAIL", "\u00fc@example.com"), ("EMAIL", "\u00dc@example.com"),
    ]
)  # fmt: skip


@given(ADDRESSES, BLANKS, BLANKS)
def test_what_stands_unseen_around_an_address_is_no_part_of_it(known, before, behind):
    channel, address = known
    assert same_address(channel, f"{before}{address}{behind}", address)
    assert trimmed(f"{before}{address}{behind}") == address


@given(ADDRESSES, ADDRESSES, BLANKS, BLANKS)
def test_import_search_owner_ledger_and_suppression_say_the_same_of_two_addresses(one, other, before, behind):
    (channel, first), (second_channel, second) = one, other
    second = f"{before}{second}{behind}"
    if channel != second_channel:
        return
    same = same_address(channel, first, second)

    def imported(address):
        return endpoint_id("app", Columns(["ChannelType", "Address"]).endpoint([channel, address]))

    def ledger(address):
        return address_digest(Recipient({"Id": "e", "ChannelType": channel, "Address": address}, "0"))

    assert (imported(first) == imported(second)) == same
    assert (address_key("app", channel, first) == address_key("app", channel, second)) == same
    assert (address_name(channel, first) == address_name(channel, second)) == same
    assert (ledger(first) == ledger(second)) == same
    assert (len(by_normal_form(channel, [first, second])) == 1) == same or first == second
    if channel == "EMAIL":
        told = [recipients.Recipient(address, "BOUNCE", "m").notification_id for address in (first, second)]
        assert (told[0] == told[1]) == same


@given(ADDRESSES)
def test_the_normal_form_of_a_normal_form_is_itself(known):
    channel, address = known
    assert is_normal(channel, normal_form(channel, address))
    assert normal_form(channel, address) in forms(channel, address)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("gus@example.com", "gus@example.com\u00a0", True),
        ("Gus@Example.com", "gus@example.com", True),
        ("ana@m\u00fcnchen.de", "ana@xn--mnchen-3ya.de", True),
        ("ana@m\u00fcnchen.de", "ana@M\u00dcNCHEN.de", True),
        ("a@fa\u00df.de", "a@fass.de", False),
        ("a+x@example.com", "a@example.com", False),
        ("a.b@gmail.com", "ab@gmail.com", False),
    ],
)
def test_two_spellings_of_a_mailbox_are_one_and_two_mailboxes_are_two(one, other, same):
    assert same_address("EMAIL", one, other) is same


def test_device_tokens_that_differ_in_case_are_two():
    assert not same_address("GCM", "AbC", "abc")


def test_addresses_in_their_normal_form_have_the_digests_and_ids_of_earlier_releases():
    for channel, address in (("SMS", "+12065550100"), ("EMAIL", "gus@example.com")):
        assert digest(channel, address) == hashlib.sha256(f"{channel}\0{address}".encode()).hexdigest()
        endpoint = {"ChannelType": channel, "Address": address}
        assert endpoint_id("app", endpoint) == hashlib.sha256(f"app\0{channel}\0{address}".encode()).hexdigest()[:32]


def test_tables_of_earlier_releases_are_asked_in_the_forms_that_they_hold():
    assert forms("EMAIL", "Ana@XN--MNCHEN-3YA.de") == (
        "ana@xn--mnchen-3ya.de",
        "ana@m\u00fcnchen.de",
    )
    assert "ana@m\u00fcnchen.de" in forms("EMAIL", "Ana@M\u00fcnchen.de")
    assert forms("SMS", "+12065550100") == ("+12065550100",)


@pytest.mark.parametrize(
    ("domain", "encoded"),
    [
        ("fa\u00df.de", "xn--fa-hia.de"),
        ("M\u00fcnchen.DE", "xn--mnchen-3ya.de"),
        ("\u03b2\u03cc\u03bb\u03bf\u03c2.com", "xn--nxasmm1c.com"),
        ("Example.com", "example.com"),
        ("\uff45xample\u3002com", "example.com"),
        ("\u2603.com", ""),
        ("-b.de", ""),
        ("localhost", ""),
        ("", ""),
    ],
)
def test_a_domain_beyond_ascii_is_the_one_of_idna_2008(domain, encoded):
    assert ascii_domain(domain) == encoded


@pytest.mark.parametrize(
    ("text", "sendable"),
    [
        ("ana@m\u00fcnchen.de", "ana@xn--mnchen-3ya.de"),
        (" Gus@Example.com\u00a0", "Gus@Example.com"),
        ("J\u00fcrgen <j@b.de>", "=?utf-8?q?J=C3=BCrgen?= <j@b.de>"),
        ('"Doe, Jane" <j@b.de>', '"Doe, Jane" <j@b.de>'),
        ("Jane <j@b.de>", "Jane <j@b.de>"),
    ],
)
def test_an_address_becomes_what_ses_takes(text, sendable):
    assert mailbox(text) == sendable


@pytest.mark.parametrize(
    "text",
    [
        "\u00fc@example.com",
        "Doe, Jane <j@b.de>",
        "a@b.de, c@d.de",
        "a@b.de <c@d.de>",
        "no address",
        "",
        "a@\u2603.com",
        "a\r\nBcc: x@y.z <a@b.de>",
    ],
)
def test_what_ses_would_not_take_is_refused(text):
    with pytest.raises(NoMailboxError):
        mailbox(text)


def test_a_local_part_goes_as_it_was_written():
    assert deliverable("Gus@m\u00fcnchen.de") == "Gus@xn--mnchen-3ya.de"


ROOT = Path(__file__).resolve().parents[4]
PLACE = ROOT / "handlers" / "shared" / "addresses"
NAMES = re.compile(r"(?i)address|recipient|mailbox|sender|originat|destination|phone|\bnumber\b|email")
CHANGES = {"lower", "upper", "casefold", "strip", "lstrip", "rstrip", "isdigit", "isdecimal", "isnumeric"}
NO_ADDRESSES = {
    "handlers/sms_s3_drop/sending.py": "text.origination.isdigit",  # a short code is told from a sender id
    "components/ses_auto_reply.py": "recipient.lower address.rpartition('@')[2].lower",  # config: imports no handler
}


def test_nobody_else_strips_lowers_or_encodes_addresses():
    found = []
    for folder in ("handlers", "commands", "components"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            if PLACE in path.parents:
                continue
            name = path.relative_to(ROOT).as_posix()
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                    call = f"{ast.unparse(node.func.value)}.{node.func.attr}"
                    changes = node.func.attr in CHANGES and NAMES.search(ast.unparse(node.func.value))
                    encodes = node.func.attr == "encode" and "idna" in ast.unparse(node)
                    if (changes or encodes) and call not in NO_ADDRESSES.get(name, ""):
                        found.append(f"{name}:{node.lineno}: {call}")
    assert not found


def test_nobody_takes_digits_of_other_scripts_for_phone_numbers():
    found = []
    for folder in ("handlers", "commands", "components", "sandbox"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            for at, line in enumerate(path.read_text().splitlines(), 1):
                if re.search(r"\\\+\??(?:\[1-9\])?\\d", line):
                    found.append(f"{path.relative_to(ROOT)}:{at}")
    assert not found
