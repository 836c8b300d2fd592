"""Answers one received mail, or says why not."""

from __future__ import annotations

from dataclasses import dataclass
from email.utils import parseaddr
from typing import Any

from handlers.ses_auto_reply import guards
from handlers.ses_auto_reply.environment import ReplyEnvironment
from handlers.ses_auto_reply.ledger import ANSWERED, SENT, THROTTLED, Ledger
from handlers.ses_auto_reply.receipt import UnreadableReceiptError, received
from handlers.ses_auto_reply.reply import Reply, UnanswerableError, compose, correspondent
from handlers.ses_auto_reply.sending import NoAnswerError, NotSentError, RefusedError, send
from handlers.ses_auto_reply.template import TemplateError, Templates
from handlers.shared.claims import Claim, Standing

REPLIED = "REPLIED"
NO_REPLY = "NO_REPLY"
UNANSWERED = "UNANSWERED"
MAYBE_SENT = "it is not known whether the reply was sent; it is not sent again"


@dataclass(frozen=True)
class Outcome:
    """What became of a mail. detail: the id of the reply, the code of the guard, or why it could not be answered.

    unknown: the claim of which the ledger is to note, once the mail is reported, that nobody knows what became of the reply.
    """

    status: str
    detail: str
    message_id: str = ""
    unknown: Claim | None = None


class Responder:
    """Answers mail by one template. One per process."""

    def __init__(self, environment: ReplyEnvironment) -> None:
        self._environment = environment
        self._ours = guards.OurAddresses(parseaddr(environment.sender)[1], environment.recipients)
        self._templates = Templates(environment.template_name, environment.template_source)
        self.ledger = Ledger(environment.ledger_table, environment.quiet_hours)

    def answer(self, record: Any, seconds: float) -> Outcome:
        """Answers the mail of one record within some seconds.

        Raises what may be over when Lambda calls again: NotSentError, BeingAnsweredError, ContendedError, and what
        botocore raises after its own retries.
        """
        try:
            mail = received(record)
        except UnreadableReceiptError as error:
            return Outcome(UNANSWERED, str(error))
        truncated = self._environment.reply_when_headers_truncated
        if reason := guards.silence(mail, self._ours, reply_when_truncated=truncated):
            return Outcome(NO_REPLY, reason, mail.message_id)
        try:
            to = correspondent(mail)
            reply = compose(mail, to, self._templates.get(), self._environment.sender)
        except (UnanswerableError, TemplateError) as error:
            return Outcome(UNANSWERED, str(error), mail.message_id)
        return self._send_once(mail.message_id, reply, seconds)

    def _send_once(self, message_id: str, reply: Reply, seconds: float) -> Outcome:
        claim = self.ledger.claim(message_id, reply.to, seconds)
        if claim.standing is Standing.LOST:
            return Outcome(UNANSWERED, MAYBE_SENT, message_id, claim)
        if claim.standing is not Standing.CLAIMED:
            why = THROTTLED if claim.standing is Standing.BLOCKED else ANSWERED
            return Outcome(NO_REPLY, why, message_id)
        try:
            sent = send(reply, self._environment.configuration_set)
        except NoAnswerError as error:
            return Outcome(UNANSWERED, f"SES: {error}; {MAYBE_SENT}", message_id, claim)
        except RefusedError as error:
            self.ledger.release(claim, reply.to)
            return Outcome(UNANSWERED, f"SES: {error.code}: {error}", message_id)
        except NotSentError:
            self.ledger.release(claim, reply.to)
            raise
        self.ledger.close(claim, SENT)
        return Outcome(REPLIED, sent, message_id)
