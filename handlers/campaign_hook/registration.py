"""Sets the project's hook: called by a CRUD invocation when the stack's hook is made, changed or removed.

Event: `{"FunctionArn", "Mode": "FILTER" | "DELIVERY", "tf": {"action", "prev_input"}}`. A project has one hook. One that
is not ours is never overwritten, and only our own is taken off. The other settings of the project stay as they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from handlers.campaign_hook.environment import RegistrationEnvironment
from handlers.shared.clients import engagement_client
from handlers.shared.crud import crud_handler
from handlers.shared.logging import logger

KEPT = ("Limits", "QuietTime", "JourneyLimits")
_environment = cache(RegistrationEnvironment.read)


class HookTakenError(Exception):
    """The project has a hook that is not this stack's. The text names both."""


@crud_handler
def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Returns `{"FunctionArn", "Mode"}` of the hook that is registered; empty texts after a deletion."""
    action, function = event["tf"]["action"], event["FunctionArn"]
    previous = (event["tf"].get("prev_input") or {}).get("FunctionArn")
    settings = _settings()
    hook = settings.get("CampaignHook") or {}
    ours = _is(hook, function) or bool(previous and _is(hook, previous))
    if action == "delete":
        if ours:
            _write(settings, {})
        else:
            logger.info("the project's hook is not this stack's and stays", extra={"hook": _name(hook)})
        return {"FunctionArn": "", "Mode": ""}
    if _name(hook) and not ours:
        raise HookTakenError(
            f"project {_environment().application_id} has the campaign hook {_name(hook)} (mode "
            f"{hook.get('Mode', 'FILTER')}) already, and a project has one: {function} is not registered. Take that one "
            "off (UpdateApplicationSettings with an empty CampaignHook), or let campaigns name it themselves (engagement:campaignHook.registered: "
            "false, or of a channel registration: campaigns)"
        )
    _write(settings, {"LambdaFunctionName": function, "Mode": event["Mode"]})
    logger.info("hook registered", extra={"function": function, "mode": event["Mode"]})
    return {"FunctionArn": function, "Mode": event["Mode"]}


def _settings() -> dict[str, Any]:
    answer = engagement_client().get_application_settings(ApplicationId=_environment().application_id)
    return answer["ApplicationSettingsResource"]


def _write(settings: Mapping[str, Any], hook: Mapping[str, str]) -> None:
    request = {name: settings[name] for name in KEPT if settings.get(name)}
    engagement_client().update_application_settings(
        ApplicationId=_environment().application_id,
        WriteApplicationSettingsRequest={**request, "CampaignHook": hook},
    )


def _name(hook: Mapping[str, Any]) -> str:
    return hook.get("LambdaFunctionName") or hook.get("WebUrl") or ""


def _is(hook: Mapping[str, Any], function_arn: str) -> bool:
    """Whether the hook is this function, which settings name by its ARN or by its name."""
    return hook.get("LambdaFunctionName") in (function_arn, function_arn.rpartition(":")[2])
