"""What the hosted service needs to send text messages and email from the identities that the config names."""

import re

import pulumi

from components.building_blocks.account import Account
from components.building_blocks.mailboxes import address_of
from components.building_blocks.policy import Statement
from components.engagement.pinpoint_actions import statements
from components.engagement.project_config import EmailConfig, PushConfig, SmsConfig

SMS_RESOURCES = {"phone": "phone-number", "pool": "pool"}
WHY_ANY_NUMBER = "a phone number's ARN holds an id that the number itself does not tell"
WHY_ANY_COUNTRY = "the sender id's ARN ends in the country that a message goes to"
WHY_ANY_IDENTITY = "no origination identity is configured, so the service chooses among the account's"
WHY_ANY_PROTECTION = "no call names one: it is the account's default or the configuration set's, and AWS asks for it"
WHY_ANY_SET = "no configuration set is configured, and SES asks for the identity's default one, if it has one"
WHY_ANY_RECIPIENT = (
    "SES's sandbox asks for the right on the recipient's identity, and whom mail goes to is not known before"
)
SEND_TEXT = ("sms-voice:SendTextMessage",)
WHY_ANY_TEMPLATE = "the content is in the call, and AWS's reference asks for the right on a template nevertheless"
SEND_EMAIL = ("ses:SendEmail", "ses:SendRawEmail")
SEND_BULK_EMAIL = ("ses:SendBulkEmail", "ses:SendBulkTemplatedEmail")
"""API v2's SendBulkEmail asks for both: the first is its own, by the second one AWS judges who sends."""
RECIPIENT_IDENTITIES = "identity/*"


def sms_statements(
    account: Account, sms: SmsConfig, configuration_set: pulumi.Input[str] | None = None
) -> list[Statement]:
    """SendTextMessage from the configured identity alone; from any of the account's, where none is configured.

    configuration_set: name of the one that texts are sent with; default the configured one. AWS asks for the right on
    it, and on the protect configuration, beside that on the origination identity (Service Authorization Reference).
    """
    statements = [_origination(account, sms.origination_identity), protect_statement(account)]
    with_set = configuration_set or sms.configuration_set
    if with_set:
        arn = account.arn("sms-voice", pulumi.Output.concat("configuration-set/", with_set))
        statements.append(Statement(SEND_TEXT, [arn]))
    return statements


def protect_statement(account: Account) -> Statement:
    """SendTextMessage under whichever protect configuration applies."""
    arn = account.arn("sms-voice", "protect-configuration/*")
    return Statement(SEND_TEXT, [arn], why_wildcard=WHY_ANY_PROTECTION)


def _origination(account: Account, identity: str) -> Statement:
    if not identity:
        resources = [account.arn("sms-voice", f"{kind}/*") for kind in ("phone-number", "pool", "sender-id")]
        return Statement(SEND_TEXT, resources, why_wildcard=WHY_ANY_IDENTITY)
    if identity.startswith("arn:"):
        return Statement(SEND_TEXT, [identity])
    known = re.fullmatch(r"(phone|pool)-[0-9a-f]+", identity)
    if known:
        return Statement(SEND_TEXT, [account.arn("sms-voice", f"{SMS_RESOURCES[known[1]]}/{identity}")])
    if re.fullmatch(r"\+?[0-9]+", identity):
        return Statement(SEND_TEXT, [account.arn("sms-voice", "phone-number/*")], why_wildcard=WHY_ANY_NUMBER)
    return Statement(SEND_TEXT, [account.arn("sms-voice", f"sender-id/{identity}/*")], why_wildcard=WHY_ANY_COUNTRY)


def list_numbers_statement(account: Account) -> Statement:
    """DescribePhoneNumbers, by which a function knows the types of the account's numbers, and so their rates."""
    return Statement(
        ["sms-voice:DescribePhoneNumbers"],
        ["*"],
        why_wildcard="a listing names no number, so AWS asks for the right on everything",
    )


def email_statements(
    account: Account, email: EmailConfig, configuration_set: pulumi.Input[str] | None = None
) -> list[Statement]:
    """SendEmail from the configured address, verified itself or by its domain; nothing, where none is configured.

    configuration_set: the one that email is sent with; default the configured one. Without one, SES asks for the right on
    the identity's default one, where it has one.
    """
    if not email.from_address:
        return []
    address = address_of(email.from_address)
    with_set = configuration_set or email.configuration_set
    resources = _sender(account, address, with_set)
    statements = [Statement(SEND_EMAIL, resources, why_wildcard=None if with_set else WHY_ANY_SET)]
    if email.ses_sandbox:
        from_the_domain = {"StringLike": {"ses:FromAddress": [address, f"*@{address.rpartition('@')[2]}"]}}
        anybody = [account.arn("ses", RECIPIENT_IDENTITIES)]
        statements.append(Statement(SEND_EMAIL, anybody, from_the_domain, why_wildcard=WHY_ANY_RECIPIENT))
    return statements


def bulk_email_statements(
    account: Account, email: EmailConfig, configuration_set: pulumi.Input[str] | None = None
) -> list[Statement]:
    """SendBulkEmail from the configured address, as `email_statements`; nothing in SES's sandbox.

    There AWS asks for the right on the recipients' identities, and ses:SendBulkEmail knows no condition on the sender: it would be the
    right to send from each of them. Messages go one by one then.
    """
    if not email.from_address or email.ses_sandbox:
        return []
    with_set = configuration_set or email.configuration_set
    resources = [*_sender(account, address_of(email.from_address), with_set), account.arn("ses", "template/*")]
    reasons = [WHY_ANY_TEMPLATE, *([] if with_set else [WHY_ANY_SET])]
    return [Statement(SEND_BULK_EMAIL, resources, why_wildcard="; ".join(reasons))]


def _sender(account: Account, address: str, with_set: pulumi.Input[str]) -> list[pulumi.Input[str]]:
    """The address and its domain, and the configuration set; any, where none is named."""
    identities = [account.arn("ses", f"identity/{name}") for name in (address, address.rpartition("@")[2])]
    return [*identities, account.arn("ses", pulumi.Output.concat("configuration-set/", with_set or "*"))]


def push_statements(account: Account, push: PushConfig) -> list[Statement]:
    """SendMessages of the configured push application; nothing, where none is configured."""
    return [] if push.application_id is None else statements(account, push.application_id, ["SendMessages"])
