"""Each kind of mail gets a reply or none, and for this reason."""

from __future__ import annotations

import pytest

from tests.handlers.ses_auto_reply.conftest import OURS

ANSWERED = {
    "a person's": {},
    "one that says that no machine sent it": {"headers": {"Auto-Submitted": "no"}},
    "one that says so with a comment": {"headers": {"Auto-Submitted": " No (typed by hand); owner=ana"}},
    "one of first class": {"headers": {"Precedence": "first-class"}},
    "one that only asks for no receipts": {"headers": {"X-Auto-Response-Suppress": "DR, RN, NRN"}},
    "one whose verdicts nobody knows": {"spam": "GRAY", "virus": "PROCESSING_FAILED", "dmarc": "GRAY"},
    "one that fails a policy which asks for nothing": {"dmarc": "FAIL", "policy": "none"},
    "one by an exchange server's forwarding": {"source": "bounces+SRS=44ldt=IX@tenant.example"},
    "one of which SES tells only the first headers": {"truncated": True},
    "one whose event does not tell the envelope": {"source": None},
    "one that names us as a copy": {"headers": {"To": "bob@example.net", "Cc": f"Shop <{OURS.upper()}>"}},
    "one that was resent to us": {"headers": {"To": "bob@example.net", "Resent-To": OURS}},
    "one that was resent to us as a copy": {"headers": {"To": "bob@example.net", "Resent-Cc": OURS}},
    "one to a group with us in it": {"headers": {"To": f"Shops: bob@example.net, {OURS};"}},
    "one to a name with a comma that nobody quoted": {"headers": {"To": f"Desk, Help <{OURS}>"}},
    "one to another address of our domain": {"headers": {"To": "sales@shop.example"}},
    "one whose To is cut off, and among the common headers": {"headers": {"To": None}, "truncated": True},
    "one from our domain's namesake": {"headers": {"From": "ana@othershop.example"}},
}
SILENT = {
    "spam": ({"spam": "FAIL"}, "spam"),
    "a virus": ({"virus": "FAIL"}, "virus"),
    "a forged sender": ({"dmarc": "FAIL", "policy": "REJECT"}, "dmarc"),
    "a bounce": ({"source": "", "headers": {"From": "Mail <x@mx.example.org>"}}, "null-return-path"),
    "a bounce in angles": ({"source": "<>"}, "null-return-path"),
    "a bounce whose event does not tell the envelope": (
        {"source": None, "headers": {"Return-Path": "<>"}},
        "null-return-path",
    ),
    "a delivery report": (
        {"headers": {"Content-Type": 'multipart/report; report-type=delivery-status; boundary="b"'}},
        "delivery-report",
    ),
    "a read receipt": (
        {"headers": {"Content-Type": "Multipart/Report; report-type=disposition-notification"}},
        "delivery-report",
    ),
    "a mail daemon's mail": ({"headers": {"From": "Mail Delivery <MAILER-DAEMON@mx.example.org>"}}, "role-address"),
    "a mail daemon in the envelope": ({"source": "mailer-daemon@mx.example.org"}, "role-address"),
    "a vacation notice": ({"headers": {"Auto-Submitted": "auto-replied (vacation)"}}, "auto-submitted"),
    "an older vacation notice": ({"headers": {"X-Autoreply": "yes"}}, "auto-reply-header"),
    "an Outlook vacation notice": (
        {"headers": {"X-Auto-Response-Suppress": "DR, OOF, AutoReply"}},
        "x-auto-response-suppress",
    ),
    "an auto-reply like ours": ({"headers": {"Auto-Submitted": "auto-replied"}}, "auto-submitted"),
    "a report by a machine": ({"headers": {"auto-submitted": "Auto-Generated"}}, "auto-submitted"),
    "an empty mark": ({"headers": {"Auto-Submitted": ""}}, "auto-submitted"),
    "two marks, one of them no": ({"headers": {"Auto-Submitted": ["no", "auto-notified"]}}, "auto-submitted"),
    "a mailing list": ({"headers": {"List-Id": "Cooks <cooks.lists.example.org>"}}, "mailing-list"),
    "a newsletter": ({"headers": {"List-Unsubscribe": "<mailto:off@news.example.org>"}}, "mailing-list"),
    "bulk mail": ({"headers": {"Precedence": "Bulk"}}, "precedence"),
    "junk": ({"headers": {"Precedence": "junk"}}, "precedence"),
    "a list's owner in the envelope": ({"source": "owner-cooks@lists.example.org"}, "role-address"),
    "a list's command address": ({"headers": {"From": "cooks-request@lists.example.org"}}, "role-address"),
    "a list's bounce address": ({"source": "cooks-bounces@lists.example.org"}, "role-address"),
    "a no-reply address": ({"headers": {"From": "Bank <no-reply@bank.example>"}}, "role-address"),
    "another no-reply address": ({"headers": {"From": "donotreply+42@bank.example"}}, "role-address"),
    "mail from the address that it is to": ({"headers": {"From": OURS}}, "our-own-address"),
    "mail from the same in other letters": ({"headers": {"From": OURS.upper()}}, "our-own-address"),
    "mail from our domain, all of which is answered": (
        {"headers": {"From": "chef@shop.example"}},
        "our-own-address",
    ),
    "mail by us in somebody's name": ({"headers": {"Sender": OURS}}, "our-own-address"),
    "mail by several, one of them us": ({"headers": {"From": f"{OURS}, ana@example.org"}}, "our-own-address"),
    "an Apple vacation notice": ({"headers": {"X-Apple-Action": "VACATION"}}, "auto-reply-header"),
    "a First Class notice": ({"headers": {"X-POST-MessageClass": "9; Autoresponder"}}, "auto-reply-header"),
    "a machine's mark": ({"headers": {"X-FC-MachineGenerated": "true"}}, "auto-reply-header"),
    "a responder's own mailbox": ({"headers": {"Delivered-To": "Autoresponder"}}, "auto-reply-header"),
    "bulk mail by its other name": ({"headers": {"X-Precedence": "bulk"}}, "precedence"),
    **{
        f"mail from {local}@": ({"headers": {"From": f"{local}@bank.example"}}, "role-address")
        for local in ("noreply2", "no-replies", "noresponder", "ne-pas-repondre", "post_master")
    },
    **{
        f"mail with {envelope} in the envelope": ({"source": envelope}, "role-address")
        for envelope in (
            "listserv@lists.example.org",
            "majordomo@lists.example.org",
            "news-request+x@lists.example.org",
            "news-bounces+bob=example.com@lists.example.org",
        )
    },
    **{
        f"mail from {local}@": ({"headers": {"From": f"{local}@bank.example"}}, "role-address")
        for local in (
            "ne-pas-répondre",
            "ne-pas-re\N{COMBINING ACUTE ACCENT}pondre",
            "NE.PAS.RÉPONDRE",
            "=?UTF-8?Q?ne-pas-r=C3=A9pondre?=",
            "não-responda",
            "no-responda",
        )
    },
    "mail to somebody else": ({"headers": {"To": "bob@example.net"}}, "recipient-not-named"),
    "mail to nobody who is named": ({"headers": {"To": "undisclosed-recipients:;"}}, "recipient-not-named"),
    "mail with us as a name alone": ({"headers": {"To": f'"{OURS}" <bob@example.net>'}}, "recipient-not-named"),
    "mail to a longer address": ({"headers": {"To": f"{OURS}.net"}}, "recipient-not-named"),
    "mail to our domain's namesake": ({"headers": {"To": "a@othershop.example"}}, "recipient-not-named"),
    "mail with us in Delivered-To alone": (
        {"headers": {"To": "bob@example.net", "Delivered-To": OURS}},
        "recipient-not-named",
    ),
    "mail with our envelope": ({"source": OURS}, "our-own-address"),
}


@pytest.mark.parametrize("kind", ANSWERED)
def test_mail_that_a_person_sent_is_answered(world, kind):
    assert world.one(**ANSWERED[kind]) == {
        "MessageId": "o3vrnil0e2ic28trm7dfhrc2v0clambda4nbp0g1",
        "Status": "REPLIED",
        "Detail": "reply-1",
    }
    assert len(world.sent) == 1


@pytest.mark.parametrize("kind", SILENT)
def test_other_mail_is_not_answered_and_the_reason_is_known(world, kind):
    mail, reason = SILENT[kind]
    outcome = world.one(**mail)
    assert (outcome["Status"], outcome["Detail"]) == ("NO_REPLY", reason)
    assert not world.sent and not world.unanswered()


def test_mail_from_the_configured_sender_is_not_answered(world, configure):
    configure(SENDER="Shop <shop@other.example>")
    assert world.one(headers={"From": "Shop@Other.example"})["Detail"] == "our-own-address"
    assert world.one()["Status"] == "REPLIED"


@pytest.mark.parametrize(
    ("sender", "ours"),
    [
        ("help@one.example", True),
        ("sales@one.example", False),
        ("anybody@two.example", True),
        ("anybody@sub.two.example", False),
        ("anybody@sub.three.example", True),
        ("anybody@three.example", False),
    ],
)
def test_what_the_rule_takes_mail_for_is_ours(world, configure, sender, ours):
    configure(RECIPIENTS='["help@one.example", "two.example", ".three.example"]')
    outcome = world.one(headers={"From": sender}, recipients=("help@one.example",))
    assert (outcome["Detail"] == "our-own-address") == ours


@pytest.mark.parametrize(
    ("to", "answered"),
    [
        ("help@one.example", True),
        ("sales@one.example", False),
        ("anybody@two.example", True),
        ("Shop <shop@other.example>", True),
        ("bob@example.net", False),
    ],
)
def test_mail_has_to_name_an_address_of_the_rule_or_the_sender_of_replies(world, configure, to, answered):
    configure(RECIPIENTS='["help@one.example", "two.example"]', SENDER="Shop <shop@other.example>")
    outcome = world.one(headers={"To": to}, recipients=("help@one.example",))
    assert outcome["Detail"] == ("reply-1" if answered else "recipient-not-named")


def test_truncated_headers_can_be_a_reason_too(world, configure):
    configure(REPLY_WHEN_HEADERS_TRUNCATED="false")
    assert world.one(truncated=True)["Detail"] == "headers-truncated"
    assert world.one()["Status"] == "REPLIED"


def test_what_the_first_headers_say_counts_where_they_are_truncated(world):
    assert world.one(truncated=True, headers={"List-Id": "<a.b>"})["Detail"] == "mailing-list"


def test_the_log_names_the_mail_and_the_reason_and_nobody(world, caplog):
    world.one(spam="FAIL")
    world.one()
    silent, answered = caplog.records
    assert (silent.reason, answered.reply_id) == ("spam", "reply-1")
    assert silent.message_id == answered.message_id == "o3vrnil0e2ic28trm7dfhrc2v0clambda4nbp0g1"
    logged = repr([vars(entry) for entry in caplog.records]).lower()
    assert "example" not in logged and "silva" not in logged and "question" not in logged
