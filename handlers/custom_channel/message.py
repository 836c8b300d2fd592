"""A campaign's hook event as calls, one for each endpoint that the channel takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from handlers.custom_channel.channel import Call, Channel
from handlers.shared.addresses.written import trimmed
from handlers.shared.json_objects import NotAnObjectError, json_object
from handlers.shared.templates.renderer import RenderingError, render

MESSAGE = "Message"
QUEUED = "Queued"
JOURNEY = ("JourneyId", "JourneyRunId", "JourneyActivityId")
LONGEST_BYTES = 32_000
"""Of all filled-in texts of a call: Amazon Connect takes 32,768 bytes, and a queue's message holds them three times over."""


class UnusableEventError(ValueError):
    """The event does not say which run of which campaign it is about."""


def calls_of(event: Mapping[str, Any], channel: Channel, channel_types: Sequence[str], now: float) -> list[Call]:
    """The calls that a DELIVERY hook's or a custom delivery's event asks for. now: epoch seconds. Raises UnusableEventError."""
    template = message_of(event)
    campaign, activity = run_of(event)
    run = {**event, "CampaignId": campaign, "ActivityId": activity, QUEUED: int(now)}
    return [
        _call(run, identifier, endpoint, template, channel)
        for identifier, endpoint in (event.get("Endpoints") or {}).items()
        if isinstance(endpoint, Mapping) and endpoint.get("ChannelType") in channel_types
    ]


def run_of(event: Mapping[str, Any]) -> tuple[str, str]:
    """The campaign and its run, or the journey and its run's activity, that an event is about. Raises UnusableEventError.

    Activities of a journey have names of their author's; the journey and its run make them one of a kind.
    """
    journey = [event.get(name) for name in JOURNEY]
    if all(journey):
        return str(journey[0]), "/".join(map(str, journey))
    activity = event.get("ActivityId")
    if not isinstance(activity, str) or not activity:
        raise UnusableEventError("the event names no ActivityId, by which a run's calls are told from those of another")
    return event.get("CampaignId") or "", activity


def message_of(event: Mapping[str, Any]) -> str:
    """The campaign's text, with its variables: the SMS body, or what stands in a custom message's Data.

    Data is a JSON object with a text `Message`, or the text itself.
    """
    sms = (event.get("Message") or {}).get("smsmessage") or {}
    if body := sms.get("body"):
        return str(body)
    sms = (event.get("MessageConfiguration") or {}).get("SMSMessage") or {}
    if body := sms.get("Body"):
        return str(body)
    data = event.get("Data") or ""
    if not isinstance(data, str):
        return _text_in(data) if isinstance(data, Mapping) else ""
    try:
        return _text_in(json_object(data))
    except NotAnObjectError:
        return data


def _text_in(data: Mapping[str, Any]) -> str:
    text = data.get(MESSAGE)
    return text if isinstance(text, str) else ""


def _call(
    event: Mapping[str, Any], identifier: str, endpoint: Mapping[str, Any], template: str, channel: Channel
) -> Call:
    address = endpoint.get("Address")
    address = trimmed(address) if isinstance(address, str) else ""
    message, texts, problem = "", [], ""
    try:
        variables = {**endpoint, "Id": identifier}
        message = render(template, variables)
        texts = [render(text, {**variables, MESSAGE: message}) for text in channel.texts]
        size = sum(len(text.encode(errors="surrogatepass")) for text in (message, *texts))
        if size > LONGEST_BYTES:
            problem = f"the message has {size:,} bytes; allowed are {LONGEST_BYTES:,}"
    except RenderingError as error:
        problem = f"the message cannot be filled in: {error}"
    if not address:
        problem = "the endpoint has no address"
    elif not problem and channel.needs_message and not message.strip():
        problem = "the campaign has no text for it"
    return Call(
        application=event.get("ApplicationId") or "",
        campaign=event["CampaignId"],
        activity=event["ActivityId"],
        treatment=event.get("TreatmentId") or "",
        endpoint=identifier,
        channel_type=endpoint["ChannelType"],
        address=address,
        queued=event[QUEUED],
        message="" if problem else message,
        texts=() if problem else tuple(texts),
        problem=problem,
    )
