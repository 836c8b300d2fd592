"""Sets `subject` and `html` on a campaign's email endpoints from templates in S3, in the endpoint's language.

The template is rendered here, with the endpoint as it is after the filters before this one: the campaign's own message
(`{{Attributes.subject}}`, `{{Attributes.html}}`) prints the result and does not look into it again. In the HTML part
values are escaped, but for `{{{ }}}`; in the subject they are as they are.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any

from handlers.campaign_hook.fields import text_at
from handlers.campaign_hook.filters import TOO_LARGE, UNRENDERED, Endpoints, Fallbacks
from handlers.campaign_hook.lookups import LookupFailedError
from handlers.external_templates.campaigns import CampaignNames
from handlers.external_templates.choice import Wish, choose, folders
from handlers.external_templates.environment import TemplatesEnvironment
from handlers.external_templates.languages import candidates
from handlers.external_templates.templates import Template, Templates
from handlers.shared.logging import logger
from handlers.shared.templates.renderer import RenderingError, render

ANSWER_BYTES = 4_500_000
"""Of all rendered templates of a batch as JSON: a function's answer has 6 MB, which hold the endpoints as well."""
LARGEST_BYTES = 200_000
"""Of one rendered template: what is sent is also told to the event stream, with 1 MB an event."""


class ExternalTemplates:
    """See the module."""

    architecture = "externalTemplates"

    def __init__(self, environment: TemplatesEnvironment, templates: Templates, names: CampaignNames) -> None:
        self.environment = environment
        self.templates = templates
        self.names = names

    def edit(self, event: Mapping[str, Any], endpoints: Endpoints) -> Fallbacks:
        fallbacks = Fallbacks()
        emails = {identifier: found for identifier, found in endpoints.items() if found.get("ChannelType") == "EMAIL"}
        if not emails:
            return fallbacks
        deadline = time.monotonic() + self.environment.seconds
        folder = self.environment.template or self._campaign_name(event, deadline)
        if isinstance(folder, LookupFailedError):
            for identifier in emails:
                fallbacks.add(identifier, folder.reason)
            folder = ""
        wishes = {identifier: self._wish(identifier, endpoint, folder) for identifier, endpoint in emails.items()}
        chosen = choose(list(wishes.values()), self.templates, deadline)
        largest = min(LARGEST_BYTES, ANSWER_BYTES // len(emails))
        for identifier, endpoint in emails.items():
            choice = chosen[wishes[identifier]]
            if choice.reason:
                fallbacks.add(identifier, choice.reason)
            self._fill(identifier, endpoint, choice.template, largest, fallbacks)
        return fallbacks

    def fall_back(self, endpoints: Endpoints) -> None:
        for endpoint in endpoints.values():
            if endpoint.get("ChannelType") == "EMAIL":
                self._default(endpoint)

    def _campaign_name(self, event: Mapping[str, Any], deadline: float) -> str | LookupFailedError:
        """The hosted service tells it; Amazon Pinpoint has to be asked."""
        told = event.get("CampaignName")
        return told if isinstance(told, str) and told else self.names.name(event.get("CampaignId", ""), deadline)

    def _wish(self, identifier: str, endpoint: Mapping[str, Any], folder: str) -> Wish:
        named = endpoint["Attributes"].get(self.environment.template_attribute) or ()
        language = text_at(identifier, endpoint, self.environment.language_field)
        return (
            folders(*(str(name) for name in named[:1]), folder),
            tuple(candidates(language, self.environment.default_language)),
        )

    def _fill(
        self,
        identifier: str,
        endpoint: dict[str, Any],
        template: Template | None,
        largest: int,
        fallbacks: Fallbacks,
    ) -> None:
        if template is None:
            self._default(endpoint)
            return
        variables = {**endpoint, "Id": identifier}
        try:
            subject = " ".join(render(template.subject, variables, strict=True).split())
            html = render(template.html, variables, strict=True, escape=True)
        except RenderingError as error:
            logger.warning("template not rendered", extra={"endpoint": identifier, "reason": str(error)})
            fallbacks.add(identifier, UNRENDERED)
            self._default(endpoint)
            return
        if len(json.dumps([subject, html])) > largest:
            fallbacks.add(identifier, TOO_LARGE)
            self._default(endpoint)
            return
        endpoint["Attributes"] |= {"subject": [subject], "html": [html]}

    def _default(self, endpoint: dict[str, Any]) -> None:
        endpoint["Attributes"] |= {
            "subject": [self.environment.default_subject],
            "html": [self.environment.default_html],
        }


def make() -> ExternalTemplates:
    """The filter as the function's environment describes it."""
    environment = TemplatesEnvironment.read()
    times = {"seconds": environment.seconds, "fresh_seconds": environment.fresh_seconds}
    return ExternalTemplates(
        environment,
        Templates(environment.bucket, environment.prefix, **times),
        CampaignNames(environment.application_id, **times),
    )
