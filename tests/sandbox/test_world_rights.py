"""The world asks for the rights that AWS asks for: on each thing that a call names, on everything where it names none."""

import io
import json

import pytest

from sandbox.world import connect, server

NUMBER, SET, PROTECTION = (
    f"arn:aws:sms-voice:{server.REGION}:{server.ACCOUNT}:{path}"
    for path in ("phone-number/phone-0123", "configuration-set/texts", "protect-configuration/protect-01")
)
TEXT = {"DestinationPhoneNumber": "+12065550100", "MessageBody": "Hi", "OriginationIdentity": NUMBER}


class Refusing:
    """Allows what it is told to, and notes what it is asked."""

    def __init__(self, *allowed: str) -> None:
        self.allowed, self.asked = allowed, []

    def refusal(self, access_key_id: str, action: str, resource: str) -> str:
        self.asked.append((action, resource))
        return "" if resource in self.allowed else f"not authorized to perform: {action} on resource: {resource}"


def call(rights, path="/", target="", body=None):
    """Status line of the answer."""
    sent = json.dumps(body or {}).encode()
    told = []
    environ = {
        "PATH_INFO": path,
        "CONTENT_LENGTH": str(len(sent)),
        "wsgi.input": io.BytesIO(sent),
        "HTTP_AUTHORIZATION": "AWS4-HMAC-SHA256 Credential=ASIA0/20300101/us-east-1/x/aws4_request",
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
    status, said = call(rights, path=connect.PATH, body={"InstanceId": "i"})
    assert status.startswith("400") and "on resource: *" in said
