"""Requests are held to their signature as AWS holds them, by MiniStack in its interpreter and by the outside world."""

import datetime
import json
import subprocess
import threading
from pathlib import Path

import boto3
import pytest
from botocore import auth
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError
from werkzeug.serving import make_server

from sandbox import embedded
from sandbox.folder import Folder
from sandbox.world.authorization import Authorization
from sandbox.world.server import Handler, World

CALLS = Path(__file__).with_name("signed_calls.py")
EXPECTED = {
    "right": (200, "QueueUrls"),
    "wrong secret": (403, "SignatureDoesNotMatch"),
    "unknown key": (403, "InvalidClientTokenId"),
    "wrong service": (403, "Credential should be scoped to correct service: 'sqs'"),
    "wrong region": (403, "Credential should be scoped to a valid region, not 'eu-west-1'"),
    "16 minutes old": (403, "Signature expired"),
    "16 minutes early": (403, "Signature not yet current"),
    "another body": (403, "SignatureDoesNotMatch"),
    "unsigned": (403, "AccessDenied"),
    "make a bucket": (200, ""),
    "presigned": (200, ""),
    "presigned by another secret": (403, "SignatureDoesNotMatch"),
    "presigned too long ago": (403, "Request has expired"),
    "make a function": (201, "hello"),
    "make its URL": (201, "AWS_IAM"),
    "function URL": (200, "hello"),
    "function URL, signed for another service": (403, "Credential should be scoped to correct service: 'lambda'"),
    "function URL, another region": (403, "Credential should be scoped to a valid region, not 'eu-west-1'"),
    "function URL, 6 minutes old": (403, "Signature expired"),
    "function URL, wrong secret": (403, "The request signature we calculated does not match"),
    "function URL, unsigned": (403, "Forbidden"),
    "function URL, rights: url": (403, "is not authorized to perform: lambda:InvokeFunction because"),
    "function URL, rights: invoke": (403, "is not authorized to perform: lambda:InvokeFunctionUrl because"),
    "function URL, rights: both": (200, "hello"),
}


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[int, str]]:
    interpreter = embedded.python(Folder(tmp_path_factory.mktemp("sandbox")))
    done = subprocess.run([interpreter, CALLS], capture_output=True, text=True, check=False, timeout=180)
    assert done.returncode == 0 and done.stdout, done.stderr
    return json.loads(done.stdout)


def test_every_case_is_called(said):
    assert set(said) == set(EXPECTED)


@pytest.mark.parametrize("case", EXPECTED)
def test_ministack_answers_a_signature_as_aws_does(said, case):
    status, text = said[case]
    wanted, part = EXPECTED[case]
    assert (status, part in text) == (wanted, True), text


class Everything(Authorization):
    """The keys of root and of one function, which may do everything."""

    def __init__(self) -> None:
        super().__init__("http://127.0.0.1:1", "us-east-1")
        self._credentials["ASIAFUNCTION"] = Credentials("ASIAFUNCTION", "secret", "token")

    def _find(self, access_key_id: str) -> str:
        return ""

    def refusal(self, access_key_id: str, action: str, resource: str) -> str:
        return ""


@pytest.fixture(scope="module")
def world():
    server = make_server("127.0.0.1", 0, World(Everything()), threaded=True, request_handler=Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()


def asked(world, *, keys=("test", "test", None), region="us-east-1", service=""):
    """Clients of the world's three kinds of calls, as pairs of a client and a call that succeeds."""

    def client(name):
        made = boto3.client(
            name,
            region,
            endpoint_url=world,
            aws_access_key_id=keys[0],
            aws_secret_access_key=keys[1],
            aws_session_token=keys[2],
            config=Config(retries={"total_max_attempts": 1}),
        )
        if service:
            made.meta.events.register(
                "choose-signer.*.*", lambda context, **_: context.setdefault("signing", {}).update(signing_name=service)
            )
        return made

    number = {"NumberValidateRequest": {"PhoneNumber": "+14256791901"}}
    message = json.dumps(
        {"messaging_product": "whatsapp", "to": "+12065550100", "type": "text", "text": {"body": "Hi"}}
    )
    return {
        "texts": lambda: client("pinpoint-sms-voice-v2").describe_opt_out_lists(),
        "numbers": lambda: client("pinpoint").phone_number_validate(**number),
        "whatsapp": lambda: client("socialmessaging").send_whatsapp_message(
            originationPhoneNumberId="phone-number-id-1", metaApiVersion="v20.0", message=message.encode()
        ),
    }


KINDS = ["texts", "numbers", "whatsapp"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("keys", [("test", "test", None), ("ASIAFUNCTION", "secret", "token")])
def test_the_world_takes_what_botocore_signs(world, kind, keys):
    assert asked(world, keys=keys)[kind]()["ResponseMetadata"]["HTTPStatusCode"] == 200


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"keys": ("test", "wrong", None)}, "does not match"),
        ({"keys": ("ASIAFUNCTION", "secret", "other")}, "security token .* is invalid"),
        ({"keys": ("ASIAFUNCTION", "secret", None)}, "security token .* is invalid"),
        ({"keys": ("NOBODY", "secret", None)}, "security token .* is invalid"),
        ({"service": "lambda"}, "scoped to correct service"),
        ({"region": "eu-west-1"}, "scoped to a valid region, not 'eu-west-1'"),
    ],
)
def test_the_world_refuses_another_signature(world, kind, given, says):
    with pytest.raises(ClientError, match=says):
        asked(world, **given)[kind]()


@pytest.mark.parametrize(("minutes", "says"), [(-4, ""), (4, ""), (-6, "Signature expired"), (6, "not yet current")])
def test_the_world_takes_a_signature_for_five_minutes(world, monkeypatch, minutes, says):
    then = datetime.datetime.now(datetime.UTC) + datetime.timedelta(minutes=minutes)
    monkeypatch.setattr(auth, "get_current_datetime", lambda *_, **__: then.replace(tzinfo=None))
    call = asked(world)["texts"]
    if not says:
        assert call()["ResponseMetadata"]["HTTPStatusCode"] == 200
    else:
        with pytest.raises(ClientError, match=says):
            call()
