"""What sending may do: texts, emails and emails in bulk, by what is configured."""

import pytest

from components.engagement.project_config import EmailConfig, SmsConfig
from components.engagement.sending import bulk_email_statements, email_statements, sms_statements
from tests.components import projects
from tests.components.projects import POOL, PROTECTION, TEXTS, allow, rendered
from tests.recorder import ACCOUNT, REGION


@pytest.mark.parametrize(
    ("identity", "resources"),
    [
        (POOL, [POOL]),
        ("pool-0123", [POOL]),
        ("phone-0a1b", [f"arn:aws:sms-voice:{REGION}:{ACCOUNT}:phone-number/phone-0a1b"]),
        ("+12025550191", [f"arn:aws:sms-voice:{REGION}:{ACCOUNT}:phone-number/*"]),
        ("MYSHOP", [f"arn:aws:sms-voice:{REGION}:{ACCOUNT}:sender-id/MYSHOP/*"]),
        ("", [f"arn:aws:sms-voice:{REGION}:{ACCOUNT}:{kind}/*" for kind in ("phone-number", "pool", "sender-id")]),
    ],
)
def test_texts_are_sent_from_the_configured_identity_alone(identity, resources):
    account = projects.project().account
    granted = rendered(lambda: sms_statements(account, SmsConfig(origination_identity=identity)))
    assert granted == [allow(["sms-voice:SendTextMessage"], resources), PROTECTION]


def test_texts_are_sent_with_the_configured_set_alone():
    config = SmsConfig(origination_identity=POOL, configuration_set="texts")
    granted = rendered(lambda: sms_statements(projects.project().account, config))
    assert granted == [
        *TEXTS,
        allow(["sms-voice:SendTextMessage"], f"arn:aws:sms-voice:{REGION}:{ACCOUNT}:configuration-set/texts"),
    ]


def test_email_without_a_set_may_be_sent_with_the_identitys_default_one():
    granted = rendered(lambda: email_statements(projects.project().account, EmailConfig(from_address="a@b.example")))
    assert granted == [
        allow(
            ["ses:SendEmail", "ses:SendRawEmail"],
            ses("identity/a@b.example", "identity/b.example", "configuration-set/*"),
        )
    ]


def test_in_sess_sandbox_email_may_go_to_every_identity_from_the_configured_domain_alone():
    config = EmailConfig(from_address="a@b.example", configuration_set="mail", ses_sandbox=True)
    granted = rendered(lambda: email_statements(projects.project().account, config))
    assert granted == [
        allow(
            ["ses:SendEmail", "ses:SendRawEmail"],
            ses("identity/a@b.example", "identity/b.example", "configuration-set/mail"),
        ),
        allow(
            ["ses:SendEmail", "ses:SendRawEmail"],
            ses("identity/*"),
            StringLike={"ses:FromAddress": ["a@b.example", "*@b.example"]},
        ),
    ]


def test_in_sess_sandbox_no_email_is_sent_in_bulk_since_that_right_knows_no_condition_on_the_sender():
    bulk = ["ses:SendBulkEmail", "ses:SendBulkTemplatedEmail"]
    config = EmailConfig(from_address="a@b.example")
    granted = rendered(lambda: bulk_email_statements(projects.project().account, config))
    sender = ses("identity/a@b.example", "identity/b.example", "configuration-set/*", "template/*")
    assert granted == [allow(bulk, sender)]
    sandboxed = EmailConfig(from_address="a@b.example", ses_sandbox=True)
    assert bulk_email_statements(projects.project().account, sandboxed) == []


def ses(*resources: str) -> list[str]:
    return [f"arn:aws:ses:{REGION}:{ACCOUNT}:{resource}" for resource in resources]


def test_without_an_address_no_email_is_sent():
    assert email_statements(projects.project().account, EmailConfig()) == []
