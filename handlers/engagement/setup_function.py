"""Keeps the stack's own application: called by a CRUD invocation on create, update and delete of the stack.

Event: `{"tf": {"action": "create" | "update" | "delete", "prev_input": {...} | null}, "Name": text, "tags"?: {}}`, and
`ApplicationId` (32 hex characters) where the config pins it; without it the id is made once, and kept. Doing the same again
changes nothing. Answers `{"ApplicationId", "Arn"}`. Deleting takes the application off; data in the tables goes with the
tables, and so does the id.
"""

from typing import Any

from handlers.engagement.environment import SetupEnvironment
from handlers.engagement.store.applications import make_application
from handlers.engagement.store.own_application import OwnApplication
from handlers.engagement.store.service_tables import Tables
from handlers.shared.crud import crud_handler

ACTIONS = ("create", "update", "delete")


@crud_handler
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Creates, renames or deletes the application.

    Raises:
        ValueError: the action, ApplicationId or Name is missing or not what is allowed.
        ApplicationIdError: the id cannot be told, or the pinned one would put data out of sight.
    """
    environment = SetupEnvironment.read()
    lifecycle = event.get("tf") or {}
    action, former = lifecycle.get("action"), (lifecycle.get("prev_input") or {}).get("ApplicationId")
    pinned, name = event.get("ApplicationId"), event.get("Name")
    if action not in ACTIONS:
        raise ValueError(f"tf.action is {action!r}; allowed are {', '.join(ACTIONS)}")
    if pinned is not None and (not isinstance(pinned, str) or not pinned):
        raise ValueError(f"ApplicationId is {pinned!r}; allowed is an application's id, or none")
    tables = Tables(environment)
    own = OwnApplication(tables, getattr(context, "function_name", ""))
    if action == "delete":
        return {"ApplicationId": own.leave(former or pinned)}
    if not isinstance(name, str) or not name:
        raise ValueError(f"Name is {name!r}; needed is the application's name")
    application_id = own.settle(pinned=pinned, former=former, new=action == "create")
    application = make_application(tables, environment, application_id, name, event.get("tags"))
    return {"ApplicationId": application_id, "Arn": application["Arn"]}
