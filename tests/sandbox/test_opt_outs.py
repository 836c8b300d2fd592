"""People text STOP, START and HELP to a number of the account, from outside."""

import json
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from sandbox.demos import clients
from tests.sandbox import events
from tests.sandbox.conftest import Sandbox

pytestmark = pytest.mark.sandbox

NUMBER, NUMBER_ID = "+16045550101", "phone-00000000000000000000000000000001"
ON = {"enabled": True, "retainData": False, "phoneNumberIds": [NUMBER_ID]}
HEADER = "ChannelType,Address,Id,OptOut,User.UserAttributes.FirstName\n"
REMOVED = "You have successfully been removed. Reply START to come back."
BACK = "You will receive our messages again. Reply STOP to leave."


class Texting:
    """A sandbox whose first number is set up for opt-outs."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox, self.aws, self.exports = sandbox, sandbox.aws, sandbox.exports
        self.began = datetime.now(UTC)

    def text(self, person: str, body: str, identifier: str = "") -> str:
        more = ["--id", identifier] if identifier else []
        return self.sandbox.run("text", person, NUMBER, body, *more).stdout.strip()

    def ask(self, **question: str) -> dict:
        answer = self.aws("lambda").invoke(
            FunctionName=self.exports["optOutRecordsFunctionName"], Payload=json.dumps(question)
        )
        return json.loads(answer["Payload"].read())

    def is_out(self, person: str) -> bool:
        number = self.ask(operation="get", Address=person)["Number"]
        return number is not None and number["Status"] == "OUT"

    def opt_out(self, identifier: str) -> str:
        pinpoint, application = self.sandbox.pinpoint, self.sandbox.application_id
        return pinpoint.get_endpoint(ApplicationId=application, EndpointId=identifier)["EndpointResponse"]["OptOut"]

    def opt_out_events(self, person: str) -> list[dict]:
        """The events of the project's stream that tell of a number's texts."""
        found = [event for event in events.told(self.sandbox, self.began) if event.get("event_type") == "_SMS.OPTOUT"]
        return [event for event in found if event["attributes"]["destination_phone_number"] == person]

    def listed(self) -> set[str]:
        answer = self.aws("pinpoint-sms-voice-v2").describe_opted_out_numbers(
            OptOutListName=self.exports["optOutListName"]
        )
        return {number["OptedOutNumber"] for number in answer["OptedOutNumbers"]}

    def phone_number(self) -> dict:
        [found] = self.aws("pinpoint-sms-voice-v2").describe_phone_numbers(PhoneNumberIds=[NUMBER_ID])["PhoneNumbers"]
        return found


@pytest.fixture(scope="module")
def texting(sandbox: Sandbox) -> Iterator[Texting]:
    sandbox.run("up", "everything", "--config", f"selfManagedOptOuts={json.dumps(ON)}")
    made = Texting(sandbox)
    yield made
    sandbox.run("up", "everything")
    number = made.phone_number()
    assert (number["TwoWayEnabled"], number["SelfManagedOptOutsEnabled"]) == (False, False)


@pytest.fixture
def person() -> str:
    return f"+1415555{uuid.uuid4().int % 10_000:04d}"


def test_the_number_is_set_up(texting):
    number = texting.phone_number()
    assert number["TwoWayEnabled"] and number["SelfManagedOptOutsEnabled"]
    assert number["TwoWayChannelArn"] == texting.exports["twoWayTopicArn"]


def test_stop_and_start_reach_endpoint_list_records_and_other_systems(texting, person):
    sandbox = texting.sandbox
    sandbox.pinpoint.update_endpoint(
        ApplicationId=sandbox.application_id,
        EndpointId=person,
        EndpointRequest={"ChannelType": "SMS", "Address": person},
    )
    sqs, topics = texting.aws("sqs"), [texting.exports["optOutTopicArn"]]
    queue = clients.subscribe_queue(texting.aws, topics)
    try:
        texting.text(person, " stop. ")
        assert sandbox.wait(lambda: sandbox.texts_to(person)) == [REMOVED]
        sandbox.wait(lambda: person in texting.listed())
        assert texting.opt_out(person) == "ALL"
        assert person in {number["Address"] for number in texting.ask(operation="list")["Numbers"]}
        [message] = sandbox.wait(
            lambda: sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=1, VisibilityTimeout=600).get("Messages")
        )
        envelope = json.loads(message["Body"])
        assert envelope["MessageAttributes"]["status"]["Value"] == "OUT"
        assert json.loads(envelope["Message"])["Address"] == person
        texting.text(person, "START")
        sandbox.wait(lambda: sandbox.texts_to(person) == [REMOVED, BACK])
        assert texting.opt_out(person) == "NONE" and not texting.is_out(person) and person not in texting.listed()
        [event] = sandbox.wait(lambda: texting.opt_out_events(person))
        assert event["attributes"]["origination_phone_number"] == NUMBER
    finally:
        clients.forget_queue(texting.aws, queue, topics)


def test_a_message_that_comes_twice_and_a_second_stop_are_answered_once(texting, person):
    sandbox = texting.sandbox
    identifier = texting.text(person, "STOP ALL")
    sandbox.wait(lambda: sandbox.texts_to(person))
    texting.text(person, "STOP ALL", identifier)
    texting.text(person, "Arrêt")
    texting.text(person, "weekend")
    texting.text(person, "help")  # whose answer tells that the others were handled
    sandbox.wait(lambda: len(sandbox.texts_to(person)) > 1)
    first, *rest = sandbox.texts_to(person)
    assert first == REMOVED and [body.startswith("Reply STOP") for body in rest] == [True]
    assert texting.is_out(person)


def test_a_number_that_left_before_it_was_known_is_imported_opted_out_and_gets_no_campaign(texting, person):
    sandbox = texting.sandbox
    other = f"{person[:-4]}{(int(person[-4:]) + 1) % 10_000:04d}"
    texting.text(person, "unsubscribe")
    sandbox.wait(lambda: texting.is_out(person) and sandbox.texts_to(person))
    key = sandbox.drop(f"{HEADER}SMS,{person},{person},NONE,Ada\nSMS,{other},{other},NONE,Bea\n")
    assert sandbox.campaigned(key)["kind"] == "success"
    assert (texting.opt_out(person), texting.opt_out(other)) == ("ALL", "NONE")
    assert any("Bea" in body for body in sandbox.texts_to(other))
    assert sandbox.texts_to(person) == [REMOVED]
    sent = sandbox.pinpoint.send_messages(
        ApplicationId=sandbox.application_id,
        MessageRequest={
            "Addresses": {person: {"ChannelType": "SMS"}},
            "MessageConfiguration": {"SMSMessage": {"Body": "Your code", "MessageType": "TRANSACTIONAL"}},
        },
    )["MessageResponse"]["Result"]
    assert sent[person]["DeliveryStatus"] == "SUCCESSFUL"
    assert sandbox.texts_to(person) == [REMOVED, "Your code"]


def test_what_cannot_be_read_is_a_dead_letter_with_the_reason(texting):
    sqs, url = texting.aws("sqs"), texting.exports["optOutDeadLetterQueueUrl"]
    texting.aws("sns").publish(TopicArn=texting.exports["twoWayTopicArn"], Message='{"messageBody": "STOP"}')

    def dead() -> list:
        return sqs.receive_message(
            QueueUrl=url, WaitTimeSeconds=1, MessageAttributeNames=["All"], VisibilityTimeout=0
        ).get("Messages", [])

    [message] = texting.sandbox.wait(dead)
    assert "originationNumber is missing" in message["MessageAttributes"]["reason"]["StringValue"]
    sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
