"""What a campaign may be (WriteCampaignRequest), with all problems at once."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from handlers.engagement.campaigns.local_time import FREQUENCIES as FREQUENCIES_BY_LOCAL_TIME
from handlers.engagement.campaigns.offsets import moment_of, utc_offset
from handlers.engagement.campaigns.schedule import local_start
from handlers.engagement.errors import BadRequestError
from handlers.engagement.event_starts.kinds import EVENT, is_event_campaign
from handlers.engagement.event_starts.rules import event_schedule_problems
from handlers.engagement.identifiers import parse_time
from handlers.engagement.operations.apps import check_hook
from handlers.engagement.operations.limits import limit_problems
from handlers.engagement.operations.push_rules import push_problems
from handlers.engagement.operations.template_rules import message_parts, template_parts, unrenderable
from handlers.engagement.sending_times.rules import quiet_time_problems
from handlers.engagement.templates.store import TemplateStore

FREQUENCIES = ("ONCE", "HOURLY", "DAILY", "WEEKLY", "MONTHLY", EVENT)
TREATMENTS = 4  # beside the default one
TEXTS = (("SMSMessage", ("Body",), "SMSTemplate"), ("EmailMessage", ("HtmlBody", "Body"), "EmailTemplate"))
TEMPLATES = {"EmailTemplate": "EMAIL", "SMSTemplate": "SMS", "PushTemplate": "PUSH"}


def check_campaign(body: Mapping[str, Any], templates: TemplateStore, *, pushes: bool) -> None:
    """Raises BadRequestError that names every problem.

    pushes: whether the project has a push application.
    """
    found: list[str] = []
    if not body.get("SegmentId"):
        found.append("SegmentId is missing")
    if not body.get("Schedule"):
        found.append("Schedule is missing; needed is at least StartTime (IMMEDIATE or an ISO 8601 time)")
    else:
        _schedule(body["Schedule"], found)
    immediate = (body.get("Schedule") or {}).get("StartTime") == "IMMEDIATE"
    if body.get("IsPaused") and immediate and not is_event_campaign(body):
        found.append("IsPaused is true with StartTime IMMEDIATE; an immediate campaign cannot be paused")
    _percentages(body, found)
    found += limit_problems(body.get("Limits") or {})
    if body.get("Hook"):
        try:
            check_hook(body["Hook"], "Hook")
        except BadRequestError as error:
            found.append(error.message)
    _content(body, "", templates, found)
    found += _push(body, pushes=pushes)
    for at, treatment in enumerate(body.get("AdditionalTreatments") or []):
        if treatment.get("Schedule"):
            found.append(
                f"AdditionalTreatments[{at}].Schedule is not offered by the hosted engagement service; treatments run on the campaign's Schedule"
            )
        _content(treatment, f"AdditionalTreatments[{at}].", templates, found)
        found += [f"AdditionalTreatments[{at}].{problem}" for problem in _push(treatment, pushes=pushes)]
    if found:
        raise BadRequestError("; ".join(found))


def start_of(schedule: Mapping[str, Any]) -> datetime | None:
    """When a schedule starts; None = at once (IMMEDIATE, or past). A time without offset is in the schedule's Timezone.

    By local time: when the first clock of the world reads it, which may be past.
    """
    text = schedule["StartTime"]
    if text == "IMMEDIATE":
        return None
    if schedule.get("IsLocalTime"):
        return local_start(schedule, datetime.now(UTC))
    moment = moment_of(text, schedule.get("Timezone"))
    return moment if moment > datetime.now(UTC) else None


def _schedule(schedule: Mapping[str, Any], found: list[str]) -> None:
    if schedule.get("Frequency", "ONCE") not in FREQUENCIES:
        found.append(
            f"Schedule.Frequency {schedule['Frequency']} is not offered by the hosted engagement service; allowed are {', '.join(FREQUENCIES)}"
        )
    found += event_schedule_problems(schedule, lambda text: moment_of(text, schedule.get("Timezone")))
    if schedule.get("IsLocalTime"):
        _local_time(schedule, found)
    zone = schedule.get("Timezone")
    if zone and utc_offset(zone) is None:
        found.append(f"Schedule.Timezone is {zone!r}; needed is UTC, or UTC with an offset such as UTC+05:30")
    for name in ("StartTime", "EndTime"):
        value = schedule.get(name)
        if value is None or (name == "StartTime" and value == "IMMEDIATE"):
            continue
        try:
            parse_time(value)
            moment_of(value, zone).astimezone(UTC)
        except (ValueError, OverflowError):
            immediate = "IMMEDIATE or " if name == "StartTime" else ""
            found.append(f"Schedule.{name} is {value!r}; needed is {immediate}an ISO 8601 time")
    found += [f"Schedule.{problem}" for problem in quiet_time_problems(schedule.get("QuietTime") or {})]


def _local_time(schedule: Mapping[str, Any], found: list[str]) -> None:
    if schedule.get("StartTime") == "IMMEDIATE":
        found.append("Schedule.IsLocalTime is true with StartTime IMMEDIATE; needed is a time that clocks can read")
    if (frequency := schedule.get("Frequency", "ONCE")) not in FREQUENCIES_BY_LOCAL_TIME:
        allowed = ", ".join(FREQUENCIES_BY_LOCAL_TIME)
        found.append(f"Schedule.IsLocalTime is true with Frequency {frequency}; allowed are {allowed}")


def _percentages(body: Mapping[str, Any], found: list[str]) -> None:
    holdout = body.get("HoldoutPercent") or 0
    treatments = body.get("AdditionalTreatments") or []
    sizes = [treatment.get("SizePercent") or 0 for treatment in treatments]
    if len(treatments) > TREATMENTS:
        found.append(f"AdditionalTreatments has {len(treatments)} treatments; at most {TREATMENTS} are allowed")
    if any(not 0 <= size <= 100 for size in [holdout, *sizes]):
        found.append("HoldoutPercent and SizePercent must be from 0 to 100")
    elif holdout + sum(sizes) > 100:
        found.append(
            f"HoldoutPercent and the treatments' SizePercent add up to {holdout + sum(sizes)}; at most 100 are allowed"
        )


def _empty_messages(message: Mapping[str, Any], configuration: Mapping[str, Any], path: str, found: list[str]) -> None:
    """Messages without a text of their own, which neither a template nor the default message stands in for."""
    default = message.get("DefaultMessage")
    says_default = bool(default and default.get("Body"))
    if default is not None and not says_default:
        found.append(f"{path}MessageConfiguration.DefaultMessage.Body is missing")
    if says_default:
        return
    for member, parts, template in TEXTS:
        own = message.get(member)
        if own is not None and not any(own.get(part) for part in parts) and not configuration.get(template):
            found.append(
                f"{path}MessageConfiguration.{member} has no {' and no '.join(parts)}, and {path}TemplateConfiguration no {template}; needed is one of them"
            )


def _push(body: Mapping[str, Any], *, pushes: bool) -> list[str]:
    if body.get("CustomDeliveryConfiguration"):
        return []
    return push_problems(body.get("MessageConfiguration") or {}, body.get("TemplateConfiguration") or {}, pushes=pushes)


def _content(body: Mapping[str, Any], path: str, templates: TemplateStore, found: list[str]) -> None:
    """A message that says something or a template, and only templates that exist."""
    configuration = body.get("TemplateConfiguration") or {}
    message = body.get("MessageConfiguration") or {}
    custom = body.get("CustomDeliveryConfiguration")
    if not configuration and not message and not custom:
        found.append(
            f"{path}MessageConfiguration and {path}TemplateConfiguration are both missing; needed is a message"
        )
    _empty_messages(message, configuration, path, found)
    if message.get("CustomMessage") and not custom:
        found.append(f"{path}MessageConfiguration.CustomMessage needs {path}CustomDeliveryConfiguration")
    if message.get("InAppMessage"):
        found.append(f"{path}MessageConfiguration.InAppMessage is not offered by the hosted engagement service")
    found += [f"{path}MessageConfiguration.{problem}" for problem in unrenderable(message_parts(message))]
    uri = (body.get("CustomDeliveryConfiguration") or {}).get("DeliveryUri") or ""
    if uri.startswith(("http:", "https:")):
        found.append(
            f"{path}CustomDeliveryConfiguration.DeliveryUri is a URL, which the hosted engagement service does not offer; give a function's name or ARN"
        )
    for member, template in configuration.items():
        kind = TEMPLATES.get(member)
        if kind is None:
            found.append(
                f"{path}TemplateConfiguration.{member} is not allowed in a campaign; allowed are {', '.join(TEMPLATES)}"
            )
        elif not template.get("Name"):
            found.append(f"{path}TemplateConfiguration.{member}.Name is missing")
        else:
            known = templates.get(template["Name"], kind, template.get("Version"))
            version = f" version {template['Version']}" if template.get("Version") else ""
            named = f"{path}TemplateConfiguration.{member}"
            if known is None:
                found.append(f"{named}: there is no {kind} template named {template['Name']!r}{version}")
            else:
                found += [f"{named}: {problem}" for problem in unrenderable(template_parts(kind, known))]
