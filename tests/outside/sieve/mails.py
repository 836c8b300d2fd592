"""Mails of people and of machines, with what one Sieve's `vacation` and our guards know of each: envelope and headers."""

from __future__ import annotations

from dataclasses import dataclass, field
from email.utils import getaddresses

from handlers.ses_auto_reply.receipt import Received, received

OURS = "help@shop.example"
ALIAS = "service@shop.example"
PERSON = "Ana Silva <ana@example.org>"


@dataclass(frozen=True)
class Mail:
    """headers: laid over those of a person's mail to us; None takes one away, a list repeats it."""

    headers: dict[str, str | list[str] | None] = field(default_factory=dict)
    source: str = "ana@example.org"

    @property
    def fields(self) -> list[tuple[str, str]]:
        given = {"From": PERSON, "To": OURS, "Subject": "A question", "Message-ID": "<one@example.org>", **self.headers}
        return [
            (name, value)
            for name, values in given.items()
            if values is not None
            for value in ([values] if isinstance(values, str) else values)
        ]

    def text(self) -> bytes:
        """The mail as it comes in."""
        return "".join([*(f"{name}: {value}\r\n" for name, value in self.fields), "\r\nHello\r\n"]).encode()

    def receipt(self) -> Received:
        """What SES tells of it."""
        headers = [{"name": name, "value": value} for name, value in self.fields]
        common = {
            member: [
                str(pair[1]) for pair in getaddresses([value for name, value in self.fields if name == field_name])
            ]
            for member, field_name in (("from", "From"), ("to", "To"), ("cc", "Cc"))
        }
        mail = {
            "messageId": "m1",
            "source": self.source,
            "destination": [OURS],
            "headersTruncated": False,
            "headers": headers,
            "commonHeaders": {name: addresses for name, addresses in common.items() if addresses},
        }
        verdicts = {f"{name}Verdict": {"status": "PASS"} for name in ("spam", "virus", "spf", "dkim", "dmarc")}
        return received({"ses": {"mail": mail, "receipt": {"recipients": [OURS], **verdicts}}})


def _from(address: str) -> Mail:
    return Mail({"From": address}, address)


MAILS = {
    "a person's": Mail(),
    "with no Message-ID": Mail({"Message-ID": None}),
    "to several": Mail({"To": f"bob@example.net, Help <{OURS.upper()}>"}),
    "as a copy": Mail({"To": "bob@example.net", "Cc": f"Help Desk <{OURS}>"}),
    "with a blind copy that is told": Mail({"To": "bob@example.net", "Bcc": OURS}),
    "to a group with us in it": Mail({"To": f"Shops: bob@example.net, {OURS};"}),
    "to a quoted name with a comma": Mail({"To": f'"Desk, Help" <{OURS}>'}),
    "on two lines": Mail({"To": f"bob@example.net,\r\n\t{OURS}"}),
    "to an alias of ours": Mail({"To": ALIAS}),
    "resent to us": Mail({"To": "bob@example.net", "Resent-To": OURS, "Resent-From": "bob@example.net"}),
    "resent to us as a copy": Mail({"To": "bob@example.net", "Resent-To": "eve@example.net", "Resent-Cc": OURS}),
    "to somebody else": Mail({"To": "bob@example.net"}),
    "to nobody who is named": Mail({"To": "undisclosed-recipients:;"}),
    "without To": Mail({"To": None}),
    "with us as a name alone": Mail({"To": f'"{OURS}" <bob@example.net>'}),
    "with us in Delivered-To alone": Mail({"To": "bob@example.net", "Delivered-To": OURS}),
    "to a longer address": Mail({"To": f"x{OURS}"}),
    "to our namesake elsewhere": Mail({"To": "help@shop.example.net"}),
    "no auto-submission": Mail({"Auto-Submitted": "no"}),
    "no auto-submission, with a comment": Mail({"Auto-Submitted": "no (typed)"}),
    "an auto-reply": Mail({"Auto-Submitted": "auto-replied"}),
    "an auto-reply with a comment": Mail({"Auto-Submitted": "auto-replied (vacation)"}),
    "a machine's": Mail({"Auto-Submitted": "Auto-Generated"}),
    "a notice": Mail({"Auto-Submitted": "auto-notified; owner-email=x@example.org"}),
    "suppressing all": Mail({"X-Auto-Response-Suppress": "All"}),
    "suppressing out-of-office": Mail({"X-Auto-Response-Suppress": "DR, OOF"}),
    "suppressing auto-replies": Mail({"X-Auto-Response-Suppress": "AutoReply"}),
    "suppressing receipts": Mail({"X-Auto-Response-Suppress": "DR, RN"}),
    "a list's by List-Id": Mail({"List-Id": "<news.example.org>"}),
    "a list's by List-Post": Mail({"List-Post": "<mailto:news@example.org>"}),
    "a list's by List-Unsubscribe": Mail({"List-Unsubscribe": "<mailto:off@example.org>"}),
    "a list's by Mailing-List": Mail({"Mailing-List": "list news@example.org"}),
    "bulk": Mail({"Precedence": "bulk"}),
    "junk": Mail({"Precedence": "junk"}),
    "a list's by precedence": Mail({"Precedence": "list"}),
    "of first class": Mail({"Precedence": "first-class"}),
    "bulk by its other name": Mail({"X-Precedence": "bulk"}),
    "an Apple vacation notice": Mail({"X-Apple-Action": "VACATION"}),
    "an older vacation notice": Mail({"X-Autoreply": "yes"}),
    "a delivery report with a sender": Mail(
        {"Content-Type": 'multipart/report; report-type=delivery-status; boundary="b"'}
    ),
    "from ourselves": _from(OURS),
    "from our alias": _from(ALIAS),
    "from somebody who says to be us": Mail({"From": OURS}),
    "from a mail daemon": _from("mailer-daemon@example.org"),
    "from listserv": _from("listserv@lists.example.org"),
    "from majordomo": _from("majordomo@lists.example.org"),
    "from a list's owner": _from("owner-news@lists.example.org"),
    "from a list's request address": _from("news-request@lists.example.org"),
    "from a list's tagged request address": _from("news-request+x@lists.example.org"),
    "from a list's bounce address": Mail(source="news-bounces+bob=example.com@lists.example.org"),
    "from nobody who reads": _from("noreply@bank.example"),
    "from nobody who reads, in French": _from("ne-pas-repondre@banque.example"),
    "from nobody who reads, in French with its accent": Mail(
        {"From": "ne-pas-répondre@banque.example"}, "x7@banque.example"
    ),
    "from a postmaster": _from("postmaster@example.org"),
}
