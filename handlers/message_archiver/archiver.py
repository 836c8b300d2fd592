"""Renders the message of each queued send and stores it. A message that is delivered again overwrites itself."""

from __future__ import annotations

from functools import cache
from typing import Any

from handlers.message_archiver.contents import Contents
from handlers.message_archiver.environment import ArchiverEnvironment
from handlers.message_archiver.mime import compose
from handlers.message_archiver.pieces import Content
from handlers.message_archiver.send_event import SendEvent, parse
from handlers.shared.clients import aws_client, engagement_client
from handlers.shared.logging import logger
from handlers.shared.queues import RejectedMessageError, work_off
from handlers.shared.templates.renderer import RenderingError, render

_environment = cache(ArchiverEnvironment.read)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """SQS batch of send events -> partial batch response."""
    return work_off(event, context, _archive, _environment().dead_letter_queue_url)


@cache
def _contents() -> Contents:
    return Contents(engagement_client(), _environment().application_id)


def _archive(body: str) -> None:
    environment = _environment()
    event = parse(body, environment.archive_prefix)
    content = _contents().of(event)
    aws_client("s3").put_object(
        Bucket=environment.archive_bucket,
        Key=event.location,
        Body=compose(event, rendered(event, content), content.version),
        ContentType="message/rfc822",
    )
    logger.info("message archived", extra={"location_id": event.location.rpartition("/")[2]})


def rendered(event: SendEvent, content: Content) -> list[tuple[str, str]]:
    """The content's pieces (type, text) as this endpoint got them.

    A variable without a value prints nothing: the message did go out, whatever it lacked. Raises RejectedMessageError
    for a template that cannot be rendered at all.
    """
    variables = dict(event.endpoint)
    if content.needs_address and not variables.get("Address"):
        variables["Address"] = _contents().address(event.endpoint_id)
    try:
        return [
            (piece.type, piece.text if piece.verbatim else render(piece.text, variables, content.defaults))
            for piece in content.pieces
        ]
    except RenderingError as error:
        # The text of the error may quote a value, which is personal.
        raise RejectedMessageError(
            f"the template of {event.campaign_id or event.journey_id} cannot be rendered: {type(error).__name__}"
        ) from error
