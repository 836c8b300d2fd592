"""Dead letters are moved by the embedded AWS as AWS moves them. Answers word by word: LocalStack's records of AWS."""

import base64
import json
import time
import uuid

import boto3
import pytest
from botocore.exceptions import ClientError

from sandbox import servers
from sandbox.folder import Folder

pytestmark = pytest.mark.sandbox


@pytest.fixture(scope="module")
def aws(tmp_path_factory):
    folder = Folder(tmp_path_factory.mktemp("sandbox"))
    yield servers.ensure(folder).clients()
    servers.stop(folder)


@pytest.fixture(scope="module")
def sqs(aws):
    return aws("sqs")


class Pair:
    """A queue whose dead letters go to another after one receive."""

    def __init__(self, sqs, *, fifo=False, dead=""):
        self.sqs, self.fifo = sqs, fifo
        self.dead = dead or self.make()
        policy = {"deadLetterTargetArn": arn_of(sqs, self.dead), "maxReceiveCount": 1}
        self.url = self.make(RedrivePolicy=json.dumps(policy))

    def make(self, **attributes):
        more = {"FifoQueue": "true", "ContentBasedDeduplication": "true"} if self.fifo else {}
        name = uuid.uuid4().hex + (".fifo" if self.fifo else "")
        made = self.sqs.create_queue(QueueName=name, Attributes={"VisibilityTimeout": "0", **more, **attributes})
        return made["QueueUrl"]

    def give_up(self, *bodies):
        """Sends messages and receives them until the queue gave them up."""
        group = {"MessageGroupId": "g"} if self.fifo else {}
        for body in bodies:
            self.sqs.send_message(QueueUrl=self.url, MessageBody=body, **group)
        while self.sqs.receive_message(QueueUrl=self.url).get("Messages"):
            pass

    def start(self, **given):
        return self.sqs.start_message_move_task(SourceArn=arn_of(self.sqs, self.dead), **given)["TaskHandle"]

    def tasks(self, most=1):
        found = self.sqs.list_message_move_tasks(SourceArn=arn_of(self.sqs, self.dead), MaxResults=most)
        return found.get("Results", [])

    def ended(self):
        deadline = time.monotonic() + 20
        while (task := self.tasks()[0])["Status"] in ("RUNNING", "CANCELLING"):
            assert time.monotonic() < deadline, task
            time.sleep(0.05)
        return task


def arn_of(sqs, url):
    return sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]


def taken(sqs, url):
    """All messages of a queue that can be received, which are gone then."""
    found = []
    names = {"AttributeNames": ["All"], "MessageAttributeNames": ["All"]}
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, **names).get("Messages"):
        for message in messages:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        found += messages
    return found


def refusal(call, *arguments, **given):
    with pytest.raises(ClientError) as raised:
        call(*arguments, **given)
    error = raised.value.response["Error"]
    return error["Code"], error["Message"]


def test_without_a_destination_each_letter_goes_back_to_the_queue_that_gave_it_up(sqs):
    one = Pair(sqs)
    other = Pair(sqs, dead=one.dead)
    one.give_up("a", "b")
    other.give_up("c")
    one.start()
    task = one.ended()
    assert {key: value for key, value in task.items() if key != "StartedTimestamp"} == {
        "SourceArn": arn_of(sqs, one.dead),
        "Status": "COMPLETED",
        "ApproximateNumberOfMessagesMoved": 3,
        "ApproximateNumberOfMessagesToMove": 3,
    }
    back = taken(sqs, one.url)
    assert sorted(message["Body"] for message in back) == ["a", "b"]
    assert [message["Attributes"]["ApproximateReceiveCount"] for message in back] == ["1", "1"]
    assert not any("DeadLetterQueueSourceArn" in message["Attributes"] for message in back)
    assert [message["Body"] for message in taken(sqs, other.url)] == ["c"]


def test_a_letter_that_was_sent_there_has_no_source_and_fails_the_task(sqs):
    pair = Pair(sqs)
    sqs.send_message(QueueUrl=pair.dead, MessageBody="sent", DelaySeconds=0)
    pair.start()
    task = pair.ended()
    assert (task["Status"], task["FailureReason"]) == ("FAILED", "CouldNotDetermineMessageSource")
    assert task["ApproximateNumberOfMessagesMoved"] == 0
    assert [message["Body"] for message in taken(sqs, pair.dead)] == ["sent"]


def test_with_a_destination_it_is_moved_with_its_attributes(sqs):
    pair = Pair(sqs)
    reason = {"reason": {"DataType": "String", "StringValue": "no JSON"}}
    sqs.send_message(QueueUrl=pair.dead, MessageBody="sent", MessageAttributes=reason)
    pair.start(DestinationArn=arn_of(sqs, pair.url))
    task = pair.ended()
    assert (task["Status"], task["DestinationArn"]) == ("COMPLETED", arn_of(sqs, pair.url))
    (message,) = taken(sqs, pair.url)
    assert message["MessageAttributes"]["reason"]["StringValue"] == "no JSON"


def test_a_fifo_queues_letters_come_back_in_order_and_are_no_repetitions(sqs):
    pair = Pair(sqs, fifo=True)
    pair.give_up("1", "2", "3")
    pair.start()
    assert pair.ended()["Status"] == "COMPLETED"
    assert [message["Body"] for message in taken(sqs, pair.url)] == ["1", "2", "3"]


def test_only_one_task_runs_and_it_is_cancelled_at_the_rate_that_was_asked_for(sqs):
    pair = Pair(sqs)
    pair.give_up(*"abcdefgh")
    handle = pair.start(MaxNumberOfMessagesPerSecond=2)
    (task,) = pair.tasks()
    assert (task["Status"], task["TaskHandle"], task["MaxNumberOfMessagesPerSecond"]) == ("RUNNING", handle, 2)
    assert refusal(pair.start) == (
        "InvalidParameterValue",
        "There is already a task running. Only one active task is allowed for a source queue arn at a given time.",
    )
    time.sleep(1.2)
    moved = sqs.cancel_message_move_task(TaskHandle=handle)["ApproximateNumberOfMessagesMoved"]
    assert 1 <= moved <= 3
    assert pair.ended()["Status"] == "CANCELLED"
    assert len(taken(sqs, pair.url)) == pair.tasks()[0]["ApproximateNumberOfMessagesMoved"]
    assert refusal(sqs.cancel_message_move_task, TaskHandle=handle)[0].endswith("UnsupportedOperation")
    pair.start()
    assert pair.ended()["Status"] == "COMPLETED"
    assert [found["Status"] for found in pair.tasks(10)] == ["COMPLETED", "CANCELLED"]


def test_a_task_whose_destination_is_gone_fails(sqs):
    pair = Pair(sqs)
    pair.give_up("a")
    sqs.delete_queue(QueueUrl=pair.url)
    other = Pair(sqs, dead=pair.dead)
    other.start()
    task = other.ended()
    assert (task["Status"], task["FailureReason"]) == ("FAILED", "AWS.SimpleQueueService.NonExistentQueue")
    assert [message["Body"] for message in taken(sqs, pair.dead)] == ["a"]


def test_what_cannot_be_moved_is_refused_in_awss_words(sqs):
    pair, fifo = Pair(sqs), Pair(sqs, fifo=True)
    missing = arn_of(sqs, pair.url) + "-missing"
    start = sqs.start_message_move_task
    says = "The resource that you specified for the {} parameter doesn't exist."
    invalid, gone = "InvalidParameterValue", "ResourceNotFoundException"
    no_letters = "Source queue must be configured as a Dead Letter Queue."
    assert refusal(start, SourceArn=arn_of(sqs, pair.url)) == (invalid, no_letters)
    assert refusal(start, SourceArn=missing) == (gone, says.format("SourceArn"))
    assert refusal(pair.start, DestinationArn=missing) == (gone, says.format("DestinationArn"))
    assert refusal(pair.start, DestinationArn=arn_of(sqs, pair.dead))[0] == invalid
    assert refusal(pair.start, DestinationArn=arn_of(sqs, fifo.url))[0] == invalid
    assert refusal(pair.start, MaxNumberOfMessagesPerSecond=501)[0] == invalid
    cancel = sqs.cancel_message_move_task
    assert refusal(cancel, TaskHandle="x") == (invalid, "Value for parameter TaskHandle is invalid.")
    for source, reason in ((missing, says.format("SourceArn")), (arn_of(sqs, pair.dead), "Task does not exist.")):
        handle = base64.b64encode(json.dumps({"taskId": "none", "sourceArn": source}).encode()).decode()
        assert refusal(cancel, TaskHandle=handle) == (gone, reason)


def test_a_dead_letter_queue_knows_whose_it_is(sqs):
    pair = Pair(sqs)
    assert sqs.list_dead_letter_source_queues(QueueUrl=pair.dead)["queueUrls"] == [pair.url]


def test_moving_is_a_right_on_the_queue_itself(aws, sqs):
    pair, iam = Pair(sqs), aws("iam")
    name = uuid.uuid4().hex[:12]
    iam.create_user(UserName=name)
    statement = {"Effect": "Allow", "Action": "sqs:*MessageMoveTask*", "Resource": arn_of(sqs, pair.dead)}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_user_policy(UserName=name, PolicyName="moves", PolicyDocument=document)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    own = boto3.client(
        "sqs",
        endpoint_url=aws.endpoint,
        region_name=aws.region,
        aws_access_key_id=key["AccessKeyId"],
        aws_secret_access_key=key["SecretAccessKey"],
    )
    assert own.list_message_move_tasks(SourceArn=arn_of(sqs, pair.dead)).get("Results", []) == []
    assert refusal(own.start_message_move_task, SourceArn=arn_of(sqs, pair.url))[0] == "AccessDenied"
    own.start_message_move_task(SourceArn=arn_of(sqs, pair.dead))
