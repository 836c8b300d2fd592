"""What a campaign's treatment or a journey's activity says, read through the Pinpoint API and kept for a while."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import ClientError

from handlers.message_archiver.pieces import (
    KINDS,
    TEMPLATE_MEMBERS,
    Content,
    Piece,
    as_json,
    custom_pieces,
    inline_pieces,
    template_pieces,
)
from handlers.message_archiver.send_event import SendEvent
from handlers.shared.aws_errors import cause_of, code_of, is_refusal
from handlers.shared.queues import RejectedMessageError
from handlers.shared.templates.renderer import RenderingError, parse_defaults

DEFAULT_TREATMENT = "0"
FRESH_SECONDS = 60
LARGEST = 500
_GET_TEMPLATE = {
    "EMAIL": ("get_email_template", "EmailTemplateResponse"),
    "SMS": ("get_sms_template", "SMSTemplateResponse"),
    "PUSH": ("get_push_template", "PushNotificationTemplateResponse"),
    "VOICE": ("get_voice_template", "VoiceTemplateResponse"),
}


class Recent:
    """Values by key for as long as they are fresh, the 500 last used at most. clock: seconds, only ever growing."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._values: OrderedDict[tuple[str, ...], tuple[float, Any]] = OrderedDict()

    def get(self, key: tuple[str, ...], make: Callable[[], Any]) -> Any:
        """The value of the key, made if there is none that is fresh. What `make` raises is not kept."""
        made, value = self._values.get(key, (None, None))
        if made is None or self._clock() - made > FRESH_SECONDS:
            value = make()
            self._values[key] = (self._clock(), value)
        self._values.move_to_end(key)
        while len(self._values) > LARGEST:
            self._values.popitem(last=False)
        return value


class Contents:
    """Contents of one application's messages. client: a boto3 `pinpoint` client.

    A campaign, journey or template is read at most once a minute. What was changed between the sending and the reading
    is archived as it is then; the campaign's version stands in the archived message.
    """

    def __init__(self, client: Any, application_id: str, recent: Recent | None = None) -> None:
        self._client = client
        self._application_id = application_id
        self._recent = recent or Recent()

    def of(self, event: SendEvent) -> Content:
        """The content that the event's message had.

        Raises RejectedMessageError if there is none any more, and ClientError for what may be there next time.
        """
        if event.application_id != self._application_id:
            raise RejectedMessageError(
                f"the event is of application {event.application_id}; the archive is that of {self._application_id}"
            )
        if event.campaign_id:
            campaign = self._campaign(event.campaign_id)
            version = str(campaign.get("Version", ""))
            key = ("campaign", event.campaign_id, version, event.treatment_id, event.channel)
            return self._recent.get(key, lambda: self._of_campaign(campaign, version, event))
        key = ("activity", event.journey_id, event.journey_activity_id, event.channel)
        return self._recent.get(key, lambda: self._of_journey(event))

    def address(self, endpoint_id: str) -> str:
        """The endpoint's address as it is now; empty if the endpoint is gone."""
        try:
            answer = self._client.get_endpoint(ApplicationId=self._application_id, EndpointId=endpoint_id)
        except ClientError as error:
            if code_of(error) == "NotFoundException":
                return ""
            raise
        return answer["EndpointResponse"].get("Address", "")

    def _campaign(self, campaign_id: str) -> Mapping[str, Any]:
        def read() -> Mapping[str, Any]:
            answer = self._call("get_campaign", ApplicationId=self._application_id, CampaignId=campaign_id)
            return answer["CampaignResponse"]

        return self._recent.get(("definition", campaign_id), read)

    def _of_campaign(self, campaign: Mapping[str, Any], version: str, event: SendEvent) -> Content:
        treatment = _treatment(campaign, event)
        message = treatment.get("MessageConfiguration") or {}
        kind = KINDS.get(event.channel, "")
        reference = (treatment.get("TemplateConfiguration") or {}).get(TEMPLATE_MEMBERS.get(kind, ""))
        # As the hosted service sends: what the message says itself comes before what its template says.
        pieces = inline_pieces(event.channel, message)
        template: Mapping[str, Any] = {}
        if reference:
            template = self._template(kind, reference["Name"], reference.get("Version"))
            given = {piece.type for piece in pieces}
            pieces += [piece for piece in template_pieces(event.channel, template) if piece.type not in given]
        return _content(
            pieces, template, version, f"campaign {event.campaign_id}, treatment {event.treatment_id}", event
        )

    def _of_journey(self, event: SendEvent) -> Content:
        answer = self._call("get_journey", ApplicationId=self._application_id, JourneyId=event.journey_id)
        activity = (answer["JourneyResponse"].get("Activities") or {}).get(event.journey_activity_id)
        where = f"journey {event.journey_id}, activity {event.journey_activity_id}"
        if not activity:
            raise RejectedMessageError(f"{where} does not exist any more")
        channel = next((member for member in ("EMAIL", "SMS", "PUSH", "CUSTOM") if activity.get(member)), "")
        definition = activity.get(channel) or {}
        pieces: list[Piece] = []
        template: Mapping[str, Any] = {}
        if channel == "CUSTOM":
            pieces = custom_pieces(definition.get("MessageConfig"))
        if channel in TEMPLATE_MEMBERS and definition.get("TemplateName"):
            template = self._template(channel, definition["TemplateName"], definition.get("TemplateVersion"))
            pieces = template_pieces(event.channel if KINDS.get(event.channel) == channel else channel, template)
        if not pieces:
            pieces = [as_json(activity)]
        return _content(pieces, template, "", where, event)

    def _template(self, kind: str, name: str, version: str | None) -> Mapping[str, Any]:
        operation, member = _GET_TEMPLATE[kind]

        def read() -> Mapping[str, Any]:
            named = {"Version": version} if version else {}
            return self._call(operation, TemplateName=name, **named)[member]

        return self._recent.get(("template", kind, name, version or ""), read)

    def _call(self, operation: str, **arguments: Any) -> Mapping[str, Any]:
        try:
            return getattr(self._client, operation)(**arguments)
        except ClientError as error:
            # No right to read is a mistake in the stack: the messages wait in the queue until it is mended.
            if is_refusal(error) and code_of(error) == "NotFoundException":
                raise RejectedMessageError(cause_of(error)) from error
            raise


def _treatment(campaign: Mapping[str, Any], event: SendEvent) -> Mapping[str, Any]:
    if event.treatment_id == DEFAULT_TREATMENT:
        return campaign
    for treatment in campaign.get("AdditionalTreatments") or ():
        if treatment["Id"] == event.treatment_id:
            return treatment
    raise RejectedMessageError(f"campaign {event.campaign_id} has no treatment {event.treatment_id}")


def _content(pieces: list[Piece], template: Mapping[str, Any], version: str, where: str, event: SendEvent) -> Content:
    if not pieces:
        raise RejectedMessageError(f"{where} has no content for channel {event.channel}")
    try:
        defaults = parse_defaults(template.get("DefaultSubstitutions"))
    except RenderingError as error:
        raise RejectedMessageError(f"template of {where}: {error}") from error
    return Content(tuple(pieces), defaults, version)
