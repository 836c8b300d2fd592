"""The building blocks: grants by equality, wiring, and what they refuse."""

import json

import pulumi
import pytest

from components.building_blocks import policy
from components.building_blocks.bucket import Bucket, BucketArgs, BucketConfig, NewBucketConfig, bucket_or_existing
from components.building_blocks.crud_invocation import CrudInvocation, CrudInvocationArgs
from components.building_blocks.failures import by_input
from components.building_blocks.function import Function, FunctionArgs
from components.building_blocks.policy import Statement
from components.building_blocks.queue import Queue, QueueArgs, Sender
from components.building_blocks.state_machine import LOG_DELIVERY, StateMachine, StateMachineArgs
from components.building_blocks.topic import Topic, TopicArgs
from tests.recorder import ACCOUNT, REGION, Recorder, record

ALERTS = f"arn:aws:sns:{REGION}:{ACCOUNT}:alerts"
LAYER = f"arn:aws:lambda:{REGION}:{ACCOUNT}:layer:functions:1"


def function(**settings):
    return Function("work", FunctionArgs(handler="handlers.shared.crud.handler", layer_arn=LAYER, **settings))


def statements(recorder: Recorder, name: str) -> list[dict]:
    return json.loads(recorder.one("RolePolicy", name).inputs["policy"])["Statement"]


OWN_LOG = {
    "Effect": "Allow",
    "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
    "Resource": [f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:work-logs:*"],
}


def test_a_function_may_write_its_own_log_and_what_it_names():
    built = record(lambda: function(statements=[Statement(["s3:ListBucket"], ["arn:aws:s3:::b"])]))
    assert statements(built, "work-grants") == [
        OWN_LOG,
        {"Effect": "Allow", "Action": ["s3:ListBucket"], "Resource": ["arn:aws:s3:::b"]},
    ]
    assert json.loads(built.one("Role").inputs["assumeRolePolicy"])["Statement"] == [
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ]
    assert built.one("Function").inputs["role"] == built.one("Role").outputs["arn"]


def test_a_function_reads_the_environment_that_it_is_given_beside_powertools():
    variables = record(lambda: function(environment={"A": "1"})).one("Function").inputs["environment"]["variables"]
    assert variables == {"A": "1", "POWERTOOLS_SERVICE_NAME": "work", "PYTHONTZPATH": ""}


def test_lambda_is_told_the_log_level_since_powertools_reads_no_other_there():
    config = record(function).one("Function").inputs["loggingConfig"]
    assert (config["applicationLogLevel"], config["systemLogLevel"]) == ("INFO", "INFO")


def test_failures_of_asynchronous_calls_go_to_dead_letters_with_an_alarm():
    built = record(lambda: function(asynchronous=True, alarm_topic_arn=ALERTS))
    dead = built.one("Queue").outputs["arn"]
    assert built.one("FunctionEventInvokeConfig").inputs["destinationConfig"]["onFailure"]["destination"] == dead
    assert {"Effect": "Allow", "Action": ["sqs:SendMessage"], "Resource": [dead]} in statements(built, "work-grants")
    assert built.one("MetricAlarm").inputs["alarmActions"] == [ALERTS]


def test_a_function_on_a_queue_answers_which_messages_failed():
    def program():
        function().on_queue(Queue("jobs", QueueArgs(alarm_topic_arn=ALERTS)), batch_size=5)

    built = record(program)
    queue = built.one("Queue", "jobs-queue").outputs["arn"]
    mapping = built.one("EventSourceMapping").inputs
    assert mapping["functionResponseTypes"] == ["ReportBatchItemFailures"]
    assert mapping["batchSize"] == 5
    assert statements(built, "work-queue-grants") == [
        {
            "Effect": "Allow",
            "Action": ["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"],
            "Resource": [queue],
        }
    ]


@pytest.mark.parametrize(("batch_size", "window"), [(10, None), (11, 1)])
def test_batches_beyond_one_call_to_the_queue_are_collected_as_lambda_demands(batch_size, window):
    built = record(lambda: function().on_queue(Queue("jobs", QueueArgs(alarm_topic_arn=ALERTS)), batch_size))
    assert built.one("EventSourceMapping").inputs.get("maximumBatchingWindowInSeconds") == window


def test_a_queue_hands_on_what_fails_and_takes_messages_from_its_senders_alone():
    rule = f"arn:aws:events:{REGION}:{ACCOUNT}:rule/r"
    built = record(lambda: Queue("q", QueueArgs(max_receives=3, senders=[Sender("events.amazonaws.com", rule)])))
    queue, dead = built.one("Queue", "q-queue"), built.one("Queue", "q-dead-letters")
    assert json.loads(queue.inputs["redrivePolicy"]) == {
        "deadLetterTargetArn": dead.outputs["arn"],
        "maxReceiveCount": 3,
    }
    assert json.loads(built.one("RedriveAllowPolicy").inputs["redriveAllowPolicy"]) == {
        "redrivePermission": "byQueue",
        "sourceQueueArns": [queue.outputs["arn"]],
    }
    document = json.loads(built.one("QueuePolicy", "q-policy").inputs["policy"])
    assert [statement for statement in document["Statement"] if statement["Effect"] == "Allow"] == [
        {
            "Effect": "Allow",
            "Principal": {"Service": "events.amazonaws.com"},
            "Action": ["sqs:SendMessage"],
            "Resource": [queue.outputs["arn"]],
            "Condition": {"ArnEquals": {"aws:SourceArn": rule}},
        }
    ]
    alarm = built.one("MetricAlarm").inputs
    assert (alarm["metricName"], alarm["threshold"], alarm["comparisonOperator"]) == (
        "ApproximateNumberOfMessagesVisible",
        0,
        "GreaterThanThreshold",
    )


def test_a_state_machine_logs_errors_without_data_and_alarms_when_a_run_fails():
    def program():
        worker = function()
        arguments = StateMachineArgs(
            definition={"StartAt": "A", "States": {"A": {"Type": "Pass", "Result": worker.arn, "End": True}}},
            statements=[worker.invoke_statement()],
            redrive=by_input(),
            distributed_map=True,
            alarm_topic_arn=ALERTS,
        )
        StateMachine("flow", arguments)

    built = record(program)
    machine = built.one("StateMachine")
    assert machine.inputs["loggingConfiguration"]["level"] == "ERROR"
    assert machine.inputs["loggingConfiguration"]["includeExecutionData"] is False
    worker_arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:work-function"
    assert json.loads(machine.inputs["definition"])["States"]["A"]["Result"] == worker_arn
    assert statements(built, "flow-grants") == [
        {"Effect": "Allow", "Action": sorted(LOG_DELIVERY.actions), "Resource": ["*"]},
        {"Effect": "Allow", "Action": ["lambda:InvokeFunction"], "Resource": [worker_arn]},
    ]
    execution = f"arn:aws:states:{REGION}:{ACCOUNT}:execution:flow-machine"
    assert statements(built, "flow-map-grants") == [
        {"Effect": "Allow", "Action": ["states:StartExecution"], "Resource": [machine.outputs["arn"]]},
        {
            "Effect": "Allow",
            "Action": ["states:DescribeExecution", "states:StopExecution"],
            "Resource": [f"{execution}:*", f"{execution}/*"],
        },
    ]
    assert built.one("MetricAlarm").inputs["dimensions"] == {"StateMachineArn": machine.outputs["arn"]}


def test_a_topic_is_published_to_with_its_key_and_by_services_of_the_account_alone():
    def program():
        topic = Topic("t", TopicArgs("arn:key", service_publishers=["cloudwatch.amazonaws.com"], account_id=ACCOUNT))
        return {"policy": policy.document(topic.publish_statements())}

    built = record(program)
    topic = built.one("Topic").outputs["arn"]
    assert json.loads(built.outputs["policy"])["Statement"] == [
        {"Effect": "Allow", "Action": ["sns:Publish"], "Resource": [topic]},
        {"Effect": "Allow", "Action": ["kms:Decrypt", "kms:GenerateDataKey"], "Resource": ["arn:key"]},
    ]
    allowed = [s for s in json.loads(built.one("TopicPolicy").inputs["policy"])["Statement"] if s["Effect"] == "Allow"]
    assert allowed == [
        {
            "Effect": "Allow",
            "Principal": {"Service": "cloudwatch.amazonaws.com"},
            "Action": ["sns:Publish"],
            "Resource": [topic],
            "Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT}},
        }
    ]


def test_services_publish_only_for_a_named_account():
    with pytest.raises(ValueError, match="need account_id"):
        TopicArgs("arn:key", service_publishers=["cloudwatch.amazonaws.com"])


@pytest.mark.parametrize("retain", [True, False])
def test_a_bucket_is_emptied_on_deletion_only_where_its_data_need_not_be_kept(retain):
    built = record(lambda: Bucket("b", BucketArgs(retain_data=retain)))
    assert built.one("Bucket").inputs["forceDestroy"] is not retain


def test_an_existing_bucket_is_taken_as_it_is():
    built = record(lambda: {"arn": bucket_or_existing("b", BucketConfig(existing="my-bucket"), "aws").arn})
    assert built.resources == []
    assert built.outputs == {"arn": "arn:aws:s3:::my-bucket"}


def test_a_new_bucket_follows_its_config():
    config = BucketConfig(new=NewBucketConfig(versioned=False, retain_data=False))
    built = record(lambda: bucket_or_existing("b", config, "aws", defaults=BucketArgs(eventbridge=True)) and None)
    assert built.one("BucketVersioning").inputs["versioningConfiguration"]["status"] == "Suspended"
    assert built.one("BucketNotification").inputs["eventbridge"] is True


def test_a_crud_invocation_calls_its_function_on_create_update_and_delete():
    built = record(
        lambda: CrudInvocation("c", CrudInvocationArgs(function(timeout_seconds=120), {"b": 1, "a": "x"})) and None
    )
    call = built.one("Invocation").inputs
    assert (call["lifecycleScope"], call["terraformKey"]) == ("CRUD", "tf")
    assert call["input"] == '{"a": "x", "b": 1}'


@pytest.mark.parametrize("resource", ["*", "arn:aws:s3:::b/*", "arn:aws:s3:::b/?"])
def test_a_wildcard_needs_its_reason(resource):
    with pytest.raises(ValueError, match="hold a wildcard: give why_wildcard"):
        Statement(["s3:GetObject"], [resource])
    Statement(["s3:GetObject"], [resource], why_wildcard="objects")


def test_a_wildcard_that_comes_to_light_late_needs_its_reason_too():
    late = lambda: {"p": policy.document([Statement(["s3:GetObject"], [pulumi.Output.from_input("b/*")])])}  # noqa: E731
    with pytest.raises(ValueError, match="hold a wildcard"):
        record(late)


def test_an_action_never_has_a_wildcard_and_a_statement_is_never_empty():
    with pytest.raises(ValueError, match="name each action"):
        Statement(["s3:*"], ["arn:aws:s3:::b"])
    with pytest.raises(ValueError, match="needs actions and resources"):
        Statement([], ["arn:aws:s3:::b"])


@pytest.mark.xfail(strict=True, reason="the canary: an assertion about outputs that must fail")
def test_a_false_assertion_about_an_output_fails():
    record(lambda: {"x": function().arn.apply(pytest.fail)})
