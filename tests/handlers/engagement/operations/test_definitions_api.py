"""Apps, lists, templates, journeys, events, messages, tags and errors, from outside."""

import json

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.handlers.engagement.operations.definitions import APP, ROLE, batch, segment


def test_settings_that_the_service_does_not_act_on_are_refused(pinpoint):
    for name in ("CloudWatchMetricsEnabled", "EventTaggingEnabled"):
        with pytest.raises(pinpoint.exceptions.BadRequestException, match=f"{name} true is not offered"):
            pinpoint.update_application_settings(ApplicationId=APP, WriteApplicationSettingsRequest={name: True})
        pinpoint.update_application_settings(ApplicationId=APP, WriteApplicationSettingsRequest={name: False})


def test_lists_page_and_bad_tokens_are_refused(pinpoint):
    made = {segment(pinpoint)["Id"] for _ in range(5)}
    seen, token = [], None
    while True:
        page = pinpoint.get_segments(ApplicationId=APP, PageSize="2", **({"Token": token} if token else {}))[
            "SegmentsResponse"
        ]
        seen += [entry["Id"] for entry in page["Item"]]
        token = page.get("NextToken")
        if not token:
            break
    assert set(seen) == made and len(seen) == 5
    for arguments in ({"Token": "nonsense"}, {"PageSize": "0"}, {"PageSize": "x"}):
        with pytest.raises(pinpoint.exceptions.BadRequestException):
            pinpoint.get_segments(ApplicationId=APP, **arguments)


def test_templates_have_versions_and_an_active_one(pinpoint):
    pinpoint.create_sms_template(TemplateName="welcome", SMSTemplateRequest={"Body": "one"})
    pinpoint.update_sms_template(TemplateName="welcome", SMSTemplateRequest={"Body": "two"}, CreateNewVersion=True)
    assert pinpoint.get_sms_template(TemplateName="welcome")["SMSTemplateResponse"]["Body"] == "two"
    pinpoint.update_template_active_version(
        TemplateName="welcome", TemplateType="sms", TemplateActiveVersionRequest={"Version": "1"}
    )
    assert pinpoint.get_sms_template(TemplateName="welcome")["SMSTemplateResponse"]["Body"] == "one"
    versions = pinpoint.list_template_versions(TemplateName="welcome", TemplateType="sms")["TemplateVersionsResponse"][
        "Item"
    ]
    assert [entry["Version"] for entry in versions] == ["2", "1"]
    assert pinpoint.list_templates(Prefix="wel")["TemplatesResponse"]["Item"][0]["TemplateType"] == "SMS"
    with pytest.raises(pinpoint.exceptions.BadRequestException, match="never closed"):
        pinpoint.create_sms_template(TemplateName="bad", SMSTemplateRequest={"Body": "{{#if x}}"})


def test_put_events_writes_to_the_stream_and_updates_endpoints(world, pinpoint):
    event = {
        "EventType": "_custom.bought",
        "Timestamp": "2030-01-02T03:04:05.678Z",
        "Attributes": {"a": "b"},
        "Metrics": {"m": 2},
    }
    answer = pinpoint.put_events(
        ApplicationId=APP,
        EventsRequest={
            "BatchItem": {
                "e": {
                    "Endpoint": {"ChannelType": "SMS", "Address": "+12065550100"},
                    "Events": {"1": event, "2": {**event, "Timestamp": "x"}},
                }
            }
        },
    )["EventsResponse"]["Results"]["e"]
    assert answer["EndpointItemResponse"]["StatusCode"] == 202
    assert {name: entry["StatusCode"] for name, entry in answer["EventsItemResponse"].items()} == {"1": 202, "2": 400}
    (stored,) = world.events()
    assert (
        stored["event_type"] == "_custom.bought"
        and stored["client"] == {"client_id": "e"}
        and stored["event_timestamp"] == 1893553445678
    )
    assert json.loads(stored["client_context"]["custom"]["endpoint"])["ChannelType"] == "SMS"


def test_messages_go_out_by_email_with_a_result_each(world, pinpoint):
    boto3.client("sesv2").create_email_identity(EmailIdentity="shop@example.org")
    batch(
        pinpoint,
        [
            {
                "Id": "m",
                "ChannelType": "EMAIL",
                "Address": "a@b.c",
                "Attributes": {"Name": ["Ada"]},
                "User": {"UserId": "ada"},
            }
        ],
    )
    content = {
        "EmailMessage": {
            "SimpleEmail": {
                "Subject": {"Data": "Hi {{Attributes.Name}}"},
                "HtmlPart": {"Data": "<b>{{Attributes.Nope}}</b>"},
            }
        }
    }
    result = pinpoint.send_messages(
        ApplicationId=APP, MessageRequest={"Endpoints": {"m": {}, "gone": {}}, "MessageConfiguration": content}
    )["MessageResponse"]["EndpointResult"]
    assert result["m"]["DeliveryStatus"] == "PERMANENT_FAILURE" and "Attributes.Nope" in result["m"]["StatusMessage"]
    assert result["gone"]["DeliveryStatus"] == "PERMANENT_FAILURE"
    sent = pinpoint.send_users_messages(
        ApplicationId=APP,
        SendUsersMessageRequest={
            "Users": {"ada": {"Substitutions": {"Attributes.Nope": ["yes"]}}},
            "MessageConfiguration": content,
        },
    )["SendUsersMessageResponse"]["Result"]["ada"]["m"]
    assert (sent["DeliveryStatus"], sent["StatusCode"]) == ("SUCCESSFUL", 200)
    bad = pinpoint.send_messages(
        ApplicationId=APP,
        MessageRequest={
            "Addresses": {"12": {"ChannelType": "SMS"}, "t": {"ChannelType": "GCM"}},
            "MessageConfiguration": {"SMSMessage": {"Body": "x"}},
        },
    )["MessageResponse"]["Result"]
    assert {entry["DeliveryStatus"] for entry in bad.values()} == {"PERMANENT_FAILURE"}


def test_tags_by_arn(pinpoint):
    made = segment(pinpoint)
    pinpoint.tag_resource(ResourceArn=made["Arn"], TagsModel={"tags": {"a": "1", "b": "2"}})
    pinpoint.untag_resource(ResourceArn=made["Arn"], TagKeys=["a"])
    assert pinpoint.list_tags_for_resource(ResourceArn=made["Arn"])["TagsModel"]["tags"] == {"b": "2"}


def test_journeys_are_stored_and_read_back(pinpoint):
    made = pinpoint.create_journey(
        ApplicationId=APP, WriteJourneyRequest={"Name": "j", "Schedule": {"StartTime": "2030-01-02T03:04:05Z"}}
    )["JourneyResponse"]
    assert pinpoint.get_journey(ApplicationId=APP, JourneyId=made["Id"])["JourneyResponse"]["State"] == "DRAFT"
    with pytest.raises(pinpoint.exceptions.BadRequestException, match="Activities is missing"):
        pinpoint.update_journey_state(ApplicationId=APP, JourneyId=made["Id"], JourneyStateRequest={"State": "ACTIVE"})


def test_apps_settings_and_the_event_stream(world, pinpoint):
    made = pinpoint.create_app(CreateApplicationRequest={"Name": "two"})["ApplicationResponse"]
    with pytest.raises(pinpoint.exceptions.NotFoundException):
        pinpoint.get_event_stream(ApplicationId=made["Id"])
    stream = {"DestinationStreamArn": world.environment.event_stream_arn, "RoleArn": ROLE}
    pinpoint.put_event_stream(ApplicationId=made["Id"], WriteEventStream=stream)
    with pytest.raises(pinpoint.exceptions.BadRequestException):
        pinpoint.put_event_stream(
            ApplicationId=made["Id"], WriteEventStream={**stream, "DestinationStreamArn": "arn:x"}
        )
    hook = {"LambdaFunctionName": "f", "Mode": "FILTER"}
    pinpoint.update_application_settings(
        ApplicationId=made["Id"], WriteApplicationSettingsRequest={"CampaignHook": hook}
    )
    assert (
        pinpoint.get_application_settings(ApplicationId=made["Id"])["ApplicationSettingsResource"]["CampaignHook"]
        == hook
    )
    pinpoint.delete_app(ApplicationId=made["Id"])
    with pytest.raises(pinpoint.exceptions.NotFoundException):
        pinpoint.get_app(ApplicationId=made["Id"])
    with pytest.raises(pinpoint.exceptions.BadRequestException, match="belongs to the stack"):
        pinpoint.delete_app(ApplicationId=APP)


def test_what_is_not_offered_or_not_there_is_a_typed_error(pinpoint, send):
    with pytest.raises(pinpoint.exceptions.BadRequestException, match="GetGcmChannel is not offered"):
        pinpoint.get_gcm_channel(ApplicationId=APP)
    with pytest.raises(pinpoint.exceptions.NotFoundException):
        pinpoint.get_app(ApplicationId="nope")
    assert send("GET", "/v1/nonsense")[1]["x-amzn-errortype"] == "NotFoundException"
    assert send("PATCH", f"/v1/apps/{APP}")[0] == 405
    assert send("PUT", f"/v1/apps/{APP}/endpoints", b"{")[0] == 400
    assert send("PUT", f"/v1/apps/{APP}/endpoints", b"{}")[2]["Message"] == "Item is missing"
    assert send("PUT", f"/v1/apps/{APP}/endpoints", b"x" * (7 * 1024 * 1024 + 1))[0] == 413
    assert (
        send("POST", "/v1/phone/number/validate/", b'{"PhoneNumber": 5}')[2]["Message"]
        == "PhoneNumber is 5; needed is a text"
    )


def test_every_operation_of_the_list_has_a_function():
    from handlers.engagement.operations import MODULE_OF, find

    assert all(callable(find(operation)) for operation in MODULE_OF)


def test_the_text_of_an_sms_template_is_one_that_end_user_messaging_takes(pinpoint):
    def refused(body):
        try:
            pinpoint.create_sms_template(TemplateName=f"t{abs(hash(body))}", SMSTemplateRequest={"Body": body})
        except ClientError as error:
            return error.response["Error"]["Message"]
        return ""

    assert not any(map(refused, ("a" * 1530, "ж" * 630, "a" * 1520 + "{{User.UserAttributes.FirstName}}")))
    assert "Body has 1,531 characters; allowed are 1 to 1,530" in refused("a" * 1531)
    assert "Body has 631 characters, of which some are not in GSM's alphabet" in refused("ж" * 631)
    assert "Body has 631 characters" in refused("ж" * 631 + "{{User.UserId}}")
    branches = "{{#if Attributes.de}}" + "ж" * 400 + "{{else}}" + "ж" * 400 + "{{/if}}"
    assert refused(branches) == ""


def test_a_project_without_an_event_stream_says_so_and_does_the_rest(world, pinpoint, monkeypatch):
    from handlers.engagement import service

    assert pinpoint.get_event_stream(ApplicationId=APP)["EventStream"]["DestinationStreamArn"]
    monkeypatch.setenv("EVENT_STREAM_ARN", "")
    monkeypatch.setenv("EVENT_STREAM_NAME", "")
    service.forget()
    with pytest.raises(pinpoint.exceptions.NotFoundException):
        pinpoint.get_event_stream(ApplicationId=APP)
    stream = {"DestinationStreamArn": world.environment.event_stream_arn, "RoleArn": ROLE}
    with pytest.raises(
        pinpoint.exceptions.BadRequestException, match=r"no event stream: .* engagement:project\.events\.stream"
    ):
        pinpoint.put_event_stream(ApplicationId=APP, WriteEventStream=stream)
    event = {"EventType": "opened", "Timestamp": "2026-11-01T00:00:00Z"}
    batch = {"ada": {"Endpoint": {}, "Events": {"one": event}}}
    answer = pinpoint.put_events(ApplicationId=APP, EventsRequest={"BatchItem": batch})["EventsResponse"]
    assert answer["Results"]["ada"]["EventsItemResponse"]["one"]["StatusCode"] == 202
    assert pinpoint.get_email_channel(ApplicationId=APP)["EmailChannelResponse"]["Identity"].startswith("arn:aws:ses:")
