"""Our guards beside Dovecot's Sieve `vacation` (RFC 5230), mail by mail. Left out where it is not installed."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from handlers.ses_auto_reply import guards
from handlers.ses_auto_reply.guards import OurAddresses, silence
from tests.outside.sieve.dovecot import NEEDED, NoDecisionError, Vacation, is_installed
from tests.outside.sieve.mails import ALIAS, MAILS, OURS, Mail

_NOBODY = "an auto-reply to who says that nobody reads it helps nobody"
_NO_HUMAN = "known auto-responders mark their mail so; Sieve knows RFC 3834's and Microsoft's marks alone"
SILENT_HERE_ALONE = {
    "suppressing auto-replies": "[MS-OXCMAIL] has AutoReply for replies like ours; a vacation notice is suppressed by OOF",
    "a list's by Mailing-List": "older list managers write no List-*; Sieve knows the fields of RFC 2369 and 2919 alone",
    "bulk by its other name": "the field of mailers that may not write Precedence",
    "an Apple vacation notice": _NO_HUMAN,
    "an older vacation notice": _NO_HUMAN,
    "a delivery report with a sender": "some servers send reports from an address, against RFC 3464",
    "from somebody who says to be us": "the reply goes to From, which is ours; Sieve's goes to the envelope's sender",
    "from a list's bounce address": "variable return paths (VERP) name the list before a +; Sieve looks at a local part's end",
    "from nobody who reads": _NOBODY,
    "from nobody who reads, in French": _NOBODY,
    "from nobody who reads, in French with its accent": _NOBODY,
    "from a postmaster": "postmasters' mail is machines' as a rule; Sieve knows mailer-daemon, listserv, majordomo",
}
ANSWERED_HERE_ALONE = {
    "no auto-submission, with a comment": "RFC 3834 section 5 lets a comment stand there; Sieve compares the whole value",
}
OUR_ADDRESSES = OurAddresses("", (OURS, ALIAS))

pytestmark = pytest.mark.skipif(not is_installed(), reason=NEEDED)


@pytest.fixture
def vacation():
    """In a folder that can be given to another user, as one below pytest's own cannot."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        yield Vacation(Path(folder), (ALIAS,))


def is_answered(mail: Mail) -> bool:
    """Whether our guards let it have a reply."""
    return not silence(mail.receipt(), OUR_ADDRESSES, reply_when_truncated=True)


def faults(vacation: Vacation, decide: Callable[[Mail], bool]) -> list[str]:
    """The mails on which the two decide otherwise than the lists say."""
    found = []
    for name, mail in MAILS.items():
        ours, theirs = decide(mail), vacation.answers(mail.text(), mail.source, OURS)
        expected = (
            (False, True) if name in SILENT_HERE_ALONE else (True, False) if name in ANSWERED_HERE_ALONE else None
        )
        if (ours, theirs) != expected if expected else ours != theirs:
            found.append(f"{name}: {'answered' if ours else 'silent'} here, {'answered' if theirs else 'silent'} there")
    return found


def test_our_guards_and_sieve_answer_the_same_mail_but_for_what_is_listed_with_its_reason(vacation):
    assert faults(vacation, is_answered) == []


def test_what_is_listed_is_compared():
    assert {*SILENT_HERE_ALONE, *ANSWERED_HERE_ALONE} <= set(MAILS)
    assert not {*SILENT_HERE_ALONE} & {*ANSWERED_HERE_ALONE}


def test_guards_that_answer_mail_which_names_us_nowhere_are_found_out(vacation, monkeypatch):
    monkeypatch.setattr(guards, "_names_us", lambda mail, ours: True)
    found = faults(vacation, is_answered)
    assert "to somebody else: answered here, silent there" in found
    assert "without To: answered here, silent there" in found


def test_guards_that_answer_nothing_are_found_out(vacation):
    assert "a person's: silent here, answered there" in faults(vacation, lambda mail: False)


def test_an_interpreter_that_says_nothing_is_no_silence(vacation, monkeypatch, tmp_path):
    (tmp_path / "sieve-test").write_text("#!/bin/sh\nexit 0\n")
    (tmp_path / "sieve-test").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    with pytest.raises(NoDecisionError):
        vacation.answers(Mail().text(), "ana@example.org", OURS)
