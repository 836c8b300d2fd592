"""Applications and their settings."""

from typing import Any

from handlers.engagement.api.call import Call, public
from handlers.engagement.caps.definitions import journey_cap_problems
from handlers.engagement.errors import BadRequestError, NotFoundError
from handlers.engagement.identifiers import new_id, now
from handlers.engagement.operations.limits import check_application_limits
from handlers.engagement.sending_times.rules import quiet_time_problems

MODES = ("FILTER", "DELIVERY")


def create_app(call: Call) -> dict[str, Any]:
    """CreateApp. A new application has no event stream until PutEventStream."""
    name = call.body["Name"]
    if not name.strip():
        raise BadRequestError("Name is empty; needed is the application's name")
    identifier = new_id()
    application = {
        "Id": identifier,
        "Arn": call.service.arn(f"apps/{identifier}"),
        "Name": name,
        "CreationDate": now(),
        "tags": call.body.get("tags") or {},
    }
    call.service.apps.put(application)
    return application


def get_app(call: Call) -> dict[str, Any]:
    """GetApp."""
    found = call.service.apps.get(call.application_id)
    if found is None:
        raise NotFoundError(f"Application {call.application_id!r} does not exist")
    return found


def get_apps(call: Call) -> dict[str, Any]:
    """GetApps."""
    return call.page(lambda after, limit: call.service.apps.list(after=after, limit=limit))


def delete_app(call: Call) -> dict[str, Any]:
    """DeleteApp: takes the application and its settings off. The stack's own application cannot be deleted here."""
    if call.application_id == call.service.environment.default_application_id:
        raise BadRequestError(
            f"Application {call.application_id} belongs to the stack that made this service; destroy the stack instead"
        )
    application = get_app(call)
    call.service.apps.delete(call.application_id)
    call.service.forget_application(call.application_id)
    return application


def get_application_settings(call: Call) -> dict[str, Any]:
    """GetApplicationSettings."""
    return public(call.service.apps.settings(call.application_id))


def update_application_settings(call: Call) -> dict[str, Any]:
    """UpdateApplicationSettings: members that are absent stay; an empty CampaignHook takes the hook off."""
    check_hook(call.body.get("CampaignHook"), "CampaignHook")
    check_application_limits(call.body.get("Limits") or {})
    found = [
        *quiet_time_problems(call.body.get("QuietTime") or {}),
        *journey_cap_problems(call.body.get("JourneyLimits") or {}, "JourneyLimits"),
    ]
    if found:
        raise BadRequestError("; ".join(found))
    for name in ("CloudWatchMetricsEnabled", "EventTaggingEnabled"):
        if call.body.get(name):
            raise BadRequestError(
                f"{name} true is not offered by the hosted engagement service; allowed is false. Alarms and events are the stack's"
            )

    def change(settings: dict[str, Any]) -> None:
        for name in ("CampaignHook", "Limits", "QuietTime", "JourneyLimits"):
            if name in call.body:
                settings[name] = call.body[name]
        if not settings.get("CampaignHook"):
            settings.pop("CampaignHook", None)
        settings["LastModifiedDate"] = now()

    return public(call.service.apps.update_settings(call.application_id, change))


def check_hook(hook: dict[str, Any] | None, path: str) -> None:
    """Raises BadRequestError unless a hook names a function, or is none at all. An empty LambdaFunctionName is no hook."""
    if not hook or not any(hook.values()):
        return
    if hook.get("WebUrl"):
        raise BadRequestError(
            f"{path}.WebUrl is not offered by the hosted engagement service; give {path}.LambdaFunctionName"
        )
    if hook.get("LambdaFunctionName") and hook.get("Mode") not in (None, *MODES):
        raise BadRequestError(f"{path}.Mode is {hook['Mode']!r}; allowed are {', '.join(MODES)}")
