from __future__ import annotations

import json

import pulumi
import pytest

from components.phone_number_validate import (
    FullRunConfig,
    PhoneNumberValidate,
    PhoneNumberValidateArgs,
    PhoneNumberValidateConfig,
)
from handlers.phone_number_validate.scope import imported_segment
from tests.components import projects
from tests.components.projects import allow
from tests.recorder import ACCOUNT, REGION, record

NAME = "phone-number-validate"
WORK = f"arn:aws:s3:::{NAME}-work-bucket"


def built(platform="hosted", **config):
    def program():
        component = PhoneNumberValidate(
            NAME, PhoneNumberValidateArgs(PhoneNumberValidateConfig(enabled=True, **config), projects.project(platform))
        )
        return {
            "machine": component.phone_validate_state_machine_arn,
            "topic": component.phone_validate_notification_topic_arn,
        }

    return record(program)


@pytest.fixture(scope="module")
def recorder():
    return built()


def test_each_role_may_do_what_it_does_and_no_more(recorder):
    assert projects.grants(recorder, f"{NAME}-tasks") == [
        *projects.CALLS_API,
        allow(
            ["mobiletargeting:PhoneNumberValidate"],
            f"arn:aws:mobiletargeting:{REGION}:{ACCOUNT}:phone/number/validate",
        ),
        allow(["s3:ListBucket"], WORK, StringLike={"s3:prefix": "exports/*"}),
        allow(["s3:GetObject"], f"{WORK}/exports/*"),
        allow(["s3:GetObject", "s3:PutObject"], f"{WORK}/runs/turn.json"),
    ]
    assert projects.grants(recorder, f"{NAME}-export") == [
        allow(["s3:PutObject", "s3:AbortMultipartUpload"], f"{WORK}/exports/*")
    ]
    assert projects.grants(recorder, f"{NAME}-segment") == projects.CALLS_API
    assert projects.grants(recorder, NAME) == [
        allow(["lambda:InvokeFunction"], f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{NAME}-tasks-function"),
        allow(["sns:Publish"], f"arn:aws:sns:{REGION}:{ACCOUNT}:{NAME}-notifications-topic"),
        *projects.PUBLISHES,
    ]


def test_the_schedules_role_may_start_this_machine_and_keep_what_it_could_not_start(recorder):
    assert projects.grants(recorder, f"{NAME}-schedules") == [
        allow(["states:StartExecution"], f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:{NAME}-machine"),
        allow(["sqs:SendMessage"], f"arn:aws:sqs:{REGION}:{ACCOUNT}:{NAME}-schedules-dead-letters"),
    ]
    trust = json.loads(recorder.one("Role", f"{NAME}-schedules-role").inputs["assumeRolePolicy"])["Statement"]
    assert trust == [
        {
            "Effect": "Allow",
            "Principal": {"Service": "scheduler.amazonaws.com"},
            "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT}},
        }
    ]


def test_a_run_over_all_that_is_unverified_starts_each_night(recorder):
    schedule = recorder.one("Schedule", f"{NAME}-full-run").inputs
    assert (schedule["scheduleExpression"], schedule["scheduleExpressionTimezone"]) == ("cron(0 3 * * ? *)", "UTC")
    target = schedule["target"]
    assert target["arn"] == recorder.outputs["machine"]
    assert target["deadLetterConfig"]["arn"].endswith(f":{NAME}-schedules-dead-letters")
    assert imported_segment(json.loads(target["input"]), projects.APPLICATION) is None


def test_the_nightly_run_starts_when_config_says(recorder):
    schedule = built(full_run=FullRunConfig(expression="rate(12 hours)", timezone="Europe/Berlin")).one("Schedule")
    assert schedule.inputs["scheduleExpression"] == "rate(12 hours)"
    assert schedule.inputs["scheduleExpressionTimezone"] == "Europe/Berlin"


def test_without_the_nightly_run_nothing_of_its_schedule_is_made():
    recorder = built(full_run=FullRunConfig(enabled=False))
    assert recorder.of("Schedule") == []
    assert not [role for role in recorder.of("Role") if "schedules" in role.name]
    assert recorder.of("Queue") == []


@pytest.mark.parametrize("expression", ["", "daily", "at(2030-01-01T03:00:00)", "cron()", "cron(0 3 * * ? *) "])
def test_a_nightly_run_is_no_single_one_and_nothing_else_than_an_expression(expression):
    with pytest.raises(ValueError, match="expression"):
        FullRunConfig(expression=expression)


def test_export_jobs_assume_a_role_of_the_projects_own_path(recorder):
    role = recorder.one("Role", f"{NAME}-export-role")
    assert role.inputs["path"] == "/engagement/"
    assert json.loads(role.inputs["assumeRolePolicy"])["Statement"][0]["Principal"] == {"AWS": [projects.JOB_ROLE]}


def test_the_functions_get_exactly_the_variables_that_they_read(recorder):
    assert projects.environment(recorder, f"{NAME}-tasks") == {
        "ENGAGEMENT_ENDPOINT_URL",
        *projects.read_by("phone_number_validate", "ValidateEnvironment"),
    }
    assert projects.environment(recorder, f"{NAME}-segment") == {
        "ENGAGEMENT_ENDPOINT_URL",
        *projects.read_by("phone_number_validate", "SegmentEnvironment"),
    }


def test_config_reaches_the_function():
    recorder = built(assume_us=False, default_country="DE", max_concurrent_calls=5)
    variables = recorder.one("Function", f"{NAME}-tasks-function").inputs["environment"]["variables"]
    assert (variables["ASSUME_US"], variables["MAX_CONCURRENT_CALLS"]) == ("false", "5")
    assert variables["DEFAULT_COUNTRY"] == "DE"
    assert variables["SEGMENT_ID"] == "5" * 32


def test_numbers_are_validated_in_another_region_where_config_names_one():
    recorder = built(region="eu-central-1")
    variables = recorder.one("Function", f"{NAME}-tasks-function").inputs["environment"]["variables"]
    assert variables["VALIDATION_REGION"] == "eu-central-1"
    assert allow(
        ["mobiletargeting:PhoneNumberValidate"], f"arn:aws:mobiletargeting:eu-central-1:{ACCOUNT}:phone/number/validate"
    ) in projects.grants(recorder, f"{NAME}-tasks")


def test_the_preview_fails_with_a_sentence_in_a_region_that_validates_no_numbers():
    with pytest.raises(pulumi.RunError, match="PhoneNumberValidate is not in Region eu-north-1; set phoneNumberVal"):
        built(region="eu-north-1")


def test_exports_are_gone_after_a_day(recorder):
    rules = recorder.one("BucketLifecycleConfiguration").inputs["rules"]
    assert {rule["filter"]["prefix"]: rule["expiration"]["days"] for rule in rules if "expiration" in rule} == {
        "exports/": 1
    }


def test_the_segment_is_made_anew_when_the_project_is_another(recorder):
    made = json.loads(recorder.one("Invocation").inputs["input"])
    assert made == {
        "SegmentName": f"Unverified phone numbers (everything/{NAME})",
        "ApplicationId": projects.APPLICATION,
    }


def test_the_outputs_are_the_contracts(recorder):
    assert recorder.outputs == {
        "machine": f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:{NAME}-machine",
        "topic": f"arn:aws:sns:{REGION}:{ACCOUNT}:{NAME}-notifications-topic",
    }


def test_the_state_machine_is_valid_and_publishes_the_contracts_messages(recorder, tmp_path):
    definition = recorder.one("StateMachine", f"{NAME}-machine").inputs["definition"]
    assert projects.lint(definition, tmp_path) == ""
    states = json.loads(definition)["States"]
    assert states["StartExport"]["Parameters"]["Payload"]["Input.$"] == "$.Input"
    result = {"ValidateOutput.$": "$.Run.Payload.Result", "ValidateInput.$": "$.Input"}
    for name, ending in [("NotifySucceeded", "Successful"), ("NotifyFailed", "Failed")]:
        sent = states[name]["Parameters"]
        assert sent["Subject"] == f"Amazon Pinpoint Phone Validate {ending}"
        assert sent["Message"] == {"Message": f"Phone Validate {ending}", "ValidatePhoneResult": result}


@pytest.mark.parametrize("country", ["us", "USA", "Germany", "XX", ""])
def test_the_country_of_numbers_is_one_that_has_numbers(country):
    with pytest.raises(ValueError, match="two letters of ISO 3166-1"):
        PhoneNumberValidateConfig(default_country=country)
