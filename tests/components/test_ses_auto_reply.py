from __future__ import annotations

import json

import pydantic
import pytest

from components.config import ConfigError
from components.ses_auto_reply import (
    NewRuleSetConfig,
    RuleSetConfig,
    SesAutoReply,
    SesAutoReplyArgs,
    SesAutoReplyConfig,
)
from tests.components import projects
from tests.components.projects import allow
from tests.recorder import ACCOUNT, REGION, record

NAME = "ses-auto-reply"
RULE = f"everything-{NAME}"
LEDGER = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{NAME}-ledger"
UNANSWERED = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{NAME}-unanswered-dead-letters"
FAILURES = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{NAME}-failures-dead-letters"
REST = [
    allow(["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"], LEDGER),
    allow(["sqs:SendMessage"], UNANSWERED),
    allow(["sqs:SendMessage"], FAILURES),
]
READS_SETS = ["ses:DescribeActiveReceiptRuleSet", "ses:DescribeReceiptRuleSet", "ses:ListReceiptRuleSets"]


def ses(*resources):
    return [f"arn:aws:ses:{REGION}:{ACCOUNT}:{resource}" for resource in resources]


def built(platform="hosted", stack="everything", active="", **config):
    def program():
        component = SesAutoReply(
            NAME,
            SesAutoReplyArgs(
                SesAutoReplyConfig(enabled=True, **{"template_name": "auto-reply", **config}),
                projects.project(platform),
            ),
        )
        return {"rule": component.rule_name, "unanswered": component.unanswered_queue_url}

    return record(program, stack=stack, active_rule_set=active)


@pytest.fixture(scope="module")
def recorder():
    return built()


def sends(**config):
    """The statements with which replies are sent."""
    return [
        statement for statement in projects.grants(built(**config), NAME) if statement["Action"] == ["ses:SendEmail"]
    ]


def test_the_function_may_do_what_it_does_and_no_more(recorder):
    assert projects.grants(recorder, NAME) == [
        *projects.CALLS_API,
        allow(["ses:SendEmail"], ses("identity/*", "configuration-set/*")),
        *REST,
    ]


def test_with_a_template_of_ses_it_may_read_that_one_and_not_the_project():
    recorder = built(template_source="ses", sender="Shop <Shop@shop.example>", configuration_set="replies")
    assert projects.grants(recorder, NAME) == [
        allow(["ses:GetEmailTemplate"], ses("template/auto-reply")),
        allow(
            ["ses:SendEmail"],
            ses("identity/Shop@shop.example", "identity/shop.example", "configuration-set/replies"),
            StringEqualsIgnoreCase={"ses:FromAddress": ["Shop@shop.example"]},
        ),
        *REST,
    ]


def test_on_pinpoint_it_may_read_email_templates():
    assert projects.grants(built("pinpoint"), NAME)[0]["Action"] == ["mobiletargeting:GetEmailTemplate"]


def test_without_a_sender_it_may_send_as_whom_mail_is_taken_for():
    assert sends(recipients=("help@one.example", "two.example", ".three.example")) == [
        allow(
            ["ses:SendEmail"],
            ses("identity/help@one.example", "identity/one.example", "configuration-set/*"),
            StringEqualsIgnoreCase={"ses:FromAddress": ["help@one.example"]},
        ),
        allow(
            ["ses:SendEmail"],
            ses(
                "identity/two.example",
                "identity/*@two.example",
                "identity/three.example",
                "identity/*.three.example",
                "configuration-set/*",
            ),
            StringLike={"ses:FromAddress": ["*@two.example", "*@*.three.example"]},
        ),
    ]


def test_in_sess_sandbox_it_may_send_to_every_identity_as_whom_it_replies_alone():
    assert sends(sender="s@one.example", ses_sandbox=True, configuration_set="replies") == [
        allow(
            ["ses:SendEmail"],
            ses("identity/s@one.example", "identity/one.example", "configuration-set/replies", "identity/*"),
            StringEqualsIgnoreCase={"ses:FromAddress": ["s@one.example"]},
        )
    ]


def test_the_function_gets_exactly_the_variables_that_it_reads(recorder):
    read = projects.read_by("ses_auto_reply", "ReplyEnvironment")
    assert projects.environment(recorder, NAME) == {"ENGAGEMENT_ENDPOINT_URL", "APPLICATION_ID", *read}
    assert projects.environment(built(template_source="ses"), NAME) == read


def test_config_reaches_the_function():
    recorder = built(
        recipients=("Help@One.example",),
        sender="s@one.example",
        configuration_set="replies",
        quiet_hours=2,
        reply_when_headers_truncated=False,
    )
    variables = recorder.one("Function", f"{NAME}-function").inputs["environment"]["variables"]
    wanted = {
        "TEMPLATE_NAME": "auto-reply",
        "TEMPLATE_SOURCE": "project",
        "RECIPIENTS": '["help@one.example"]',
        "SENDER": "s@one.example",
        "CONFIGURATION_SET": "replies",
        "QUIET_HOURS": "2",
        "REPLY_WHEN_HEADERS_TRUNCATED": "false",
    }
    assert {name: variables[name] for name in wanted} == wanted


def test_the_rule_scans_calls_the_function_without_waiting_and_stops_the_set(recorder):
    rule = recorder.one("ReceiptRule").inputs
    function = recorder.one("Function", f"{NAME}-function").outputs["arn"]
    assert rule["name"] == RULE and rule["ruleSetName"] == "default-rule-set"
    assert rule["enabled"] and rule["scanEnabled"] and not rule["recipients"]
    assert rule["lambdaActions"] == [{"functionArn": function, "invocationType": "Event", "position": 1}]
    assert rule["stopActions"] == [{"scope": "RuleSet", "position": 2}]


def test_only_this_rule_of_this_account_may_call_the_function(recorder):
    permission = recorder.one("Permission").inputs
    assert permission["principal"] == "ses.amazonaws.com" and permission["sourceAccount"] == ACCOUNT
    assert [permission["sourceArn"]] == ses(f"receipt-rule-set/default-rule-set:receipt-rule/{RULE}")


def test_what_a_call_could_not_do_goes_to_a_watched_queue_after_two_more(recorder):
    config = recorder.one("FunctionEventInvokeConfig").inputs
    assert config["destinationConfig"] == {"onFailure": {"destination": FAILURES}}
    assert config["maximumRetryAttempts"] == 2
    watched = {alarm.inputs["dimensions"]["QueueName"] for alarm in recorder.of("MetricAlarm")}
    assert watched == {UNANSWERED.rpartition(":")[2], FAILURES.rpartition(":")[2]}


def invocations(recorder):
    return [json.loads(found.inputs["input"]) for found in recorder.of("Invocation")]


def test_the_rule_goes_where_config_says(recorder):
    place = {"Task": "place", "RuleSetName": "default-rule-set", "RuleName": RULE, "Position": "last", "AfterRule": ""}
    assert invocations(recorder) == [place]
    others = built(position="first", after_rule="spam", rule_set=RuleSetConfig(existing="mail"))
    assert invocations(others) == [{**place, "RuleSetName": "mail", "Position": "first", "AfterRule": "spam"}]


def test_an_existing_set_is_neither_made_nor_activated(recorder):
    assert not recorder.of("ReceiptRuleSet") and not recorder.of("ActiveReceiptRuleSet")
    assert projects.grants(recorder, f"{NAME}-rule-set") == [allow(READS_SETS, "*")]


def test_a_new_set_is_made_and_activated_only_if_config_says_so():
    idle = built(rule_set=RuleSetConfig(new=NewRuleSetConfig(name="mail")))
    assert idle.one("ReceiptRuleSet").inputs == {"ruleSetName": "mail"}
    assert [task["Task"] for task in invocations(idle)] == ["place"]
    active = built(rule_set=RuleSetConfig(new=NewRuleSetConfig(name="mail", activate=True)))
    assert {"Task": "activate", "RuleSetName": "mail", "ReplaceActive": False} in invocations(active)
    assert projects.grants(active, f"{NAME}-rule-set") == [allow([*READS_SETS, "ses:SetActiveReceiptRuleSet"], "*")]


def test_the_ledger_forgets(recorder):
    assert recorder.one("Table").inputs["ttl"] == {"attributeName": "expires", "enabled": True}


def test_the_outputs_are_the_rule_and_the_queue(recorder):
    assert recorder.outputs == {
        "rule": RULE,
        "unanswered": f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{NAME}-unanswered-dead-letters",
    }


BAD = {
    "no template": ({"template_name": None}, "templateName is missing"),
    "a recipient that is none": ({"recipients": ("help@",)}, "addresses, domains, and .domains"),
    "a wildcard": ({"recipients": ("*@shop.example",)}, "addresses, domains"),
    "an address with a name": ({"recipients": ("Ana <ana@shop.example>",)}, "addresses, domains"),
    "too many recipients": ({"recipients": tuple(f"{n:050}@shop.example" for n in range(40))}, "more than 2,000"),
    "a sender that is none": ({"sender": "shop"}, "an address, or Name <address>"),
    "a sender with a line break": ({"sender": "Shop\r\nBcc: x <a@shop.example>"}, "an address, or Name <address>"),
    "no quiet at all": ({"quiet_hours": 0}, "greater than or equal to 1"),
    "both sets": ({"rule_set": {"existing": "a", "new": {"name": "b"}}}, "both existing and new"),
    "a set's name that is none": ({"rule_set": {"new": {"name": "-b"}}}, "the name is none of a rule set"),
    "replacing without activating": ({"rule_set": {"new": {"name": "b", "replaceActive": True}}}, "without activate"),
}


@pytest.mark.parametrize("kind", BAD)
def test_bad_config_is_refused(kind):
    config, expected = BAD[kind]
    with pytest.raises(pydantic.ValidationError, match=expected):
        SesAutoReplyConfig(**{"enabled": True, "template_name": "t", **config})


@pytest.mark.parametrize(("stack", "name"), [("email", "mail"), ("email-prod", "mail-prod")])
def test_without_a_name_a_new_rule_set_is_its_environments(stack, name):
    made = built(stack=stack, rule_set=RuleSetConfig(new=NewRuleSetConfig(activate=True)), active=name)
    assert made.one("ReceiptRuleSet").inputs["ruleSetName"] == name
    assert made.one("ReceiptRule").inputs["ruleSetName"] == name
    assert f":receipt-rule-set/{name}:receipt-rule/{stack}-{NAME}" in made.one("Permission").inputs["sourceArn"]
    tasks = [json.loads(found.inputs["input"]) for found in made.of("Invocation")]
    assert {task["RuleSetName"] for task in tasks} == {name}


@pytest.mark.parametrize("new", [{"activate": True}, {"activate": True, "name": "ours"}])
def test_another_active_rule_set_is_told_with_what_to_do_before_anything_is_activated(new):
    with pytest.raises(ConfigError, match=r"rule set theirs is active") as raised:
        built(active="theirs", rule_set=RuleSetConfig(new=NewRuleSetConfig(**new)))
    assert "allowed: ruleSet.existing: theirs, new.activate: false, or new.replaceActive: true" in str(raised.value)


@pytest.mark.parametrize("new", [{"activate": True, "replace_active": True}, {"activate": False}])
def test_another_active_rule_set_is_no_matter_where_it_is_replaced_or_let_be(new):
    assert built(active="theirs", rule_set=RuleSetConfig(new=NewRuleSetConfig(**new))).one("ReceiptRuleSet")
