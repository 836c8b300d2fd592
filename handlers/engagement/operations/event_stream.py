"""The application's event stream: on or off. The project owns one Kinesis stream, so there is one to choose from."""

from typing import Any

from handlers.engagement.api.call import Call
from handlers.engagement.errors import BadRequestError, NotFoundError
from handlers.engagement.store.applications import event_stream


def put_event_stream(call: Call) -> dict[str, Any]:
    """PutEventStream: only the project's own stream; whoever wants the events elsewhere attaches a consumer to it."""
    given, own = call.body["DestinationStreamArn"], call.service.environment.event_stream_arn
    if not own:
        raise BadRequestError(
            f"DestinationStreamArn is {given!r}; the project has no event stream: its stack's key "
            "engagement:project.events.stream.mode is none"
        )
    if given != own:
        raise BadRequestError(
            f"DestinationStreamArn is {given!r}; allowed is the project's own stream {own}: attach a consumer to it"
        )
    stream = event_stream(call.service.environment, call.application_id, call.body["RoleArn"])
    call.service.apps.put_event_stream(call.application_id, stream)
    return stream


def get_event_stream(call: Call) -> dict[str, Any]:
    """GetEventStream."""
    found = call.service.apps.event_stream(call.application_id)
    if found is None or not call.service.environment.event_stream_arn:
        raise NotFoundError(f"Application {call.application_id} has no event stream")
    return found


def delete_event_stream(call: Call) -> dict[str, Any]:
    """DeleteEventStream: the application's events go nowhere from then on."""
    found = get_event_stream(call)
    call.service.apps.delete_event_stream(call.application_id)
    return found
