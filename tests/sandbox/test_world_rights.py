"""The world asks for the rights that AWS asks for: on each thing that a call names, on everything where it names none."""

import io
import json

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from sandbox.world import connect, server

CALLER = Credentials("ASIA0", "secret")

NUMBER, SET, PROTECTION = (
    f"arn:aws:sms-voice:{server.REGION}:{server.ACCOUNT}:{path}"
    for path in ("phone-number/phone-0123", "configuration-set/texts", "protect-configuration/protect-01")
)
TEXT = {"DestinationPhoneNumber": "+12065550100", "MessageBody": "Hi", "OriginationIdentity": NUMBER}


class Refusing:
    """Allows what it is told to, and notes what it is asked."""

    def __init__(self, *allowed: str) -> None:
        self.allowed, self.asked = allowed, []

    def credentials(self, access_key_id: str) -> Credentials | None:
        return CALLER if access_key_id == CALLER.access_key else None

    def refusal(self, access_key_id: str, action: str, resource: str) -> str:
        self.asked.append((action, resource))
        return "" if resource in self.allowed else f"not authorized to perform: {action} on resource: {resource}"


@pytest.fixture(autouse=True)
def an_account_of_its_own(monkeypatch):
    monkeypatch.setenv("MOTO_ACCOUNT_ID", server.ACCOUNT)


def call(rights, service="sms-voice", path="/", target="", body=None):
    """Status line of the answer to a signed call."""
    sent = json.dumps(body or {}).encode()
    told = []
    request = AWSRequest("POST", f"http://world{path}", {"host": "world"}, sent)
    SigV4Auth(CALLER, service, server.REGION).add_auth(request)
    environ = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": path,
        "RAW_URI": path,
        "REQUEST_URI": path,
        "QUERY_STRING": "",
        "CONTENT_LENGTH": str(len(sent)),
        "wsgi.input": io.BytesIO(sent),
        **{f"HTTP_{name.upper().replace('-', '_')}": value for name, value in request.headers.items()},
        **({"HTTP_X_AMZ_TARGET": f"{server.TARGET}{target}"} if target else {}),
    }
    answer = server.World(rights)(environ, lambda status, headers: told.append(status))
    return told[0], b"".join(answer).decode()


@pytest.mark.parametrize("member", ["ConfigurationSetName", "ProtectConfigurationId"])
def test_a_text_needs_the_right_on_each_thing_that_it_names(member):
    named = {"ConfigurationSetName": SET, "ProtectConfigurationId": PROTECTION}[member]
    rights = Refusing(NUMBER)
    status, said = call(rights, target="SendTextMessage", body={**TEXT, member: named.rpartition("/")[2]})
    assert status.startswith("400") and f"on resource: {named}" in said
    assert rights.asked == [("sms-voice:SendTextMessage", NUMBER), ("sms-voice:SendTextMessage", named)]


def test_a_listing_of_numbers_needs_the_right_on_everything():
    rights = Refusing("*")
    call(rights, target="DescribePhoneNumbers")
    assert rights.asked == [("sms-voice:DescribePhoneNumbers", "*")]


def test_a_call_of_connect_knows_no_resource():
    rights = Refusing()
    status, said = call(rights, "connect", connect.PATH, body={"InstanceId": "i"})
    assert status.startswith("400") and "on resource: *" in said


def test_push_needs_the_right_on_the_messages_of_its_application():
    messages = f"arn:aws:mobiletargeting:{server.REGION}:{server.ACCOUNT}:apps/app/messages"
    rights = Refusing()
    status, said = call(rights, "mobiletargeting", "/v1/apps/app/messages", body={"MessageConfiguration": {}})
    assert status.startswith("403") and f"on resource: {messages}" in said
    assert rights.asked == [("mobiletargeting:SendMessages", messages)]
