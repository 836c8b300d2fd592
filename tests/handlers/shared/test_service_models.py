"""The functions with their layer, on a runtime whose botocore has no model of Pinpoint any more."""

import json
import re
from types import SimpleNamespace

import pytest
from botocore.config import Config
from botocore.exceptions import EndpointResolutionError, UnknownServiceError
from botocore.handlers import BUILTIN_HANDLERS, REGISTER_FIRST, REGISTER_LAST
from botocore.session import get_session

from handlers.shared.service_models import botocore_session
from handlers.shared.session_hooks import register_hooks
from tests.without_pinpoint import REPOSITORY, botocore_without_pinpoint, run, unpacked_layer

USED = """
import json
from botocore.session import get_session
from handlers.engagement.api import router
from handlers.engagement.api.validation import check_body
from handlers.engagement.errors import BadRequestError
from handlers.shared import clients
from handlers.shared.service_models import botocore_session, pinpoint_model

found = router.match("PUT", "/v1/apps/a/endpoints/e")
shape = found.route.model.input_shape
try:
    check_body(shape.members[shape.serialization["payload"]], {"ChannelType": "PIGEON"})
    refused = ""
except BadRequestError as error:
    refused = error.message
client = clients.aws_client("pinpoint")
path = botocore_session().get_component("data_loader").load_data_with_path("pinpoint/2016-12-01/service-2")[1]
print(json.dumps({
    "runtime": "pinpoint" in get_session().get_available_services(),
    "path": path,
    "routes": len(router.routes()),
    "operations": len(pinpoint_model().operation_names),
    "operation": found.route.name,
    "refused": refused,
    "endpoint": client.meta.endpoint_url,
    "methods": hasattr(client, "phone_number_validate"),
    "exceptions": hasattr(client.exceptions, "NotFoundException"),
}))
"""


@pytest.fixture(scope="module")
def layer(tmp_path_factory):
    return unpacked_layer(tmp_path_factory.mktemp("layer"))


@pytest.mark.parametrize("there", [True, False], ids=["with the runtime's model", "without it"])
def test_the_router_its_checks_and_the_clients_use_the_layers_model(tmp_path, layer, there):
    paths = [layer] if there else [layer, botocore_without_pinpoint(tmp_path / "runtime")]
    done = run(USED, *paths)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["runtime"] is there
    assert said["path"].startswith(str(layer))
    assert (said["operations"], said["routes"]) == (122, 130)
    assert said["operation"] == "UpdateEndpoint"
    assert said["refused"].startswith("ChannelType is 'PIGEON'; allowed are PUSH, GCM")
    assert said["endpoint"] == "https://pinpoint.eu-west-1.amazonaws.com"
    assert said["methods"] and said["exceptions"]


def test_without_the_layer_such_a_runtime_has_no_pinpoint(tmp_path):
    """What the layer is for: this fails where the check above would pass by itself."""
    done = run(USED, botocore_without_pinpoint(tmp_path))
    assert "UnknownServiceError: Unknown service: 'pinpoint'" in done.stderr


def test_a_command_knows_pinpoint_where_the_installed_botocore_does_not(tmp_path):
    done = run(
        "from commands.service_models import pinpoint_model, pinpoint_session\n"
        "client = pinpoint_session().client('pinpoint')\n"
        "print(len(pinpoint_model().operation_names), client.meta.service_model.service_id)\n"
        "from commands.loading.requests import request_of\n"
        "print(request_of('WriteSegmentRequest', {'Name': 'a', 'Id': 'b'}))",
        botocore_without_pinpoint(tmp_path),
    )
    assert (done.stdout, done.returncode) == ("122 Pinpoint\n{'Name': 'a'}\n", 0), done.stderr


LOOKED_INTO = """
import json, os
from pathlib import Path

listed = []
listdir = os.listdir
os.listdir = lambda path=".": listed.append(Path(path).name) or listdir(path)
from handlers.shared.clients import aws_client

aws_client("dynamodb")
print(json.dumps(sorted({name for name in listed if name in {"dynamodb", "ec2", "s3", "lambda"}})))
"""


def test_a_client_looks_into_the_folder_of_its_own_service_and_no_others():
    done = run(LOOKED_INTO)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == ["dynamodb"]


@pytest.mark.parametrize(("service", "kind"), [("nothing", "service-2"), ("sts", "waiters-2")])
def test_a_model_that_is_nowhere_is_refused_as_botocore_does(service, kind):
    with pytest.raises(UnknownServiceError, match=f"Unknown service: '{service}'.*dynamodb"):
        botocore_session().get_component("data_loader").load_service_model(service, kind)


def test_a_kind_of_file_that_a_service_lacks_is_refused_in_botocores_words():
    """They name the services that have it, also where a client of another one was made before."""
    told = []
    for session in (botocore_session(), get_session()):
        loader = session.get_component("data_loader")
        loader.load_service_model("dynamodb", "waiters-2")
        with pytest.raises(UnknownServiceError) as refused:
            loader.load_service_model("sts", "waiters-2")
        told.append(str(refused.value))
    assert told[0] == told[1]


@pytest.mark.parametrize(("name", "kind"), [("dynamodb", "service-2"), ("s3", "endpoint-rule-set-1")])
def test_a_model_is_read_as_botocore_reads_it(name, kind):
    ours = botocore_session().get_component("data_loader").load_service_model(name, kind)
    theirs = get_session().get_component("data_loader").load_service_model(name, kind)
    assert json.dumps(ours) == json.dumps(theirs)  # members in the same order


CALLED = {
    name
    for path in (REPOSITORY / "handlers").rglob("*.py")
    for name in re.findall(
        r'\b(?:aws_client|sending_client|create_client)\("([^"]+)"', path.read_text(encoding="utf-8")
    )
}
REGIONS = ["us-east-1", "eu-central-1", "cn-north-1", "us-gov-west-1", "us-iso-east-1", "us-east-99"]


@pytest.fixture(scope="module")
def theirs():
    return get_session()


def client_of(session, service, region, **config):
    keys = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}
    return session.create_client(service, region_name=region, config=Config(**config), **keys)


def signed(client):
    signer = client._request_signer
    return client.meta.region_name, signer.region_name, signer.signing_name, signer.signature_version


def test_the_services_that_handlers_call_are_found():
    assert {"dynamodb", "s3", "sqs", "sns", "sesv2", "pinpoint", "pinpoint-sms-voice-v2", "stepfunctions"} <= CALLED


@pytest.mark.parametrize("service", sorted(CALLED))
def test_a_client_calls_and_signs_as_botocores_own_does_which_reads_the_endpoints_of_all_services(service, theirs):
    for region in REGIONS:
        own, expected = client_of(botocore_session(), service, region), client_of(theirs, service, region)
        assert (*signed(own), own.meta.endpoint_url) == (*signed(expected), expected.meta.endpoint_url)


ONCE = {"mode": "standard", "total_max_attempts": 1}


class Sent(Exception):
    """Raised instead of sending a request."""


def request_of(session, operation, parameters, service, region, **config):
    """Where the call goes, and what it is signed for: date, Region, service; or that there is no such endpoint."""

    def caught(request, **_):
        signature = request.headers["Authorization"]
        signature = signature.decode() if isinstance(signature, bytes) else signature
        raise Sent(request.url.rstrip("/"), re.search(r"Credential=testing/(\S+),", signature)[1])

    client = client_of(session, service, region, **config)
    client.meta.events.register("before-send.*", caught)
    with pytest.raises((Sent, EndpointResolutionError)) as sent:
        getattr(client, operation)(**parameters)
    return sent.value.args


@pytest.mark.parametrize(("fips", "dual_stack"), [(False, False), (True, False), (False, True), (True, True)])
@pytest.mark.parametrize(
    ("service", "operation", "parameters"),
    [
        ("sqs", "list_queues", {}),
        ("sqs", "send_message", {"QueueUrl": "https://sqs.eu-west-1.amazonaws.com/1/q", "MessageBody": "x"}),
        ("dynamodb", "list_tables", {}),
        ("dynamodb", "get_item", {"TableName": "t", "Key": {"pk": {"S": "a"}}}),
        ("pinpoint-sms-voice-v2", "send_text_message", {"DestinationPhoneNumber": "+12065550100"}),
        ("kinesis", "list_streams", {}),
        ("kinesis", "put_records", {"StreamName": "s", "Records": [{"Data": b"x", "PartitionKey": "k"}]}),
        ("s3", "list_buckets", {}),
    ],
)
def test_a_request_to_any_kind_of_endpoint_is_botocores_own(service, operation, parameters, fips, dual_stack, theirs):
    """Of calls that go the short way, too: botocore's rules do not name every one as its list of endpoints does."""
    kind = {"use_fips_endpoint": fips, "use_dualstack_endpoint": dual_stack, "retries": ONCE}
    for region in ["eu-central-1", "us-east-1", "us-gov-west-1", "us-gov-east-1", "cn-north-1", "us-iso-east-1"]:
        expected = request_of(theirs, operation, parameters, service, region, **kind)
        assert request_of(botocore_session(), operation, parameters, service, region, **kind) == expected


@pytest.mark.parametrize("region", [*REGIONS, "us-isob-east-1", "eu-isoe-west-1", "us-isof-south-1", "eusc-de-east-1"])
def test_a_regions_partition_is_botocores_own(region, theirs):
    assert botocore_session().get_partition_for_region(region) == theirs.get_partition_for_region(region)


READ = """
from handlers.shared.service_models import Files, botocore_session

read = []
load_file = Files.load_file
Files.load_file = lambda self, path: read.append(path.rpartition("/")[2]) or load_file(self, path)
botocore_session().create_client("dynamodb", "eu-west-1")
print(*read)
"""


def test_a_client_reads_the_partitions_not_the_endpoints_of_all_services():
    done = run(READ)
    assert done.returncode == 0, done.stderr
    assert "endpoints" not in done.stdout.split()
    assert done.stdout.split().count("partitions") == 1


def test_a_session_has_botocores_hooks_in_their_order_all_that_the_called_services_have():
    registered = []
    events = SimpleNamespace(
        register=lambda event, hook: registered.append((event, hook)),
        register_first=lambda event, hook: registered.append((event, hook, REGISTER_FIRST)),
        register_last=lambda event, hook: registered.append((event, hook, REGISTER_LAST)),
    )
    register_hooks(events)
    assert [each for each in BUILTIN_HANDLERS if each in registered] == registered
    called = {get_session().get_service_model(service).service_id.hyphenize() for service in CALLED}
    for event, *_ in (each for each in BUILTIN_HANDLERS if each not in registered):
        kind, *rest = event.split(".")
        assert kind == "docs" or (rest and not called & set(rest)), event
    assert len(registered) <= len(BUILTIN_HANDLERS) / 2 + 5
