"""SendMessages and SendUsersMessages to devices: relayed to AWS End User Messaging Push, in few calls, with a result for each."""

import pytest
from botocore.exceptions import ClientError

from handlers.shared import tables
from handlers.shared.clients import sending_client
from tests.handlers.engagement.conftest import APPLICATION as APP
from tests.handlers.engagement.push_world import PUSH_APPLICATION


@pytest.fixture
def push_application_id():
    return PUSH_APPLICATION


@pytest.fixture
def client(devices, pinpoint):
    return pinpoint


def send(client, addresses, configuration, **request):
    message = {"Addresses": addresses, "MessageConfiguration": configuration, **request}
    return client.send_messages(ApplicationId=APP, MessageRequest=message)["MessageResponse"]["Result"]


def store(client, identifier, token, channel="GCM", **members):
    endpoint = {"ChannelType": channel, "Address": token, **members}
    client.update_endpoint(ApplicationId=APP, EndpointId=identifier, EndpointRequest=endpoint)


def test_a_hundred_devices_of_two_kinds_are_reached_by_one_call_each_with_its_own_text(client, devices):
    addresses = {
        f"t{at}": {"ChannelType": "GCM" if at % 2 else "APNS", "Substitutions": {"name": [f"N{at}"]}}
        for at in range(100)
    }
    answer = send(client, addresses, {"DefaultPushNotificationMessage": {"Title": "Hi", "Body": "Dear {{name}}"}})
    assert {result["DeliveryStatus"] for result in answer.values()} == {"SUCCESSFUL"}
    assert devices.service.calls == [100]
    assert devices.got() == {f"t{at}": ("Hi", f"Dear N{at}") for at in range(100)}


def test_each_device_has_its_own_result_and_the_new_token_is_told(client, devices):
    devices.states(dead="unregistered", moved=("updated", "new"), busy="throttled", odd="failing")
    addresses = {token: {"ChannelType": "GCM"} for token in ("fine", "dead", "moved", "busy", "odd")}
    answer = send(client, addresses, {"GCMMessage": {"Body": "Hi"}})
    assert {token: (one["DeliveryStatus"], one["StatusCode"]) for token, one in answer.items()} == {
        "fine": ("SUCCESSFUL", 200),
        "dead": ("PERMANENT_FAILURE", 410),
        "moved": ("SUCCESSFUL", 200),
        "busy": ("THROTTLED", 429),
        "odd": ("TEMPORARY_FAILURE", 500),
    }
    assert answer["moved"]["UpdatedToken"] == "new"
    assert "UpdatedToken" not in answer["fine"]


def test_texts_and_mail_go_their_own_ways_beside_push_and_results_stay_with_their_addresses(client, devices):
    addresses = {"+0": {"ChannelType": "SMS"}, "token": {"ChannelType": "APNS"}, "x": {"ChannelType": "CUSTOM"}}
    answer = send(client, addresses, {"DefaultMessage": {"Body": "Hi"}})
    assert [answer[name]["DeliveryStatus"] for name in addresses] == [
        "PERMANENT_FAILURE", "SUCCESSFUL", "PERMANENT_FAILURE",
    ]  # fmt: skip
    assert "E.164" in answer["+0"]["StatusMessage"]
    assert "CUSTOM is not offered" in answer["x"]["StatusMessage"]
    assert devices.got() == {"token": ("", "Hi")}


def test_contexts_and_the_trace_go_along_and_own_texts_win(client, devices):
    own = {"ChannelType": "GCM", "TitleOverride": "T {{Id}}", "BodyOverride": "B", "Context": {"mine": "1"}}
    send(
        client,
        {"a": own, "b": {"ChannelType": "GCM", "RawContent": '{"data":{"x":"y"}}'}},
        {"GCMMessage": {"Title": "t", "Body": "b", "TimeToLive": 60, "ImageUrl": "https://i"}},
        Context={"all": "2"},
    )
    found = devices.messages()
    assert found["a"] == {"Title": "T ", "Body": "B", "TimeToLive": 60, "ImageUrl": "https://i"}
    assert found["b"]["RawContent"] == '{"data":{"x":"y"}}'
    assert devices.contexts() == {
        "a": {"ChannelType": "GCM", "all": "2", "mine": "1"},
        "b": {"ChannelType": "GCM", "all": "2"},
    }


def test_a_template_is_rendered_for_each_endpoint_and_each_kind_of_device_gets_its_own_part(client, devices):
    template = {
        "Default": {"Title": "Hello {{Attributes.Name.[0]}}", "Body": "From {{Location.City}}", "Action": "OPEN_APP"},
        "APNS": {"Title": "iOS", "Body": "{{Attributes.Name.[0]}}", "MediaUrl": "https://m"},
        "DefaultSubstitutions": '{"Location": {"City": "Nowhere"}}',
    }
    client.create_push_template(TemplateName="news", PushNotificationTemplateRequest=template)
    store(client, "a", "token-a", Attributes={"Name": ["Ada"]}, Location={"City": "Rome"})
    store(client, "b", "token-b", "APNS", Attributes={"Name": ["Bob"]})
    request = {
        "Endpoints": {"a": {}, "b": {}, "none": {}},
        "MessageConfiguration": {},
        "TemplateConfiguration": {"PushTemplate": {"Name": "news"}},
    }
    answer = client.send_messages(ApplicationId=APP, MessageRequest=request)["MessageResponse"]["EndpointResult"]
    assert {name: one["DeliveryStatus"] for name, one in answer.items()} == {
        "a": "SUCCESSFUL",
        "b": "SUCCESSFUL",
        "none": "PERMANENT_FAILURE",
    }
    assert devices.got() == {"token-a": ("Hello Ada", "From Rome"), "token-b": ("iOS", "Bob")}
    assert devices.messages()["token-b"]["MediaUrl"] == "https://m"


def test_what_results_say_of_tokens_is_written_to_the_endpoints_of_users(client, devices):
    devices.states(dead="unregistered", moved=("updated", "new"), foreign="foreign", busy="throttled")
    for name in ("dead", "moved", "foreign", "busy"):
        store(client, name, name, User={"UserId": "ada"})
    request = {"Users": {"ada": {}}, "MessageConfiguration": {"GCMMessage": {"Body": "Hi"}}}
    client.send_users_messages(ApplicationId=APP, SendUsersMessageRequest=request)
    found = {
        name: client.get_endpoint(ApplicationId=APP, EndpointId=name)["EndpointResponse"]
        for name in ("dead", "moved", "foreign", "busy")
    }
    assert {name: (one["Address"], one["EndpointStatus"]) for name, one in found.items()} == {
        "dead": ("dead", "INACTIVE"),
        "moved": ("new", "ACTIVE"),
        "foreign": ("foreign", "ACTIVE"),
        "busy": ("busy", "ACTIVE"),
    }


def test_a_table_that_is_throttled_when_the_messages_are_out_changes_no_result(client, devices, world, monkeypatch):
    monkeypatch.setattr(tables, "backoff", lambda attempt: None)
    sent = []
    push = sending_client("pinpoint")
    push.meta.events.register("after-call.pinpoint.SendMessages", lambda **_: sent.append(True))

    def leave_unread(parsed, **_):
        if sent:
            parsed["UnprocessedKeys"] = {"endpoints": {"Keys": [{"pk": {"S": "a"}, "sk": {"S": "b"}}]}}

    world.tables.endpoints.client.meta.events.register("after-call.dynamodb.BatchGetItem", leave_unread)
    devices.states(dead="unregistered")
    store(client, "a", "dead")
    request = {"Endpoints": {"a": {}}, "MessageConfiguration": {"GCMMessage": {"Body": "Hi"}}}
    answer = client.send_messages(ApplicationId=APP, MessageRequest=request)["MessageResponse"]["EndpointResult"]
    assert answer["a"]["StatusCode"] == 410
    with pytest.raises(ClientError) as raised:  # what cannot be read at all is the caller's to ask again
        client.send_messages(ApplicationId=APP, MessageRequest=request)
    assert raised.value.response["Error"]["Code"] == "TooManyRequestsException"


def test_two_endpoints_with_one_token_both_get_their_message(client, devices):
    for name in ("a", "b"):
        store(client, name, f"token-{name}")
    client.update_endpoint(
        ApplicationId=APP, EndpointId="b", EndpointRequest={"Address": "token-a", "EndpointStatus": "ACTIVE"}
    )
    request = {"Endpoints": {"a": {}, "b": {}}, "MessageConfiguration": {"GCMMessage": {"Body": "{{Id}}"}}}
    answer = client.send_messages(ApplicationId=APP, MessageRequest=request)["MessageResponse"]["EndpointResult"]
    assert {one["DeliveryStatus"] for one in answer.values()} == {"SUCCESSFUL"}
    assert devices.service.calls == [1, 1]


def test_raw_content_takes_values_with_quotation_marks_and_is_refused_where_it_is_no_json(client, devices):
    store(client, "a", "token", Attributes={"Name": ['Ada "the first"\n']})
    raw = {"GCMMessage": {"RawContent": '{"data": {"name": "{{Attributes.Name.[0]}}"}}'}}
    request = {"Endpoints": {"a": {}}, "MessageConfiguration": raw}
    client.send_messages(ApplicationId=APP, MessageRequest=request)
    assert devices.messages()["token"]["RawContent"] == '{"data": {"name": "Ada \\"the first\\"\\n"}}'
    answer = send(client, {"t": {"ChannelType": "GCM", "RawContent": "{{nothing}}"}}, {})
    assert (answer["t"]["DeliveryStatus"], answer["t"]["StatusMessage"][:43]) == (
        "PERMANENT_FAILURE",
        "The message cannot be rendered: RawContent ",
    )


@pytest.mark.parametrize(
    ("configuration", "own", "told"),
    [
        ({"GCMMessage": {"RawContent": '{"data": {"a": "\\ud800"}}'}}, {}, "RawContent holds half of a surrogate pair"),
        ({"SMSMessage": {"Body": "Hi"}}, {}, "nothing for ChannelType GCM"),
        ({"GCMMessage": {"Body": "x" * 4097}}, {}, "4,097 bytes of text; a payload of GCM has 4,096 at the most"),
        ({"GCMMessage": {"Body": "{{#if}}"}}, {}, "cannot be rendered"),
    ],
)
def test_a_message_that_cannot_arrive_says_why(client, devices, configuration, own, told):
    answer = send(client, {"t": {"ChannelType": "GCM", **own}}, configuration)
    assert answer["t"]["DeliveryStatus"] == "PERMANENT_FAILURE"
    assert told in answer["t"]["StatusMessage"]
    assert not devices.got()


@pytest.mark.parametrize(("trouble", "status"), [({"throttled": 1}, "THROTTLED"), ({"failing": 2}, "UNKNOWN_FAILURE")])
def test_a_call_that_is_refused_is_the_result_of_each_of_its_messages(client, devices, trouble, status):
    if "throttled" in trouble:
        devices.service.throttled["SendMessages"] = 1
    else:
        devices.service.failing_every["SendMessages"] = 1
        with pytest.raises(ClientError):  # the first in turn is a throttle, the second a fault
            devices.service_client().send_messages(
                ApplicationId="x", MessageRequest={"Addresses": {"t": {}}, "MessageConfiguration": {}}
            )
    answer = send(
        client, {"a": {"ChannelType": "GCM"}, "b": {"ChannelType": "APNS"}}, {"DefaultMessage": {"Body": "Hi"}}
    )
    assert {one["DeliveryStatus"] for one in answer.values()} == {status}
    assert not devices.got()
