"""Real clients of two languages: every offered operation, and sequences of calls as public programs make them.

Each answer is compared with the service model on its way (`serving.py`): types, required members, no others.
"""

from __future__ import annotations

import pytest

from handlers.engagement.operations import MODULE_OF
from handlers.engagement.store.registry import JourneyRuns
from handlers.shared.tables import Table
from tests.handlers.engagement.api.serving import Boto3, JavaScript, RefusedError, served
from tests.handlers.engagement.conftest import APPLICATION as APP

ROLE = "arn:aws:iam::123456789012:role/engagement/x"
OWN = {
    *("SearchEndpoints", "OptOutAddresses", "SearchAddressOptOuts", "CountOptOuts", "EraseEndpointTraces"),
    *("ResumeCampaign", "GetCampaignResults", "GetCampaignRecipient"),
}
MESSAGE = {"SMSMessage": {"Body": "Hi {{User.UserAttributes.Name.[0]}}", "MessageType": "PROMOTIONAL"}}
LATER = {
    "StartTime": "2039-01-02T03:04:05Z",
    "Frequency": "DAILY",
    "EndTime": "2039-02-02T03:04:05Z",
    "Timezone": "utc",
}
ANSWERED = ("Id", "Arn", "ApplicationId", "CreationDate", "LastModifiedDate", "State", "DefaultState", "Version")


@pytest.fixture(params=[Boto3, JavaScript])
def client(request, world):
    from handlers.shared.clients import aws_client

    aws_client("pinpoint", region_name=world.environment.number_validation_region).meta.events.register(
        "before-call.pinpoint.PhoneNumberValidate",
        lambda **_: (_Answer, {"NumberValidateResponse": {"PhoneType": "MOBILE", "PhoneTypeCode": 0}}),
    )
    with served() as service:
        client = request.param(service.endpoint)
        client.service = service
        try:
            yield client
        finally:
            client.close()
        assert service.wrong == []


class _Answer:
    status_code = 200


def without(document, *names):
    return {name: value for name, value in document.items() if name not in names}


def segment(client, name="s", **definition):
    answer = client.call("CreateSegment", ApplicationId=APP, WriteSegmentRequest={"Name": name, **definition})
    return answer["SegmentResponse"]


def campaign(client, segment_id, **members):
    request = {
        "Name": "c",
        "SegmentId": segment_id,
        "SegmentVersion": 1,
        "Schedule": LATER,
        "MessageConfiguration": MESSAGE,
    }
    answer = client.call("CreateCampaign", ApplicationId=APP, WriteCampaignRequest={**request, **members})
    return answer["CampaignResponse"]


def everything(client, operation, response, **given):
    """All entries of a list, a page of two at a time; no page is empty, and the last one has no token."""
    token_name = "NextToken" if operation.startswith("ListTemplate") else "Token"
    found, token = [], None
    while True:
        page = client.call(operation, PageSize="2", **given, **({token_name: token} if token else {}))[response]
        assert page["Item"] or token is None
        found += page["Item"]
        token = page.get("NextToken")
        if not token:
            return found


TEMPLATES = {
    "Email": ("EmailTemplate", {"Subject": "Hi", "HtmlPart": "<p>{{Id}}</p>", "TextPart": "Hi"}),
    "Sms": ("SMSTemplate", {"Body": "Hi"}),
    "Push": ("PushNotificationTemplate", {"Default": {"Action": "OPEN_APP", "Body": "Hi", "Title": "T"}}),
    "Voice": ("VoiceTemplate", {"Body": "Hi", "LanguageCode": "en-US", "VoiceId": "Joanna"}),
}


def test_every_offered_operation_answers_as_the_model_says(client, world):
    call = client.call
    app = call("CreateApp", CreateApplicationRequest={"Name": "two", "tags": {"a": "b"}})["ApplicationResponse"]
    assert call("GetApp", ApplicationId=app["Id"])["ApplicationResponse"]["Name"] == "two"
    assert len(call("GetApps")["ApplicationsResponse"]["Item"]) == 2
    call("TagResource", ResourceArn=app["Arn"], TagsModel={"tags": {"c": "d"}})
    call("UntagResource", ResourceArn=app["Arn"], TagKeys=["a"])
    assert call("ListTagsForResource", ResourceArn=app["Arn"])["TagsModel"]["tags"] == {"c": "d"}
    call(
        "UpdateApplicationSettings",
        ApplicationId=APP,
        WriteApplicationSettingsRequest={"Limits": {"MessagesPerSecond": 50}},
    )
    assert call("GetApplicationSettings", ApplicationId=APP)["ApplicationSettingsResource"]["CampaignHook"] == {}
    stream = {"DestinationStreamArn": world.environment.event_stream_arn, "RoleArn": ROLE}
    call("PutEventStream", ApplicationId=app["Id"], WriteEventStream=stream)
    call("GetEventStream", ApplicationId=app["Id"])
    call("DeleteEventStream", ApplicationId=app["Id"])
    call("DeleteApp", ApplicationId=app["Id"])

    endpoint = {"ChannelType": "SMS", "Address": "+12065550100", "User": {"UserId": "ada"}, "Metrics": {"m": 1.5}}
    call("UpdateEndpoint", ApplicationId=APP, EndpointId="e 1/ü", EndpointRequest=endpoint)
    call(
        "UpdateEndpointsBatch",
        ApplicationId=APP,
        EndpointBatchRequest={"Item": [{"Id": "e2", "ChannelType": "EMAIL", "Address": "a@b.c"}]},
    )
    assert call("GetEndpoint", ApplicationId=APP, EndpointId="e 1/ü")["EndpointResponse"]["Attributes"] == {}
    assert len(call("GetUserEndpoints", ApplicationId=APP, UserId="ada")["EndpointsResponse"]["Item"]) == 1
    call(
        "RemoveAttributes",
        ApplicationId=APP,
        AttributeType="endpoint-custom-attributes",
        UpdateAttributesRequest={"Blacklist": ["x*"]},
    )
    event = {"EventType": "bought", "Timestamp": "2030-01-02T03:04:05.678Z", "Metrics": {"m": 2}}
    call("PutEvents", ApplicationId=APP, EventsRequest={"BatchItem": {"e2": {"Endpoint": {}, "Events": {"1": event}}}})
    message = {
        "Endpoints": {"e2": {}},
        "Addresses": {"x": {"ChannelType": "SMS"}},
        "MessageConfiguration": {"DefaultMessage": {"Body": "x"}},
    }
    assert (
        call("SendMessages", ApplicationId=APP, MessageRequest=message)["MessageResponse"]["Result"]["x"]["StatusCode"]
        == 400
    )
    call(
        "SendUsersMessages",
        ApplicationId=APP,
        SendUsersMessageRequest={"Users": {"ada": {}}, "MessageConfiguration": MESSAGE},
    )
    call("PhoneNumberValidate", NumberValidateRequest={"PhoneNumber": "+12065550100"})
    call("DeleteEndpoint", ApplicationId=APP, EndpointId="e2")
    call("DeleteUserEndpoints", ApplicationId=APP, UserId="ada")

    for kind, (member, content) in TEMPLATES.items():
        call(f"Create{kind}Template", TemplateName="t", **{f"{member}Request": content})
        call(f"Update{kind}Template", TemplateName="t", CreateNewVersion=True, **{f"{member}Request": content})
        assert call(f"Get{kind}Template", TemplateName="t")[f"{member}Response"]["Version"] == "2"
    call(
        "UpdateTemplateActiveVersion",
        TemplateName="t",
        TemplateType="SMS",
        TemplateActiveVersionRequest={"Version": "1"},
    )
    assert len(call("ListTemplates")["TemplatesResponse"]["Item"]) == 4
    assert (
        len(call("ListTemplateVersions", TemplateName="t", TemplateType="SMS")["TemplateVersionsResponse"]["Item"]) == 2
    )
    for kind in TEMPLATES:
        call(f"Delete{kind}Template", TemplateName="t")

    made = segment(client)
    of_segment = {"ApplicationId": APP, "SegmentId": made["Id"]}
    call("UpdateSegment", **of_segment, WriteSegmentRequest={"Name": "s2"})
    assert call("GetSegment", **of_segment)["SegmentResponse"]["Dimensions"]["Attributes"] == {}
    call("GetSegmentVersion", **of_segment, Version="1")
    assert len(call("GetSegmentVersions", **of_segment)["SegmentsResponse"]["Item"]) == 2
    call("GetSegments", ApplicationId=APP)
    imports = {"Format": "CSV", "S3Url": "s3://bucket/a.csv", "RoleArn": ROLE, "DefineSegment": True}
    job = call("CreateImportJob", ApplicationId=APP, ImportJobRequest=imports)["ImportJobResponse"]
    call("GetImportJob", ApplicationId=APP, JobId=job["Id"])
    call("GetImportJobs", ApplicationId=APP)
    call("GetSegmentImportJobs", ApplicationId=APP, SegmentId=job["Definition"]["SegmentId"])
    export = {"S3UrlPrefix": "s3://bucket/out", "RoleArn": ROLE, "SegmentId": made["Id"]}
    job = call("CreateExportJob", ApplicationId=APP, ExportJobRequest=export)["ExportJobResponse"]
    call("GetExportJob", ApplicationId=APP, JobId=job["Id"])
    call("GetExportJobs", ApplicationId=APP)
    assert len(call("GetSegmentExportJobs", **of_segment)["ExportJobsResponse"]["Item"]) == 1

    of_campaign = {"ApplicationId": APP, "CampaignId": campaign(client, made["Id"])["Id"]}
    call("UpdateCampaign", **of_campaign, WriteCampaignRequest={"IsPaused": True})
    assert call("GetCampaign", **of_campaign)["CampaignResponse"]["AdditionalTreatments"] == []
    call("GetCampaignVersion", **of_campaign, Version="1")
    call("GetCampaignVersions", **of_campaign)
    call("GetCampaigns", ApplicationId=APP)
    call("GetCampaignActivities", **of_campaign)
    found = call("GetCampaignDateRangeKpi", **of_campaign, KpiName="sms-spend")["CampaignDateRangeKpiResponse"]
    assert found["KpiResult"]["Rows"] == []
    call("GetApplicationDateRangeKpi", ApplicationId=APP, KpiName="txn-emails-sent")
    call("DeleteCampaign", **of_campaign)
    call("DeleteSegment", **of_segment)

    journey = call("CreateJourney", ApplicationId=APP, WriteJourneyRequest={"Name": "j"})["JourneyResponse"]
    of_journey = {"ApplicationId": APP, "JourneyId": journey["Id"]}
    call("GetJourney", **of_journey)
    found = call("GetJourneyDateRangeKpi", **of_journey, KpiName="journey-emails-sent")["JourneyDateRangeKpiResponse"]
    assert found["KpiResult"]["Rows"] == []
    call("ListJourneys", ApplicationId=APP)
    wait = {"w": {"Wait": {"WaitTime": {"WaitFor": "PT1H"}}}}
    call("UpdateJourney", **of_journey, WriteJourneyRequest={"Name": "j2", "Activities": wait})
    run = {"JourneyId": journey["Id"], "RunId": "0" * 32, "ApplicationId": APP}
    made = {"Id": run["RunId"], "RunId": run["RunId"], "Status": "RUNNING"}
    times = dict.fromkeys(("CreationTime", "LastUpdateTime"), journey["CreationDate"])
    JourneyRuns(Table("registry"), APP, journey["Id"]).put({**made, **times})
    assert call("GetJourneyRuns", **of_journey)["JourneyRunsResponse"]["Item"][0]["Status"] == "COMPLETED"
    call("GetJourneyExecutionMetrics", **of_journey)
    call("GetJourneyRunExecutionMetrics", **run)
    for operation in ("GetJourneyExecutionActivityMetrics", "GetJourneyRunExecutionActivityMetrics"):
        asked = of_journey if operation.startswith("GetJourneyExecution") else run
        metrics = call(operation, **asked, JourneyActivityId="w")[f"{operation.removeprefix('Get')}Response"]
        assert metrics["ActivityType"] == "WAIT"
    call("UpdateJourneyState", **of_journey, JourneyStateRequest={"State": "CANCELLED"})
    call("DeleteJourney", **of_journey)

    assert set(call("GetChannels", ApplicationId=APP)["ChannelsResponse"]["Channels"]) == {"SMS", "EMAIL"}
    call("GetSmsChannel", ApplicationId=APP)
    call("UpdateSmsChannel", ApplicationId=APP, SMSChannelRequest={"Enabled": True})
    channel = call("GetEmailChannel", ApplicationId=APP)["EmailChannelResponse"]
    call(
        "UpdateEmailChannel",
        ApplicationId=APP,
        EmailChannelRequest={name: channel[name] for name in ("FromAddress", "Identity")},
    )
    assert set(MODULE_OF) - OWN <= client.service.operations


def test_copy_a_journey(client):
    request = {
        "Name": "winback",
        "Schedule": {"StartTime": "2039-01-02T03:04:05Z", "Timezone": "UTC"},
        "StartActivity": "w",
        "Activities": {"w": {"Wait": {"WaitTime": {"WaitFor": "PT1H"}}}},
    }
    made = client.call("CreateJourney", ApplicationId=APP, WriteJourneyRequest=request)["JourneyResponse"]
    read = client.call("GetJourney", ApplicationId=APP, JourneyId=made["Id"])["JourneyResponse"]
    copy = {**without(read, "Id", "ApplicationId", "State"), "Name": "winback-2"}
    copied = client.call("CreateJourney", ApplicationId=APP, WriteJourneyRequest=copy)["JourneyResponse"]
    assert copied["Activities"] == made["Activities"] and copied["Schedule"] == made["Schedule"]
    assert copied["Id"] != made["Id"] and copied["State"] == "DRAFT"


def test_copy_a_campaign_with_its_treatments(client):
    treatment = {"SizePercent": 20, "TreatmentName": "B", "MessageConfiguration": {"SMSMessage": {"Body": "Yo"}}}
    made = campaign(client, segment(client)["Id"], AdditionalTreatments=[treatment], HoldoutPercent=10, tags={"a": "b"})
    read = client.call("GetCampaign", ApplicationId=APP, CampaignId=made["Id"])["CampaignResponse"]
    copy = without(read, *ANSWERED)
    copy["AdditionalTreatments"] = [without(entry, "Id", "State") for entry in read["AdditionalTreatments"]]
    copied = client.call("CreateCampaign", ApplicationId=APP, WriteCampaignRequest=copy)["CampaignResponse"]
    assert without(copied, *ANSWERED) == without(read, *ANSWERED)


def test_a_preference_centre_reads_a_person_and_writes_the_choices_back(client):
    person = {"ChannelType": "EMAIL", "Address": "ada@example.com", "User": {"UserId": "ada"}}
    client.call("UpdateEndpoint", ApplicationId=APP, EndpointId="ada-1", EndpointRequest=person)
    [endpoint] = client.call("GetUserEndpoints", ApplicationId=APP, UserId="ada")["EndpointsResponse"]["Item"]
    attributes = endpoint["User"]["UserAttributes"] | {"Topics": ["news", "offers"]}
    changed = without(endpoint, "Id", "ApplicationId", "CohortId", "CreationDate") | {
        "OptOut": "ALL",
        "User": {"UserId": "ada", "UserAttributes": attributes},
    }
    client.call("UpdateEndpoint", ApplicationId=APP, EndpointId=endpoint["Id"], EndpointRequest=changed)
    read = client.call("GetEndpoint", ApplicationId=APP, EndpointId="ada-1")["EndpointResponse"]
    assert (read["OptOut"], read["User"]["UserAttributes"]["Topics"]) == ("ALL", ["news", "offers"])
    assert (read["Attributes"], read["Metrics"], read["Location"]) == ({}, {}, {})


def test_an_export_is_polled_until_it_ends(client, world):
    from handlers.engagement.store.registry import Jobs

    request = {"S3UrlPrefix": "s3://bucket/out", "RoleArn": ROLE}
    job = client.call("CreateExportJob", ApplicationId=APP, ExportJobRequest=request)["ExportJobResponse"]
    jobs, statuses = Jobs(world.tables.registry, APP, "EXPORT"), []
    for status in ("INITIALIZING", "PROCESSING", "COMPLETED", None):
        read = client.call("GetExportJob", ApplicationId=APP, JobId=job["Id"])["ExportJobResponse"]
        statuses.append(read["JobStatus"])
        assert read["Definition"]["S3UrlPrefix"] == request["S3UrlPrefix"]
        if status:
            jobs.update(job["Id"], lambda document, status=status: document.update(JobStatus=status))
    assert statuses == ["CREATED", "INITIALIZING", "PROCESSING", "COMPLETED"]


def test_paging_over_everything_meets_each_once_and_no_empty_page(client):
    names = {f"t{at}" for at in range(4)}
    for name in names:
        client.call("CreateSmsTemplate", TemplateName=name, SMSTemplateRequest={"Body": "x"})
        client.call(
            "CreateEmailTemplate", TemplateName=f"a-{name}", EmailTemplateRequest={"Subject": "x", "HtmlPart": "x"}
        )
    texts = everything(client, "ListTemplates", "TemplatesResponse", TemplateType="SMS")
    assert {entry["TemplateName"] for entry in texts} == names
    assert len(everything(client, "ListTemplates", "TemplatesResponse")) == 8
    segments = {segment(client, f"s{at}")["Id"] for at in range(4)}
    assert {
        entry["Id"] for entry in everything(client, "GetSegments", "SegmentsResponse", ApplicationId=APP)
    } == segments
    campaigns = {campaign(client, min(segments))["Id"] for _ in range(2)}
    assert {
        entry["Id"] for entry in everything(client, "GetCampaigns", "CampaignsResponse", ApplicationId=APP)
    } == campaigns
    assert everything(client, "GetApps", "ApplicationsResponse")


def test_a_status_loop_that_asks_at_once_finds_what_it_reads(client, world):
    from handlers.engagement.campaigns.activities import RunRecords
    from handlers.engagement.store.registry import Campaigns

    imports = {
        "Format": "CSV",
        "S3Url": "s3://bucket/a.csv",
        "RoleArn": ROLE,
        "DefineSegment": True,
        "SegmentName": "a",
    }
    job = client.call("CreateImportJob", ApplicationId=APP, ImportJobRequest=imports)["ImportJobResponse"]
    read = client.call("GetImportJob", ApplicationId=APP, JobId=job["Id"])["ImportJobResponse"]
    assert read["JobStatus"] == "CREATED" and read["Definition"]["SegmentName"] == "a"
    made = campaign(client, read["Definition"]["SegmentId"])
    of_campaign = {"ApplicationId": APP, "CampaignId": made["Id"]}
    status = client.call("GetCampaign", **of_campaign)["CampaignResponse"]["State"]["CampaignStatus"]
    assert (status, client.call("GetCampaignActivities", **of_campaign)["ActivitiesResponse"]["Item"]) == (
        "SCHEDULED",
        [],
    )
    stored = Campaigns(world.tables.registry, APP).get(made["Id"])
    RunRecords(world.tables.registry, stored, 0).open("2039-01-02T03:04:05.000Z")
    [activity] = client.call("GetCampaignActivities", **of_campaign)["ActivitiesResponse"]["Item"]
    for name in ("CampaignId", "State", "Result", "Start", "End", "SuccessfulEndpointCount", "TotalEndpointCount"):
        assert name in activity


def test_settings_and_a_segments_name_are_changed_as_they_were_read(client):
    settings = client.call("GetApplicationSettings", ApplicationId=APP)["ApplicationSettingsResource"]
    request = without(settings, "ApplicationId", "LastModifiedDate") | {"QuietTime": {"Start": "22:00", "End": "06:00"}}
    client.call("UpdateApplicationSettings", ApplicationId=APP, WriteApplicationSettingsRequest=request)
    read = client.call("GetApplicationSettings", ApplicationId=APP)["ApplicationSettingsResource"]
    assert (read["QuietTime"]["Start"], read["Limits"], read["CampaignHook"]) == ("22:00", {}, {})
    channel = {"Demographic": {"Channel": {"DimensionType": "INCLUSIVE", "Values": ["SMS"]}}}
    made = segment(client, Dimensions=channel)
    renamed = client.call("UpdateSegment", ApplicationId=APP, SegmentId=made["Id"], WriteSegmentRequest={"Name": "new"})
    assert (
        renamed["SegmentResponse"]["Name"] == "new" and renamed["SegmentResponse"]["Dimensions"] == made["Dimensions"]
    )
    assert made["Dimensions"]["Demographic"] == channel["Demographic"]


def test_a_template_is_copied_if_it_is_not_there_yet(client):
    client.call(
        "CreateEmailTemplate", TemplateName="a", EmailTemplateRequest=TEMPLATES["Email"][1] | {"tags": {"x": "y"}}
    )
    with pytest.raises(RefusedError) as missing:
        client.call("GetEmailTemplate", TemplateName="b")
    assert missing.value.code == "NotFoundException"
    read = client.call("GetEmailTemplate", TemplateName="a")["EmailTemplateResponse"]
    own = (
        "Arn",
        "CreationDate",
        "LastModifiedDate",
        "TemplateName",
        "TemplateType",
        "Version",
        "$metadata",
        "ResponseMetadata",
    )
    client.call("CreateEmailTemplate", TemplateName="b", EmailTemplateRequest=without(read, *own))
    copied = client.call("GetEmailTemplate", TemplateName="b")["EmailTemplateResponse"]
    assert without(copied, *own) == without(read, *own)
