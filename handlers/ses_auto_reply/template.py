"""The template of replies, of the project or of SES, read at most once a minute.

SES answers GetEmailTemplate once a second (Amazon SES API v2 reference).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from botocore.exceptions import ClientError

from handlers.ses_auto_reply.environment import SES
from handlers.shared.aws_errors import cause_of, is_refusal
from handlers.shared.clients import aws_client, engagement_client

FRESH_SECONDS = 60


class TemplateError(ValueError):
    """There is no template to reply with, until a person mends it. The text says what is wrong with it."""


@dataclass(frozen=True)
class Template:
    """The three texts with their tags; html and text may be empty, not both."""

    subject: str
    html: str
    text: str


class Templates:
    """Reads one template. source: `project` or `ses`. clock: seconds, only ever growing."""

    def __init__(self, name: str, source: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._name, self._source, self._clock = name, source, clock
        self._kept: tuple[float, Template] | None = None

    def get(self) -> Template:
        """The template. Raises TemplateError, or ClientError for what may succeed later."""
        if self._kept is None or self._clock() - self._kept[0] > FRESH_SECONDS:
            self._kept = (self._clock(), self._read())
        return self._kept[1]

    def _read(self) -> Template:
        try:
            found = self._of_ses() if self._source == SES else self._of_project()
        except ClientError as error:
            if is_refusal(error):
                raise TemplateError(f"email template {self._name} ({self._source}): {cause_of(error)}") from error
            raise
        if not found.html and not found.text:
            raise TemplateError(f"email template {self._name} ({self._source}) has neither an HTML nor a text part")
        return found

    def _of_ses(self) -> Template:
        content = aws_client("sesv2").get_email_template(TemplateName=self._name)["TemplateContent"]
        return Template(content.get("Subject") or "", content.get("Html") or "", content.get("Text") or "")

    def _of_project(self) -> Template:
        found = engagement_client().get_email_template(TemplateName=self._name)["EmailTemplateResponse"]
        return Template(found.get("Subject") or "", found.get("HtmlPart") or "", found.get("TextPart") or "")
