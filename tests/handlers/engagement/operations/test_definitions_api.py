"""Apps, segments, jobs, templates, campaigns, journeys, events, messages, tags and errors, from outside."""

import json

import boto3
import pytest
from botocore.exceptions import ClientError

APP = "0a" * 16
ROLE = "arn:aws:iam::123456789012:role/engagement/import"
SMS = [{"Id": f"e{n}", "ChannelType": "SMS", "Address": f"+1206555010{n}"} for n in range(4)]
SEED_GROUPS = {
    "Include": "ALL",
    "Groups": [
        {"Type": "NONE", "SourceType": "ALL", "Dimensions": [{"Attributes": {"PNV_PhoneNumberValidated": {"AttributeType": "INCLUSIVE", "Values": ["Yes"]}}}]},
        {"Type": "ANY", "SourceType": "ANY", "Dimensions": [{"Demographic": {"Channel": {"DimensionType": "INCLUSIVE", "Values": ["SMS", "VOICE"]}}}]},
    ],
}  # fmt: skip


def batch(pinpoint, items):
    pinpoint.update_endpoints_batch(ApplicationId=APP, EndpointBatchRequest={"Item": items})


def read(world, segment_id, version=None):
    from handlers.engagement.segments.reader import SegmentReader

    reader = SegmentReader(world.tables, APP)
    found = []
    for shard in range(16):
        after = None
        while True:
            page = reader.page(segment_id, version, shard, after, 2)
            found += [endpoint["Id"] for endpoint in page.endpoints]
            after = page.last
            if after is None:
                break
    return sorted(found)


def segment(pinpoint, **definition):
    return pinpoint.create_segment(ApplicationId=APP, WriteSegmentRequest={"Name": "s", **definition})[
        "SegmentResponse"
    ]


def test_the_seeds_groups_select_what_is_not_validated(world, pinpoint):
    batch(pinpoint, [*SMS, {"Id": "mail", "ChannelType": "EMAIL", "Address": "a@b.c"}])
    batch(
        pinpoint,
        [{"Id": "e0", "Attributes": {"PNV_PhoneNumberValidated": ["Yes"]}}, {"Id": "e1", "Attributes": {"x": ["1"]}}],
    )
    assert read(world, segment(pinpoint, SegmentGroups=SEED_GROUPS)["Id"]) == ["e1", "e2", "e3"]


def test_source_segments_combine_imports_and_dimensions(world, pinpoint):
    from handlers.engagement.segments.members import MemberStore

    batch(pinpoint, [{**item, "Attributes": {"n": [str(at)]}} for at, item in enumerate(SMS)])
    job = pinpoint.create_import_job(
        ApplicationId=APP,
        ImportJobRequest={
            "Format": "CSV",
            "S3Url": "s3://bucket/a b.csv",
            "RoleArn": ROLE,
            "DefineSegment": True,
            "SegmentName": "a b.csv",
        },
    )["ImportJobResponse"]
    assert job["Definition"]["SegmentName"] == "a b.csv" and job["Definition"]["ExternalId"]
    imported = job["Definition"]["SegmentId"]
    assert world.executions("import")[0] == {"name": job["Id"], "input": {"ApplicationId": APP, "JobId": job["Id"]}}
    MemberStore(world.tables.members).put(imported, 1, ["E0", "e1", "gone"])
    assert read(world, imported) == ["e0", "e1"]
    attributes = {"Attributes": {"n": {"AttributeType": "INCLUSIVE", "Values": ["1", "2"]}}}
    group = {
        "Type": "ALL",
        "SourceType": "ALL",
        "Dimensions": [attributes],
        "SourceSegments": [{"Id": imported, "Version": 1}],
    }
    assert read(world, segment(pinpoint, SegmentGroups={"Include": "ALL", "Groups": [group]})["Id"]) == ["e1"]
    without = {**group, "SourceType": "NONE"}
    assert read(world, segment(pinpoint, SegmentGroups={"Include": "ALL", "Groups": [without]})["Id"]) == ["e2"]
    jobs = pinpoint.get_segment_import_jobs(ApplicationId=APP, SegmentId=imported)["ImportJobsResponse"]["Item"]
    assert [entry["Id"] for entry in jobs] == [job["Id"]]


def test_imports_into_a_segment_reserve_versions_of_it_and_its_end_takes_their_members(world, pinpoint):
    from handlers.engagement.segments.members import MemberStore
    from handlers.engagement.store.registry import Jobs

    def start(**more):
        return pinpoint.create_import_job(
            ApplicationId=APP,
            ImportJobRequest={
                "Format": "CSV",
                "S3Url": "s3://bucket/a.csv",
                "RoleArn": ROLE,
                "DefineSegment": True,
                **more,
            },
        )["ImportJobResponse"]

    identifier = start(SegmentName="first")["Definition"]["SegmentId"]
    jobs = Jobs(world.tables.registry, APP, "IMPORT")
    again = [start(SegmentId=identifier, SegmentName=name) for name in ("second", "third")]
    assert [record and record["_SegmentVersion"] for record in (jobs.get(job["Id"]) for job in again)] == [2, 3]
    assert [job["Definition"]["SegmentName"] for job in again] == ["second", "third"]
    segment = pinpoint.get_segment(ApplicationId=APP, SegmentId=identifier)["SegmentResponse"]
    assert (segment["Version"], segment["Name"]) == (1, "first")
    members = MemberStore(world.tables.members)
    for version in (1, 3):
        members.put(identifier, version, ["e0"])
    pinpoint.delete_segment(ApplicationId=APP, SegmentId=identifier)
    [run] = world.executions("deletion")
    assert run == {
        "name": f"segment-{identifier}",
        "input": {"ApplicationId": APP, "SegmentId": identifier, "Versions": 3},
    }
    while not (step := deletion_step(world, run["input"], None))["Done"]:
        pass
    assert step["Cursor"] is None
    assert [members.count(identifier, version) for version in (1, 3)] == [0, 0]


def deletion_step(world, run, cursor, remaining=lambda: 1.0):
    from handlers.engagement.segments.deletion import delete_step

    return delete_step(
        world.tables, run["ApplicationId"], run["SegmentId"], run["Versions"], cursor=cursor, remaining=remaining
    )


def test_a_deletion_that_dies_after_its_start_is_ended_by_the_state_machine(world, pinpoint, monkeypatch):
    from handlers.engagement.segments import members as members_module
    from handlers.engagement.segments.members import MemberStore
    from handlers.engagement.store.registry import Segments

    monkeypatch.setattr(members_module, "DELETED_PER_PAGE", 2)
    request = {"Format": "CSV", "S3Url": "s3://bucket/a.csv", "RoleArn": ROLE, "DefineSegment": True}
    job = pinpoint.create_import_job(ApplicationId=APP, ImportJobRequest=request)["ImportJobResponse"]
    identifier = job["Definition"]["SegmentId"]
    members = MemberStore(world.tables.members)
    members.put(identifier, 1, [f"e{at}" for at in range(100)])
    campaign = pinpoint.create_campaign(
        ApplicationId=APP,
        WriteCampaignRequest={
            "SegmentId": identifier,
            "Schedule": {"StartTime": "2039-01-02T03:04:05Z"},
            "MessageConfiguration": {"SMSMessage": {"Body": "Hi"}},
        },
    )["CampaignResponse"]

    def die(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Segments, "delete", die)
        with pytest.raises(KeyboardInterrupt):
            pinpoint.delete_segment(ApplicationId=APP, SegmentId=identifier)
    state = pinpoint.get_campaign(ApplicationId=APP, CampaignId=campaign["Id"])["CampaignResponse"]["State"]
    assert state == {"CampaignStatus": "DELETED"}
    [run] = world.executions("deletion")
    cursor, steps = None, 0
    while True:
        step = deletion_step(world, run["input"], cursor, lambda: 0.0)
        deletion_step(world, run["input"], cursor, lambda: 0.0)  # a step that is repeated changes nothing
        cursor, steps = step["Cursor"], steps + 1
        if step["Done"]:
            break
    assert steps > 5 and members.count(identifier, 1) == 0
    with pytest.raises(pinpoint.exceptions.NotFoundException):
        pinpoint.get_segment(ApplicationId=APP, SegmentId=identifier)


def test_an_update_of_the_name_alone_leaves_whom_the_segment_selects(world, pinpoint):
    batch(pinpoint, SMS)
    mail = {"Demographic": {"Channel": {"Values": ["EMAIL"]}}}
    made = segment(pinpoint, Dimensions=mail)
    update = {"ApplicationId": APP, "SegmentId": made["Id"]}
    pinpoint.update_segment(**update, WriteSegmentRequest={"Name": "new"})
    assert read(world, made["Id"]) == []
    groups = {"Include": "ALL", "Groups": [{"Dimensions": [{"Demographic": {"Channel": {"Values": ["SMS"]}}}]}]}
    changed = pinpoint.update_segment(**update, WriteSegmentRequest={"SegmentGroups": groups})["SegmentResponse"]
    assert (changed["Name"], "Dimensions" in changed, changed["Version"]) == ("new", False, 3)
    assert len(read(world, made["Id"])) == 4
    everybody = pinpoint.update_segment(**update, WriteSegmentRequest={"Dimensions": {}})["SegmentResponse"]
    assert "SegmentGroups" not in everybody


SCHEDULE = {"StartTime": "2039-01-02T03:04:05"}


@pytest.mark.parametrize(
    ("zone", "start"),
    [
        ("utc", "2039-01-02T03:04:05.000Z"),
        ("utc+05:30", "2039-01-01T21:34:05.000Z"),
        ("UTC-3", "2039-01-02T06:04:05.000Z"),
    ],
)
def test_a_schedules_time_zone_is_read_in_any_case(world, pinpoint, zone, start):
    pinpoint.create_campaign(
        ApplicationId=APP,
        WriteCampaignRequest={
            "SegmentId": segment(pinpoint)["Id"],
            "Schedule": {**SCHEDULE, "Timezone": zone},
            "MessageConfiguration": {"SMSMessage": {"Body": "Hi"}},
        },
    )
    assert world.executions("campaign")[0]["input"]["StartTime"] == start


@pytest.mark.parametrize("zone", ["UTC+24", "UTC+99:99", "UTC+1:60", "CET", "UTC+²"])
def test_a_time_zone_that_is_none_is_refused(pinpoint, zone):
    with pytest.raises(pinpoint.exceptions.BadRequestException, match=r"Schedule.Timezone is"):
        pinpoint.create_campaign(
            ApplicationId=APP,
            WriteCampaignRequest={
                "SegmentId": segment(pinpoint)["Id"],
                "Schedule": {**SCHEDULE, "Timezone": zone},
                "MessageConfiguration": {"SMSMessage": {"Body": "Hi"}},
            },
        )


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ({"SMSMessage": {"MessageType": "PROMOTIONAL"}}, "SMSMessage has no Body"),
        ({"EmailMessage": {"Title": "Hi"}}, "EmailMessage has no HtmlBody and no Body"),
        ({"DefaultMessage": {"Title": "Hi"}}, "DefaultMessage.Body is missing"),
        ({"CustomMessage": {"Data": "x"}}, "needs CustomDeliveryConfiguration"),
    ],
)
def test_a_message_that_says_nothing_is_refused_when_the_campaign_is_made(pinpoint, message, said):
    request = {"SegmentId": segment(pinpoint)["Id"], "Schedule": SCHEDULE, "MessageConfiguration": message}
    with pytest.raises(pinpoint.exceptions.BadRequestException, match=said):
        pinpoint.create_campaign(ApplicationId=APP, WriteCampaignRequest=request)
    treatment = {"SizePercent": 10, "MessageConfiguration": message}
    good = {"DefaultMessage": {"Body": "Hi"}}
    with pytest.raises(pinpoint.exceptions.BadRequestException, match=r"AdditionalTreatments\[0\]"):
        pinpoint.create_campaign(
            ApplicationId=APP,
            WriteCampaignRequest={**request, "MessageConfiguration": good, "AdditionalTreatments": [treatment]},
        )
    pinpoint.create_campaign(ApplicationId=APP, WriteCampaignRequest={**request, "MessageConfiguration": {**good}})


def test_settings_that_the_service_does_not_act_on_are_refused(pinpoint):
    for name in ("CloudWatchMetricsEnabled", "EventTaggingEnabled"):
        with pytest.raises(pinpoint.exceptions.BadRequestException, match=f"{name} true is not offered"):
            pinpoint.update_application_settings(ApplicationId=APP, WriteApplicationSettingsRequest={name: True})
        pinpoint.update_application_settings(ApplicationId=APP, WriteApplicationSettingsRequest={name: False})


def test_an_update_makes_a_new_version_and_old_ones_stay(world, pinpoint):
    batch(pinpoint, SMS)
    made = segment(pinpoint)
    pinpoint.update_segment(
        ApplicationId=APP,
        SegmentId=made["Id"],
        WriteSegmentRequest={"Dimensions": {"Demographic": {"Channel": {"Values": ["EMAIL"]}}}},
    )
    assert read(world, made["Id"]) == [] and len(read(world, made["Id"], 1)) == 4
    versions = pinpoint.get_segment_versions(ApplicationId=APP, SegmentId=made["Id"])["SegmentsResponse"]["Item"]
    assert [entry["Version"] for entry in versions] == [2, 1]


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


def test_a_campaign_starts_its_state_machine(world, pinpoint):
    made = segment(pinpoint)
    pinpoint.create_sms_template(TemplateName="welcome", SMSTemplateRequest={"Body": "Hi"})
    request = {
        "Name": "c", "SegmentId": made["Id"], "SegmentVersion": 1, "Schedule": {"StartTime": "2039-01-02T03:04:05", "Frequency": "ONCE", "Timezone": "UTC"},
        "MessageConfiguration": {"SMSMessage": {"MessageType": "TRANSACTIONAL"}}, "TemplateConfiguration": {"SMSTemplate": {"Name": "welcome"}},
        "HoldoutPercent": 10, "AdditionalTreatments": [{"SizePercent": 20, "MessageConfiguration": {"SMSMessage": {"Body": "Yo"}}}],
    }  # fmt: skip
    campaign = pinpoint.create_campaign(ApplicationId=APP, WriteCampaignRequest=request)["CampaignResponse"]
    assert campaign["State"]["CampaignStatus"] == "SCHEDULED" and campaign["AdditionalTreatments"][0]["Id"] == "1"
    assert world.executions("campaign") == [
        {
            "name": f"{campaign['Id']}-1",
            "input": {
                "ApplicationId": APP,
                "CampaignId": campaign["Id"],
                "Version": 1,
                "StartTime": "2039-01-02T03:04:05.000Z",
                "Run": 0,
            },
        }
    ]
    updated = pinpoint.update_campaign(
        ApplicationId=APP, CampaignId=campaign["Id"], WriteCampaignRequest={"IsPaused": True}
    )["CampaignResponse"]
    assert (updated["Version"], updated["State"]["CampaignStatus"]) == (2, "PAUSED")
    assert (
        pinpoint.get_campaign_activities(ApplicationId=APP, CampaignId=campaign["Id"])["ActivitiesResponse"]["Item"]
        == []
    )
    for change in (
        {"Schedule": {"StartTime": "IMMEDIATE", "Frequency": "EVENT"}},
        {"TemplateConfiguration": {"SMSTemplate": {"Name": "no"}}},
        {"Schedule": {"StartTime": "IMMEDIATE", "Frequency": "DAILY"}, "Limits": {"Daily": 1}},
    ):
        with pytest.raises(pinpoint.exceptions.BadRequestException, match=r"not offered|no SMS template"):
            pinpoint.create_campaign(ApplicationId=APP, WriteCampaignRequest={**request, **change})
    pinpoint.delete_campaign(ApplicationId=APP, CampaignId=campaign["Id"])
    with pytest.raises(pinpoint.exceptions.NotFoundException):
        pinpoint.get_campaign(ApplicationId=APP, CampaignId=campaign["Id"])


def test_limits_over_several_runs_are_refused_and_not_ignored(pinpoint):
    with pytest.raises(pinpoint.exceptions.BadRequestException, match=r"Limits.Total 3 is not offered"):
        pinpoint.update_application_settings(
            ApplicationId=APP, WriteApplicationSettingsRequest={"Limits": {"Total": 3, "MessagesPerSecond": 50}}
        )
    settings = pinpoint.update_application_settings(
        ApplicationId=APP, WriteApplicationSettingsRequest={"Limits": {"Total": 0, "MessagesPerSecond": 50}}
    )["ApplicationSettingsResource"]
    assert settings["Limits"] == {"Total": 0, "MessagesPerSecond": 50}


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
    with pytest.raises(pinpoint.exceptions.BadRequestException, match="not offered"):
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
