"""Stacks up and down, as `pulumi up` and `pulumi destroy` would have them."""

import json
import os
import re
import signal

import pytest

from sandbox import servers
from sandbox.folder import Folder

pytestmark = pytest.mark.sandbox

CHANGE = re.compile(r"\b(created|changed|deleted|replaced|kept)\b")


def test_a_stack_before_the_one_it_refers_to_says_so_in_one_line(empty_sandbox):
    done = empty_sandbox.run("up", "audience", check=False)
    assert done.returncode == 1
    [line] = [line for line in done.stderr.splitlines() if line.startswith("error")]
    assert "foundation" in line


def test_four_stacks_chain_as_everything_does(empty_sandbox):
    stacks = ("foundation", "audience", "campaigns", "pipeline")
    empty_sandbox.run("up", *stacks)
    again = empty_sandbox.run("up", *stacks).stderr
    assert not CHANGE.search(again), again
    exports = {}
    for stack in stacks:
        exports |= json.loads(empty_sandbox.run("outputs", stack).stdout)
    empty_sandbox.connect(exports)
    key = empty_sandbox.drop("ChannelType,Address,User.UserAttributes.FirstName\nSMS,4155550161,Finn\n")
    assert empty_sandbox.campaigned(key)["kind"] == "success"
    assert empty_sandbox.texts_to("+14155550161") == ["Hello Finn, thank you for joining us!"]
    empty_sandbox.aws("sqs").delete_queue(QueueUrl=empty_sandbox.queue)
    empty_sandbox.run("down", *reversed(stacks))
    assert "stack  " not in empty_sandbox.run("status").stdout


def test_toggles_remove_their_resources_and_nothing_else_and_down_leaves_nothing(empty_sandbox):
    sandbox = empty_sandbox
    sandbox.run("up")
    before = _resources(sandbox)
    clients = servers.running(Folder(sandbox.home)).clients()
    [dashboard] = clients("cloudwatch").list_dashboards()["DashboardEntries"]
    assert dashboard["DashboardName"] == "engagement-everything-us-east-1"
    assert not CHANGE.search(sandbox.run("up").stderr)
    sandbox.run("up", "-c", "importValidateCampaign.enabled=false")
    without = _resources(sandbox)
    gone = set(before) - set(without)
    assert gone and all("import-validate-campaign" in urn for urn in gone)
    dashboard = next(urn for urn in without if urn.endswith("::engagement-dashboard"))
    assert before.pop(dashboard) != without.pop(dashboard)  # it shows what there is
    assert {urn: before[urn] for urn in without} == without
    sandbox.run("up")
    aws = servers.running(Folder(sandbox.home)).clients()
    sandbox.run("down", "everything")
    assert not aws("lambda").list_functions()["Functions"]
    assert not aws("lambda").list_layers()["Layers"]
    assert not aws("lambda").list_event_source_mappings()["EventSourceMappings"]
    assert not aws("iam").list_roles()["Roles"]
    assert not aws("logs").describe_log_groups()["logGroups"]
    assert not aws("s3").list_buckets()["Buckets"]
    assert not aws("sns").list_topics()["Topics"]
    assert not aws("sns").list_subscriptions()["Subscriptions"]
    assert not aws("stepfunctions").list_state_machines()["stateMachines"]
    assert not aws("dynamodb").list_tables()["TableNames"]
    assert not aws("kinesis").list_streams()["StreamNames"]
    assert not aws("events").list_rules()["Rules"]
    assert not aws("cloudwatch").describe_alarms()["MetricAlarms"]
    assert not aws("cloudwatch").list_dashboards()["DashboardEntries"]
    assert not aws("sqs").list_queues().get("QueueUrls")


def _resources(sandbox):
    state = json.loads((sandbox.home / "stacks" / "everything.json").read_text())
    return {urn: (record["id"], record["inputs"]) for urn, record in state["resources"].items()}


def test_another_notification_of_an_existing_bucket_survives(empty_sandbox):
    sandbox = empty_sandbox
    sandbox.run("up", "foundation")
    aws = servers.running(Folder(sandbox.home)).clients()
    topic = aws("sns").create_topic(Name="other")["TopicArn"]
    aws("s3").create_bucket(Bucket="theirs")
    own = {"TopicConfigurations": [{"Id": "own", "TopicArn": topic, "Events": ["s3:ObjectCreated:*"]}]}
    aws("s3").put_bucket_notification_configuration(Bucket="theirs", NotificationConfiguration=own)

    def notifications():
        found = aws("s3").get_bucket_notification_configuration(Bucket="theirs")
        return {name: value for name, value in found.items() if name != "ResponseMetadata"}

    sandbox.run(
        "up",
        "audience",
        "-c",
        's3TriggeredImport={"enabled": true, "bucket": {"existing": "theirs"}}',
    )
    assert notifications()["TopicConfigurations"][0]["Id"] == "own"
    assert "EventBridgeConfiguration" in notifications()
    sandbox.run("down", "audience")
    assert notifications()["TopicConfigurations"][0]["Id"] == "own"
    assert "EventBridgeConfiguration" not in notifications()


def test_a_dead_server_is_one_line_and_a_hint_and_up_starts_again(empty_sandbox):
    toy = empty_sandbox.home.parent / "toy"
    toy.mkdir()
    (toy / "__main__.py").write_text(
        "import pulumi, pulumi_aws as aws\n"
        "pulumi.export('url', aws.sqs.Queue('q').url)\n"
        "pulumi.export('hidden', pulumi.Output.secret('x'))\n"
    )
    empty_sandbox.run("up", "toy", SANDBOX_PROGRAM=str(toy))
    assert json.loads(empty_sandbox.run("outputs", "toy").stdout)["hidden"] == "x"
    running = servers.running(Folder(empty_sandbox.home))
    os.kill(running.aws_pid, signal.SIGKILL)
    done = empty_sandbox.run("status", check=False)
    assert done.returncode == 1
    assert [line.split(":")[0] for line in done.stderr.splitlines()] == ["error", "hint"]
    assert "1 created" in empty_sandbox.run("up", "toy", SANDBOX_PROGRAM=str(toy)).stderr


def test_a_failed_up_keeps_what_it_made_and_the_next_one_goes_on(empty_sandbox):
    toy = empty_sandbox.home.parent / "toy"
    toy.mkdir()
    program = (
        "import pulumi, pulumi_aws as aws\n"
        "q = aws.sqs.Queue('q')\n"
        "aws.sns.TopicSubscription('s', topic=q.arn.apply(lambda a: {}), protocol='sqs', endpoint=q.arn)\n"
    )
    (toy / "__main__.py").write_text(program.format("'arn:aws:sns:us-east-1:000000000000:nobody'"))
    failed = empty_sandbox.run("up", "toy", check=False, SANDBOX_PROGRAM=str(toy))
    assert failed.returncode == 1 and "TopicSubscription 's'" in failed.stderr
    (toy / "__main__.py").write_text("import pulumi_aws as aws\naws.sqs.Queue('q')\n")
    assert "toy: 1 unchanged" in empty_sandbox.run("up", "toy", SANDBOX_PROGRAM=str(toy)).stderr


def test_a_type_that_the_sandbox_does_not_know_is_an_error(empty_sandbox):
    toy = empty_sandbox.home.parent / "toy"
    toy.mkdir()
    (toy / "__main__.py").write_text("import pulumi_aws as aws\naws.ec2.Vpc('v', cidr_block='10.0.0.0/16')\n")
    done = empty_sandbox.run("up", "toy", check=False, SANDBOX_PROGRAM=str(toy))
    assert done.returncode == 1 and "aws:ec2/vpc:Vpc 'v': the sandbox does not know this type" in done.stderr
