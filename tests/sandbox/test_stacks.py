"""Stacks up and down, as `pulumi up` and `pulumi destroy` would have them."""

import json

import pytest

pytestmark = pytest.mark.sandbox


def test_a_stack_before_the_one_it_refers_to_says_so_in_one_line(empty_sandbox):
    done = empty_sandbox.run("up", "audience", check=False)
    assert done.returncode == 1
    [line] = [line for line in done.stderr.splitlines() if line.startswith("error")]
    assert "foundation" in line


def test_four_stacks_chain_as_everything_does(empty_sandbox):
    stacks = ("foundation", "audience", "campaigns", "pipeline")
    empty_sandbox.run("up", *stacks)
    again = empty_sandbox.run("up", *stacks).stderr
    assert all(word not in again for word in ("created", "changed", "deleted", "replaced")), again
    empty_sandbox.stack = "foundation"
    exports = {}
    for stack in stacks:
        exports |= json.loads(empty_sandbox.run("outputs", stack).stdout)
    empty_sandbox.connect = lambda: None
    _connect(empty_sandbox, exports)
    key = empty_sandbox.drop("ChannelType,Address,User.UserAttributes.FirstName\nSMS,4155550161,Finn\n")
    assert empty_sandbox.campaigned(key)["kind"] == "success"
    assert empty_sandbox.texts_to("+14155550161") == ["Hello Finn, thank you for joining us!"]
    empty_sandbox.aws("sqs").delete_queue(QueueUrl=empty_sandbox.queue)
    empty_sandbox.run("down", *reversed(stacks))
    assert empty_sandbox.run("status", check=False).returncode == 1


def _connect(sandbox, exports):
    from sandbox import demos, servers
    from sandbox.folder import Folder

    sandbox.exports = exports
    sandbox.servers = servers.running(Folder(sandbox.home))
    sandbox.aws = sandbox.servers.clients()
    sandbox.pinpoint = demos.engagement_client(sandbox.servers, exports["endpointUrl"])
    sandbox.application_id = exports["applicationId"]
    demos._put_template(sandbox.pinpoint)
    sandbox.queue = demos.subscribe_queue(sandbox.aws, [exports[name] for name in demos.TOPICS])


def test_toggles_remove_their_resources_and_nothing_else_and_down_leaves_nothing(empty_sandbox):
    sandbox = empty_sandbox
    s3 = None
    sandbox.run("up")
    before = _resources(sandbox)
    assert "created" not in sandbox.run("up").stderr
    sandbox.run("up", "-c", "importValidateCampaign.enabled=false")
    without = _resources(sandbox)
    gone = set(before) - set(without)
    assert gone and all("import-validate-campaign" in urn for urn in gone)
    assert {urn: before[urn] for urn in without} == without
    sandbox.run("up")
    from sandbox import servers
    from sandbox.folder import Folder

    aws = servers.running(Folder(sandbox.home)).clients()
    aws("sqs").create_queue(QueueName="keeps-the-sandbox-running")
    (sandbox.home / "stacks" / "other.json").write_text('{"resources": {}, "leftovers": [], "outputs": {}, "next": 0}')
    sandbox.run("down", "everything")
    assert s3 is None
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
    assert [url.rsplit("/", 1)[-1] for url in aws("sqs").list_queues()["QueueUrls"]] == ["keeps-the-sandbox-running"]


def _resources(sandbox):
    state = json.loads((sandbox.home / "stacks" / "everything.json").read_text())
    return {urn: (record["id"], record["inputs"]) for urn, record in state["resources"].items()}


def test_another_notification_of_an_existing_bucket_survives(empty_sandbox):
    sandbox = empty_sandbox
    from sandbox import servers
    from sandbox.folder import Folder

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
        "up", "audience", "-c", 's3TriggeredImport={"enabled": true, "bucket": {"existing": "theirs"}}',
    )
    assert notifications()["TopicConfigurations"][0]["Id"] == "own"
    assert "EventBridgeConfiguration" in notifications()
    sandbox.run("down", "audience")
    assert notifications()["TopicConfigurations"][0]["Id"] == "own"
    assert "EventBridgeConfiguration" not in notifications()
