"""Architecture 11: grants, environment, wiring, config."""

import json

import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.building_blocks import text_length
from components.building_blocks.opt_out_keywords import LanguageKeywords
from components.self_managed_opt_outs import SelfManagedOptOuts, SelfManagedOptOutsArgs, SelfManagedOptOutsConfig
from handlers.shared import message_parts
from tests.components import projects
from tests.components.projects import allow
from tests.recorder import ACCOUNT, REGION, record

PHONE = "phone-0123456789abcdef0123456789abcdef"
PHONE_ARN = f"arn:aws:sms-voice:{REGION}:{ACCOUNT}:phone-number/{PHONE}"
FOREIGN = f"arn:aws:sns:{REGION}:{ACCOUNT}:theirs"


def arn(service, rest):
    return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{rest}"


def recorded(platform="hosted", **config):
    def program():
        settings = SelfManagedOptOutsConfig(enabled=True, **config)
        made = SelfManagedOptOuts("out", SelfManagedOptOutsArgs(settings, projects.project(platform)))
        return {
            "inbound": made.two_way_topic_arn,
            "changes": made.opt_out_topic_arn,
            "list": made.opt_out_list_name,
            "records": made.records_function_name,
            "dead": made.dead_letter_queue_url,
        }

    return record(program)


def test_the_changer_may_do_what_it_does_and_no_more():
    assert projects.grants(recorded(phone_number_ids=(PHONE,)), "out-changer") == [
        *projects.CALLS_API,
        allow(["dynamodb:BatchGetItem", "dynamodb:PutItem"], arn("dynamodb", "table/out-numbers")),
        allow(["dynamodb:GetItem", "dynamodb:UpdateItem"], arn("dynamodb", "table/out-memory")),
        allow(
            ["sms-voice:PutOptedOutNumber", "sms-voice:DeleteOptedOutNumber"],
            arn("sms-voice", "opt-out-list/out-everything"),
        ),
        allow(["sms-voice:SendTextMessage"], PHONE_ARN),
        allow(["sms-voice:SendTextMessage"], arn("sms-voice", "protect-configuration/*")),
        allow(["sns:Publish"], arn("sns", "out-changes-topic")),
        *projects.PUBLISHES,
        allow(["kinesis:PutRecords"], arn("kinesis", "stream/events")),
        allow(["sqs:SendMessage"], arn("sqs", "out-inbound-dead-letters")),
    ]


def test_on_pinpoint_which_writes_these_events_itself_it_writes_none():
    recorder = recorded("pinpoint", phone_number_ids=(PHONE,))
    assert not [one for one in projects.grants(recorder, "out-changer") if "kinesis:PutRecords" in one["Action"]]
    variables = recorder.one("Function", "out-changer-function").inputs["environment"]["variables"]
    assert (variables["EVENT_STREAM_NAME"], variables["ACCOUNT_ID"]) == ("", ACCOUNT)


def test_without_numbers_it_answers_from_any_and_sets_none_up():
    recorder = recorded()
    statements = projects.grants(recorder, "out-changer")
    assert allow(["sms-voice:SendTextMessage"], arn("sms-voice", "phone-number/*")) in statements
    assert not [one for one in recorder.resources if "phone-numbers" in one.name]


def test_the_records_function_only_reads():
    assert projects.grants(recorded(), "out-records") == [
        allow(["dynamodb:BatchGetItem"], arn("dynamodb", "table/out-numbers")),
        allow(["dynamodb:Query"], arn("dynamodb", "table/out-numbers/index/byStatus")),
    ]


def test_numbers_are_set_up_by_a_function_that_may_change_these_alone():
    recorder = recorded(phone_number_ids=(PHONE,), overwrite_existing=True)
    assert projects.grants(recorder, "out-phone-numbers") == [
        allow(["sms-voice:DescribePhoneNumbers", "sms-voice:UpdatePhoneNumber"], PHONE_ARN),
        allow(["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:DeleteItem"], arn("dynamodb", "table/out-memory")),
    ]
    assert json.loads(recorder.one("Invocation").inputs["input"]) == {
        "PhoneNumberIds": [PHONE],
        "TopicArn": arn("sns", "out-inbound-topic"),
        "OverwriteExisting": True,
    }


def test_end_user_messaging_of_this_account_may_publish_on_the_inbound_topic_alone():
    recorder = recorded()
    statements = {
        policy.name: json.loads(policy.inputs["policy"])["Statement"] for policy in recorder.of("TopicPolicy")
    }
    allowed = [one for one in statements["out-inbound-policy"] if one["Effect"] == "Allow"]
    assert allowed == [
        {
            "Effect": "Allow",
            "Principal": {"Service": "sms-voice.amazonaws.com"},
            "Action": ["sns:Publish"],
            "Resource": [arn("sns", "out-inbound-topic")],
            "Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT}},
        }
    ]
    assert not [one for one in statements["out-changes-policy"] if one["Effect"] == "Allow"]


def test_what_the_topic_cannot_deliver_goes_to_the_dead_letters():
    subscription = recorded().one("TopicSubscription").inputs
    assert subscription["topic"] == arn("sns", "out-inbound-topic")
    assert not subscription.get("rawMessageDelivery")
    assert json.loads(subscription["redrivePolicy"]) == {"deadLetterTargetArn": arn("sqs", "out-inbound-dead-letters")}


def test_an_existing_topic_and_list_are_used_and_none_is_made():
    recorder = recorded(two_way_topic_arn=FOREIGN, opt_out_list_name="Default")
    assert recorder.outputs["inbound"] == FOREIGN and recorder.outputs["list"] == "Default"
    assert [topic.name for topic in recorder.of("Topic")] == ["out-changes-topic"]
    assert recorder.of("Smsvoicev2OptOutList") == []
    assert recorder.one("TopicSubscription").inputs["topic"] == FOREIGN


def test_the_table_of_numbers_outlives_the_stack_unless_config_says_otherwise():
    assert recorded().one("Table", "numbers").inputs["deletionProtectionEnabled"] is True
    assert recorded(retain_data=False).one("Table", "numbers").inputs["deletionProtectionEnabled"] is False


def test_on_pinpoint_endpoints_are_read_and_updated():
    actions = [
        action
        for statement in projects.grants(recorded("pinpoint"), "out-changer")
        for action in statement["Action"]
        if action.startswith("mobiletargeting")
    ]
    assert sorted(actions) == ["mobiletargeting:GetEndpoint", "mobiletargeting:UpdateEndpointsBatch"]


def test_the_keywords_of_three_languages_reach_the_function():
    variables = recorded().one("Function", "changer").inputs["environment"]["variables"]
    assert list(json.loads(variables["KEYWORDS"])) == ["en", "fr", "es"]
    assert len(variables["KEYWORDS"].encode()) < 3000


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"phone_number_ids": ("+12065550100",)}, "not the numbers themselves"),
        ({"phone_number_ids": (PHONE, PHONE)}, "given twice"),
        ({"two_way_topic_arn": "texts"}, "should match pattern"),
        ({"opt_out_list_name": "no blanks"}, "should match pattern"),
        ({"languages": {"en": LanguageKeywords(start=("YES",))}}, "no language has a stop keyword"),
        (
            {"languages": {"en": LanguageKeywords(stop=("X",), stop_text="x" * 1530, help_text="x" * 1530)}},
            "3,145 bytes",
        ),
    ],
)
def test_bad_config_says_what_is_allowed(given, words):
    with pytest.raises(pydantic.ValidationError, match=words):
        SelfManagedOptOutsConfig(**given)


def test_a_keyword_without_letters_is_refused():
    with pytest.raises(pydantic.ValidationError, match="no letter and no digit"):
        LanguageKeywords(stop=("!",))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("x" * 1531, "has 1,531 characters; allowed are 1,530"),
        ("€" * 766, "has 1,532 characters"),
        ("ж" + "x" * 630, "has 631 characters, of which some are not in GSM's alphabet; allowed are 630"),
        ("👍" * 316, "has 632 characters"),
    ],
)
@pytest.mark.parametrize("member", ["stop_text", "start_text", "help_text"])
def test_an_answer_that_is_too_long_for_a_text_is_refused(member, text, words):
    with pytest.raises(pydantic.ValidationError, match=words):
        LanguageKeywords(**{member: text})


@given(
    st.text(
        st.sampled_from(sorted(text_length.BASIC | text_length.EXTENSION)) | st.sampled_from("ж👍"),
        min_size=300,
        max_size=1600,
    )
)
def test_config_and_functions_count_a_texts_length_alike(text):
    try:
        taken = text_length.sendable_length(text) == text
    except ValueError:
        taken = False
    assert taken == (message_parts.excess(text) == "")
