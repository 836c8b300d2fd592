"""Making an application: its record, and the event stream that it writes to."""

from collections.abc import Mapping
from typing import Any

from handlers.engagement.identifiers import arn, now
from handlers.engagement.store.registry import Apps
from handlers.engagement.store.service_tables import Tables


def make_application(
    tables: Tables, environment: Any, application_id: str, name: str, tags: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Writes an application and its event stream (the project's). An existing one keeps its CreationDate and settings.

    Args:
        environment: With `account_id` and `event_stream_arn`; "" takes off the event stream that it had.
    """
    apps = Apps(tables.registry)
    former = apps.get(application_id) or {}
    application = {
        "Id": application_id,
        "Arn": arn(environment.account_id, f"apps/{application_id}"),
        "Name": name,
        "CreationDate": former.get("CreationDate") or now(),
        "tags": dict(tags if tags is not None else former.get("tags", {})),
    }
    apps.put(application)
    if not environment.event_stream_arn:
        apps.delete_event_stream(application_id)
    elif apps.event_stream(application_id) is None:
        apps.put_event_stream(application_id, event_stream(environment, application_id, ""))
    return application


def event_stream(environment: Any, application_id: str, role_arn: str) -> dict[str, Any]:
    """An EventStream record for the project's stream."""
    return {
        "ApplicationId": application_id,
        "DestinationStreamArn": environment.event_stream_arn,
        "RoleArn": role_arn,
        "LastModifiedDate": now(),
    }
