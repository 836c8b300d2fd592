"""Keeps the stack's own application: called by a CRUD invocation on create, update and delete of the stack.

Event: `{"tf": {"action": "create" | "update" | "delete"}, "ApplicationId": 32 hex characters, "Name": text, "tags": {}}`.
Doing the same again changes nothing. Answers `{"ApplicationId", "Arn"}`. Deleting takes the application off; data in
the tables goes with the tables.
"""

from typing import Any

from handlers.engagement.environment import SetupEnvironment
from handlers.engagement.service import make_application
from handlers.engagement.store.registry import Apps
from handlers.engagement.store.service_tables import Tables
from handlers.shared.crud import crud_handler

ACTIONS = ("create", "update", "delete")


@crud_handler
def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Creates, renames or deletes the application.

    Raises:
        ValueError: the action, ApplicationId or Name is missing or not what is allowed.
    """
    environment = SetupEnvironment.read()
    action = (event.get("tf") or {}).get("action")
    application_id, name = event.get("ApplicationId"), event.get("Name")
    if action not in ACTIONS:
        raise ValueError(f"tf.action is {action!r}; allowed are {', '.join(ACTIONS)}")
    if not isinstance(application_id, str) or not application_id:
        raise ValueError(f"ApplicationId is {application_id!r}; needed is the application's id")
    tables = Tables(environment)
    if action == "delete":
        Apps(tables.registry).delete(application_id)
        return {"ApplicationId": application_id}
    if not isinstance(name, str) or not name:
        raise ValueError(f"Name is {name!r}; needed is the application's name")
    application = make_application(tables, environment, application_id, name, event.get("tags"))
    return {"ApplicationId": application_id, "Arn": application["Arn"]}
