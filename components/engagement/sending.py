"""What the hosted service needs to send text messages and email from the identities that the config names."""

import re

import pulumi

from components.building_blocks.account import Account
from components.building_blocks.mailboxes import address_of
from components.building_blocks.policy import Statement
from components.engagement.project_config import EmailConfig, SmsConfig

SMS_RESOURCES = {"phone": "phone-number", "pool": "pool"}
WHY_ANY_NUMBER = "a phone number's ARN holds an id that the number itself does not tell"
WHY_ANY_COUNTRY = "the sender id's ARN ends in the country that a message goes to"
WHY_ANY_IDENTITY = "no origination identity is configured, so the service chooses among the account's"


def sms_statements(account: Account, sms: SmsConfig) -> list[Statement]:
    """SendTextMessage from the configured identity alone; from any of the account's, where none is configured."""
    action = ["sms-voice:SendTextMessage"]
    identity = sms.origination_identity
    if not identity:
        resources = [account.arn("sms-voice", f"{kind}/*") for kind in ("phone-number", "pool", "sender-id")]
        return [Statement(action, resources, why_wildcard=WHY_ANY_IDENTITY)]
    if identity.startswith("arn:"):
        return [Statement(action, [identity])]
    known = re.fullmatch(r"(phone|pool)-[0-9a-f]+", identity)
    if known:
        return [Statement(action, [account.arn("sms-voice", f"{SMS_RESOURCES[known[1]]}/{identity}")])]
    if re.fullmatch(r"\+?[0-9]+", identity):
        return [Statement(action, [account.arn("sms-voice", "phone-number/*")], why_wildcard=WHY_ANY_NUMBER)]
    return [Statement(action, [account.arn("sms-voice", f"sender-id/{identity}/*")], why_wildcard=WHY_ANY_COUNTRY)]


def email_statements(
    account: Account, email: EmailConfig, configuration_set: pulumi.Input[str] | None = None
) -> list[Statement]:
    """SendEmail from the configured address, verified itself or by its domain; nothing, where none is configured.

    configuration_set: the one that email is sent with; default the configured one.
    """
    if not email.from_address:
        return []
    address = address_of(email.from_address)
    resources: list[pulumi.Input[str]] = [
        account.arn("ses", f"identity/{name}") for name in (address, address.rpartition("@")[2])
    ]
    with_set = configuration_set or email.configuration_set
    if with_set:
        resources.append(account.arn("ses", pulumi.Output.concat("configuration-set/", with_set)))
    return [Statement(["ses:SendEmail", "ses:SendRawEmail"], resources)]
