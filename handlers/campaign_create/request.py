"""The run's input, checked, and the campaign that it asks for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

_FIELDS = {
    "SegmentId": True,
    "SegmentName": True,
    "SmsTemplateName": True,
    "EmailTemplateName": False,
    "CampaignName": False,
}


class IncompleteInputError(ValueError):
    """The input lacks something, or has something of the wrong kind. The text names all of it."""


@dataclass(frozen=True)
class CampaignRequest:
    """What a campaign is created from. An email template is optional; the name is the segment's unless it is given."""

    segment_id: str
    name: str
    sms_template_name: str
    email_template_name: str | None

    @classmethod
    def read(cls, run_input: Any) -> CampaignRequest:
        """Raises IncompleteInputError, which lists every problem of the input."""
        if not isinstance(run_input, dict):
            raise IncompleteInputError(
                "the input is no JSON object; SegmentId, SegmentName and SmsTemplateName are missing"
            )
        problems = [
            problem
            for name, needed in _FIELDS.items()
            if (problem := _problem(name, run_input.get(name), needed=needed))
        ]
        if problems:
            raise IncompleteInputError("; ".join(problems))
        return cls(
            segment_id=run_input["SegmentId"],
            name=run_input.get("CampaignName") or run_input["SegmentName"],
            sms_template_name=run_input["SmsTemplateName"],
            email_template_name=run_input.get("EmailTemplateName") or None,
        )

    def campaign(self, description: str, messages_per_second: int = 0) -> dict[str, Any]:
        """The WriteCampaignRequest: once, at once, UTC, no holdout, TRANSACTIONAL SMS. messages_per_second: 0: no limit of its own."""
        templates = {"SMSTemplate": {"Name": self.sms_template_name}}
        if self.email_template_name:
            templates["EmailTemplate"] = {"Name": self.email_template_name}
        return {
            "Name": self.name,
            "Description": description,
            "SegmentId": self.segment_id,
            "HoldoutPercent": 0,
            "IsPaused": False,
            "Schedule": {"StartTime": "IMMEDIATE", "Frequency": "ONCE", "IsLocalTime": False, "Timezone": "UTC"},
            "TemplateConfiguration": templates,
            "MessageConfiguration": {"SMSMessage": {"MessageType": "TRANSACTIONAL"}},
            **({"Limits": {"MessagesPerSecond": messages_per_second}} if messages_per_second else {}),
        }


def _problem(name: str, value: Any, *, needed: bool) -> str | None:
    if value is None or value == "":
        return f"{name} is missing" if needed else None
    return None if isinstance(value, str) else f"{name} is a {type(value).__name__}; allowed is a text"
