"""Two clients make the same call: one of botocore's own, one that goes the short way. A server tells what came."""

import json

import pytest
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ClientError, ConnectTimeoutError, ParamValidationError, ReadTimeoutError
from botocore.session import get_session

from handlers.shared import backoff, json_calls
from tests.handlers.shared.wire import KEY, Raw, Wire, made

QUEUE = "https://sqs.eu-west-1.amazonaws.com/123456789012/queue"
ITEM = {"pk": {"S": "Zoë \u2028 \"'"}, "sk": {"N": "1.50"}, "ok": {"BOOL": True}, "raw": {"B": b"\x00\xff"}}
CALLS = {
    "dynamodb": [
        ("get_item", {"TableName": "t", "Key": KEY, "ConsistentRead": True}),
        ("put_item", {"TableName": "t", "Item": ITEM, "ConditionExpression": "attribute_not_exists(pk)"}),
        ("update_item", {"TableName": "t", "Key": KEY, "UpdateExpression": "SET a = :a", "ExpressionAttributeValues": {":a": ITEM["raw"]}}),
        ("delete_item", {"TableName": "t", "Key": KEY}),
        ("query", {"TableName": "t", "KeyConditionExpression": "pk = :p", "ExpressionAttributeValues": {":p": {"S": "a"}}, "Limit": 7}),
        ("scan", {"TableName": "t", "Segment": 0, "TotalSegments": 2}),
        ("batch_get_item", {"RequestItems": {"t": {"Keys": [KEY]}}}),
        ("batch_write_item", {"RequestItems": {"t": [{"PutRequest": {"Item": ITEM}}, {"DeleteRequest": {"Key": KEY}}]}}),
        ("transact_get_items", {"TransactItems": [{"Get": {"TableName": "t", "Key": KEY}}]}),
        ("transact_write_items", {"ClientRequestToken": "mine", "TransactItems": [{"Put": {"TableName": "t", "Item": ITEM}}]}),
    ],
    "kinesis": [
        ("put_records", {"StreamName": "s", "Records": [{"Data": b'{"a": "Zo\xc3\xab"}\xff', "PartitionKey": "Zoë"}]}),
    ],
    "pinpoint-sms-voice-v2": [
        ("send_text_message", {"DestinationPhoneNumber": "+12065550100", "MessageBody": "Zoë 👋", "Context": {"a": "b"}}),
    ],
    "sqs": [
        ("send_message", {"QueueUrl": QUEUE, "MessageBody": "Zoë", "MessageAttributes": {"a": {"DataType": "Binary", "BinaryValue": b"\x00"}}}),
        ("send_message_batch", {"QueueUrl": QUEUE, "Entries": [{"Id": "1", "MessageBody": "x", "DelaySeconds": 3}]}),
        ("delete_message_batch", {"QueueUrl": QUEUE, "Entries": [{"Id": "1", "ReceiptHandle": "r"}]}),
        ("change_message_visibility_batch", {"QueueUrl": QUEUE, "Entries": [{"Id": "1", "ReceiptHandle": "r", "VisibilityTimeout": 0}]}),
    ],
}  # fmt: skip
BOOKKEEPING = {"amz-sdk-invocation-id", "amz-sdk-request", "authorization", "x-amz-date"}
"""Headers that botocore alone sends, or that depend on the moment."""


@pytest.fixture(autouse=True)
def pauses(monkeypatch):
    noted = []
    monkeypatch.setattr(json_calls, "backoff", backoff.backoff)
    monkeypatch.setattr(backoff.time, "sleep", noted.append)
    return noted


def lowered(headers):
    texts = {name.lower(): value.decode() if isinstance(value, bytes) else value for name, value in headers.items()}
    return {name: value for name, value in texts.items() if name not in BOOKKEEPING}


def both(service, method, parameters, answer=(200, {}), **config):
    """What a call comes to in the two ways: the request, and the answer or the error."""
    outcomes = []
    for short in (False, True):
        wire = Wire(answer)
        client = made(service, wire, short=short, **config)
        try:
            told = getattr(client, method)(**parameters)
        except ClientError as error:
            told = (type(error).__name__, str(error), error.response)
        outcomes.append((wire.requests, told))
    return outcomes


@pytest.mark.parametrize(
    ("service", "method", "parameters"),
    [(service, *call) for service, calls in CALLS.items() for call in calls],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_request_is_botocores(service, method, parameters):
    [(own, _), (short, _)] = both(service, method, parameters)
    [own], [short] = own, short
    assert (short.method, short.url) == (own.method, own.url)
    assert short.body == own.body
    told = [lowered(own.headers), lowered(short.headers)]
    agents = [headers.pop("user-agent") for headers in told]
    assert told[0] == told[1]
    assert agents[1].split(" ")[0] == agents[0].split(" ")[0]  # Botocore/1.2.3


def test_every_operation_of_the_short_way_is_compared_with_botocores_own():
    clients = {service: made(service, Wire()) for service in CALLS}
    asked = {
        service: {clients[service].meta.method_to_api_mapping[method] for method, _ in calls}
        for service, calls in CALLS.items()
    }
    assert asked == json_calls.OPERATIONS


def test_no_answer_of_the_short_way_has_what_json_cannot_tell_but_dynamodbs_bytes():
    def types(shape, seen):
        if shape.name in seen:
            return set()
        seen.add(shape.name)
        members = [*getattr(shape, "members", {}).values()]
        members += [getattr(shape, name) for name in ("member", "key", "value") if hasattr(shape, name)]
        return {shape.type_name} | {name for member in members for name in types(member, seen)}

    for service, operations in json_calls.OPERATIONS.items():
        model = get_session().get_service_model(service)
        for operation in operations:
            found = types(model.operation_model(operation).output_shape, set())
            assert "timestamp" not in found, operation
            assert ("blob" in found) <= (service == "dynamodb"), operation


ANSWERS = {
    "found": ("get_item", (200, {"Item": {"pk": {"S": "Zoë"}, "n": {"N": "1"}}})),
    "bytes": ("get_item", (200, {"Item": {"doc": {"B": "AP8="}}})),
    "a set of bytes": ("get_item", (200, {"Item": {"doc": {"BS": ["AP8=", "AA=="]}}})),
    "nothing": ("get_item", (200, {})),
    "an empty body": ("get_item", (200, b"")),
    "a body that is none": ("get_item", (200, b"<html>")),
    "unprocessed": ("batch_get_item", (200, {"Responses": {"t": []}, "UnprocessedKeys": {"t": {"Keys": [KEY]}}})),
    "refused": ("put_item", (400, {"__type": "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException", "message": "The conditional request failed"})),
    "throttled": ("get_item", (400, {"__type": "x#ProvisionedThroughputExceededException", "message": "slow"})),
    "cancelled": ("transact_write_items", (400, {"__type": "x#TransactionCanceledException", "Message": "no", "CancellationReasons": [{"Code": "None"}, {"Code": "ConditionalCheckFailed", "Item": ITEM | {"raw": {"B": "AP8="}}}]})),
    "unknown": ("get_item", (403, {"__type": "UnrecognizedClientException", "message": "The security token is invalid"})),
    "another place": ("get_item", (300, {"__type": "x#Moved", "message": "elsewhere"})),
    "trouble": ("get_item", (500, {"__type": "InternalServerError"})),
    "a gateway's page": ("get_item", (503, b"<html>no</html>")),
}  # fmt: skip


@pytest.mark.parametrize(("method", "answer"), ANSWERS.values(), ids=ANSWERS)
def test_the_answer_is_botocores(method, answer):
    parameters = dict(CALLS["dynamodb"])[method]
    [(_, own), (_, short)] = both("dynamodb", method, parameters, answer)
    for told in (own, short):
        response = told[2] if isinstance(told, tuple) else told
        response["ResponseMetadata"]["HTTPHeaders"] = dict(response["ResponseMetadata"]["HTTPHeaders"])
    assert short == own


def test_a_queues_error_has_the_name_that_it_always_had():
    parameters = {"QueueUrl": QUEUE, "MessageBody": "x"}
    body = {"__type": "com.amazonaws.sqs#QueueDoesNotExist", "message": "no such queue"}
    answer = (400, body, {"x-amzn-query-error": "AWS.SimpleQueueService.NonExistentQueue;Sender"})
    [(_, own), (_, short)] = both("sqs", "send_message", parameters, answer)
    assert short[:2] == own[:2]
    assert short[2]["Error"] == own[2]["Error"]
    assert short[2]["Error"]["Code"] == "AWS.SimpleQueueService.NonExistentQueue"


def test_errors_can_be_caught_by_the_clients_own_names():
    client = made("dynamodb", Wire(ANSWERS["refused"][1]))
    with pytest.raises(client.exceptions.ConditionalCheckFailedException):
        client.put_item(TableName="t", Item=KEY)


TROUBLE = {
    "throttled": (400, {"__type": "ThrottlingException"}),
    "too many": (429, {}),
    "trouble": (500, {"__type": "InternalServerError"}),
    "a gateway's page": (502, b"<html>"),
    "no connection": ConnectTimeoutError(endpoint_url="https://d"),
    "no answer": ReadTimeoutError(endpoint_url="https://d"),
}


@pytest.mark.parametrize("trouble", TROUBLE.values(), ids=TROUBLE)
def test_trouble_is_tried_again_after_a_pause_as_often_as_the_client_may(trouble, pauses):
    wire = Wire(trouble, trouble, (200, {"Item": KEY}))
    answer = made("dynamodb", wire, attempts=3).get_item(TableName="t", Key=KEY)
    assert answer["Item"] == KEY
    assert answer["ResponseMetadata"]["RetryAttempts"] == 2
    assert len(wire.requests) == 3 and len(pauses) == 2


@pytest.mark.parametrize("trouble", TROUBLE.values(), ids=TROUBLE)
@pytest.mark.parametrize("attempts", [1, 4])
def test_the_last_trys_trouble_is_raised(trouble, attempts, pauses):
    wire = Wire(trouble)
    with pytest.raises(type(trouble) if isinstance(trouble, Exception) else ClientError):
        made("dynamodb", wire, attempts=attempts).get_item(TableName="t", Key=KEY)
    assert len(wire.requests) == attempts and len(pauses) == attempts - 1


def test_the_pause_doubles_up_to_twenty_seconds(monkeypatch, pauses):
    monkeypatch.setattr(backoff.random, "uniform", lambda low, high: high)
    with pytest.raises(ClientError):
        made("dynamodb", Wire(TROUBLE["trouble"]), attempts=12).get_item(TableName="t", Key=KEY)
    assert pauses == [0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 20.0, 20.0]


@pytest.mark.parametrize("name", ["refused", "cancelled", "unknown"])
def test_a_refusal_is_not_tried_again(name, pauses):
    method, answer = ANSWERS[name]
    wire = Wire(answer)
    with pytest.raises(ClientError):
        getattr(made("dynamodb", wire, attempts=5), method)(**dict(CALLS["dynamodb"])[method])
    assert len(wire.requests) == 1 and not pauses


def test_a_transaction_that_is_tried_again_is_the_same_one_and_another_is_another():
    wire = Wire(TROUBLE["trouble"], (200, {}))
    client = made("dynamodb", wire, attempts=2)
    for _ in range(2):
        client.transact_write_items(TransactItems=[{"Put": {"TableName": "t", "Item": KEY}}])
    first, again, other = [json.loads(request.body)["ClientRequestToken"] for request in wire.requests]
    assert first == again != other


def test_each_try_is_signed_with_the_credentials_of_its_moment():
    wire = Wire(TROUBLE["trouble"], (200, {}))
    client = made("dynamodb", wire, attempts=2)
    wire.send, send = (
        lambda request, **_: setattr(client._request_signer._credentials, "token", "new") or send(request),
        wire.send,
    )
    client.meta.events.register_first("before-send", wire.send)
    client.get_item(TableName="t", Key=KEY)
    tokens = [request.headers["X-Amz-Security-Token"] for request in wire.requests]
    assert tokens[0] == "token" and tokens[-1] == "new"


def test_parameters_are_checked_where_the_client_checks_them():
    with pytest.raises(ParamValidationError, match="TableName"):
        made("dynamodb", Wire()).get_item(Key=KEY)
    wire = Wire()
    made("dynamodb", wire, parameter_validation=False).get_item(Key=KEY)
    assert json.loads(wire.requests[0].body) == {"Key": KEY}


def test_what_json_has_no_form_for_is_named():
    client = made("dynamodb", Wire(), parameter_validation=False)
    for value, named in ((object(), "a object cannot be sent"), ({(): "x"}, "tuple")):
        with pytest.raises(ParamValidationError, match=named):
            client.get_item(TableName="t", Key=value)


def test_hooks_see_the_call_and_may_change_or_answer_it():
    wire, seen = Wire(), []
    client = made("dynamodb", wire)
    events = client.meta.events
    events.register("provide-client-params.dynamodb.GetItem", lambda params, **_: {**params, "TableName": "other"})
    events.register("before-call.dynamodb.GetItem", lambda params, **_: params["headers"].update({"X-Mine": "1"}))
    events.register("after-call.dynamodb.GetItem", lambda parsed, model, **_: seen.append((model.name, parsed)))
    answer = client.get_item(TableName="t", Key=KEY)
    [request] = wire.requests
    assert json.loads(request.body)["TableName"] == "other"
    assert request.headers["X-Mine"] == "1" and "x-mine" in request.headers["Authorization"]
    assert seen == [("GetItem", answer)]
    given = AWSResponse("https://d", 200, {}, Raw(b""))
    events.register_first("before-call.dynamodb.GetItem", lambda **_: (given, {"Item": {}}))
    assert client.get_item(TableName="t", Key=KEY) == {"Item": {}}
    assert len(wire.requests) == 1


def test_hooks_are_shown_the_request_as_botocore_shows_it():
    shown = []
    for short in (False, True):
        client = made("dynamodb", Wire(), short=short)
        client.meta.events.register("before-call", lambda params, **_: shown.append(params))
        client.get_item(TableName="t", Key=KEY)
    own, short = shown
    assert {name: own[name] for name in short if name not in ("headers", "context")} == {
        name: short[name] for name in short if name not in ("headers", "context")
    }
    assert {"url", "url_path", "query_string", "method", "body", "headers", "context"} <= short.keys()
    assert short["context"]["client_region"] == own["context"]["client_region"]


def test_without_a_hooks_answer_the_clients_own_session_sends():
    client = made("dynamodb", wire := Wire((200, {"Item": KEY})))
    client.meta.events.unregister("before-send", wire.send)
    client._endpoint.http_session = wire
    assert client.get_item(TableName="t", Key=KEY)["Item"] == KEY
    assert not wire.requests[0].stream_output
