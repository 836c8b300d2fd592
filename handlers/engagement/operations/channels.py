"""Channels as the project's config has them: text messages always, email where the project has a sender.

They are configured with the stack (`project.sms`, `project.email`), not by calls: an update that changes nothing succeeds,
another one says where to configure.
"""

import re
from collections.abc import Mapping
from email.utils import parseaddr
from typing import Any

from handlers.engagement.api.call import Call
from handlers.engagement.errors import BadRequestError, NotFoundError
from handlers.engagement.identifiers import region

SENDER_ID_ARN = re.compile(r"arn:[^:]+:sms-voice:[^:]*:[^:]*:sender-id/([^/]+)/[^/]+\Z")
SHORT_CODE = re.compile(r"[0-9]{3,8}\Z")
PHONE_OR_POOL = re.compile(r"\+?[0-9]+\Z|(?:phone|pool)-[0-9a-f]+\Z|arn:")
WHERE = {"SMS": "project.sms", "EMAIL": "project.email"}


def get_channels(call: Call) -> dict[str, Any]:
    """GetChannels."""
    channels = {"SMS": _record(call, "sms")}
    if call.service.environment.email_from_address:
        channels["EMAIL"] = _record(call, "email")
    return {"Channels": channels}


def get_sms_channel(call: Call) -> dict[str, Any]:
    """GetSmsChannel. Phone numbers and pools have no member here; a sender id and a short code have."""
    return {**_record(call, "sms"), "Platform": "SMS", **_sms(call)}


def update_sms_channel(call: Call) -> dict[str, Any]:
    """UpdateSmsChannel: only to what is there."""
    _check("SMS", call.body, {"Enabled": (True,), "SenderId": (_sms(call).get("SenderId", ""),), "ShortCode": (_sms(call).get("ShortCode", ""),)})  # fmt: skip
    return get_sms_channel(call)


def get_email_channel(call: Call) -> dict[str, Any]:
    """GetEmailChannel. `Identity` is that of the address; it may be the address's domain that SES has verified."""
    environment = call.service.environment
    if not environment.email_from_address:
        raise NotFoundError(
            "The project has no email channel: set project.email.fromAddress in the config of the stack that holds the project"
        )
    channel = {
        **_record(call, "email"),
        "Platform": "EMAIL",
        "FromAddress": environment.email_from_address,
        "Identity": _identities(call)[0],
    }
    if environment.email_configuration_set:
        channel["ConfigurationSet"] = environment.email_configuration_set
    return channel


def update_email_channel(call: Call) -> dict[str, Any]:
    """UpdateEmailChannel: only to what is there. The address may come without its display name, the identity be its domain's."""
    channel = get_email_channel(call)
    address = call.service.environment.email_from_address
    _check(
        "EMAIL",
        call.body,
        {
            "Enabled": (True,),
            "FromAddress": (address, parseaddr(address)[1]),
            "Identity": _identities(call),
            "ConfigurationSet": (channel.get("ConfigurationSet", ""),),
            "RoleArn": ("",),
            "OrchestrationSendingRoleArn": ("",),
        },
    )
    return channel


def _record(call: Call, identifier: str) -> dict[str, Any]:
    application = call.service.apps.get(call.application_id) or {}
    created = application.get("CreationDate", "")
    return {
        "ApplicationId": call.application_id,
        "CreationDate": created,
        "Enabled": True,
        "Id": identifier,
        "IsArchived": False,
        "LastModifiedDate": created,
        "Version": 1,
    }


def _sms(call: Call) -> dict[str, str]:
    identity = call.service.environment.sms_origination_identity
    if SHORT_CODE.match(identity):
        return {"ShortCode": identity}
    found = SENDER_ID_ARN.match(identity)
    if found:
        return {"SenderId": found[1]}
    return {} if not identity or PHONE_OR_POOL.match(identity) else {"SenderId": identity}


def _identities(call: Call) -> tuple[str, ...]:
    address = parseaddr(call.service.environment.email_from_address)[1]
    account = call.service.environment.account_id
    partition = call.service.environment.campaign_state_machine_arn.split(":")[1]
    return tuple(
        f"arn:{partition}:ses:{region()}:{account}:identity/{name}" for name in (address, address.rpartition("@")[2])
    )


def _check(channel: str, body: Mapping[str, Any], allowed: Mapping[str, tuple[Any, ...]]) -> None:
    found = [
        f"{name} is {body[name]!r}, the project's is {values[0]!r}"
        for name, values in allowed.items()
        if name in body and body[name] not in values
    ]
    if found:
        raise BadRequestError(
            f"{'; '.join(found)}: channels are configured by {WHERE[channel]} in the config of the stack that holds the project, not by calls"
        )
