"""Segments and the imports that make them, from outside."""

import pytest

from tests.handlers.engagement.operations.definitions import APP, ROLE, SMS, batch, read, segment

SEED_GROUPS = {
    "Include": "ALL",
    "Groups": [
        {"Type": "NONE", "SourceType": "ALL", "Dimensions": [{"Attributes": {"PNV_PhoneNumberValidated": {"AttributeType": "INCLUSIVE", "Values": ["Yes"]}}}]},
        {"Type": "ANY", "SourceType": "ANY", "Dimensions": [{"Demographic": {"Channel": {"DimensionType": "INCLUSIVE", "Values": ["SMS", "VOICE"]}}}]},
    ],
}  # fmt: skip


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


def test_an_export_begins_with_all_that_its_record_says(world, pinpoint):
    from handlers.engagement.store.registry import Jobs

    request = {"S3UrlPrefix": "s3://bucket/out", "RoleArn": ROLE}
    job = pinpoint.create_export_job(ApplicationId=APP, ExportJobRequest=request)["ExportJobResponse"]
    record = Jobs(world.tables.registry, APP, "EXPORT").get(job["Id"])
    [execution] = world.executions("export")
    assert execution == {"name": job["Id"], "input": {"ApplicationId": APP, "JobId": job["Id"], "Job": record}}


@pytest.mark.parametrize(("member", "value"), [
    ("S3UrlPrefix", "s3://bucket/" + "x" * 1100),
    ("S3UrlPrefix", "s3://bucket/" + "ß" * 600),
    ("RoleArn", ROLE + "x" * 600),
])  # fmt: skip
def test_a_place_that_cannot_be_is_refused(world, pinpoint, member, value):
    request = {"S3UrlPrefix": "s3://bucket/out", "RoleArn": ROLE, member: value}
    with pytest.raises(pinpoint.exceptions.BadRequestException, match=member):
        pinpoint.create_export_job(ApplicationId=APP, ExportJobRequest=request)
    assert world.executions("export") == []
