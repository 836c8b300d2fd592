"""Each stack: what it exports, what a toggle adds, how it finds the others, what it says of wrong config."""

import runpy
from typing import Any

import pulumi
import pytest

from components.config import ConfigError
from stacks import programs
from tests.conftest import PROGRAMS, ROOT, committed_config, run_stack, whole_config
from tests.recorder import Recorder, record

ARCHITECTURES = list(PROGRAMS["everything"].ARCHITECTURES)


@pytest.mark.parametrize("stack", PROGRAMS)
def test_a_stack_exports_what_it_documents(all_stacks, stack):
    assert all_stacks[stack].outputs.keys() == PROGRAMS[stack].EXPORTS.keys()


def test_the_stacks_and_everything_register_the_same(all_stacks):
    chained = set().union(*(all_stacks[name].named() for name in PROGRAMS if name != "everything"))
    assert chained == all_stacks["everything"].named()


@pytest.mark.parametrize("stack", ["audience", "campaigns", "email", "events", "sms", "content", "pipeline"])
def test_an_architecture_is_off_until_its_key_says_otherwise(stack):
    assert run_stack(stack, config={}).resources == []


FILTERS = {"sendTimeAttributes": "external_templates", "externalTemplates": "send_time_attributes"}
"""Architectures that share the campaign hook, and the package of the one that is left without them."""


def without_pipeline_config() -> dict[str, Any]:
    """All that nothing else needs: whatever ImportValidateCampaign chains may be switched off only without it."""
    config = whole_config("everything")
    config["importValidateCampaign"]["enabled"] = False
    return config


@pytest.fixture(scope="module")
def without_pipeline() -> Recorder:
    return run_stack("everything", without_pipeline_config())


@pytest.mark.parametrize("off", ARCHITECTURES)
def test_switching_one_off_takes_its_own_resources_and_nothing_else(all_stacks, without_pipeline, off):
    last = off == "importValidateCampaign"
    whole = whole_config("everything") if last else without_pipeline_config()
    before = all_stacks["everything"] if last else without_pipeline
    without = run_stack("everything", {**whole, off: {**whole[off], "enabled": False}})
    gone = before.named() - without.named()
    assert without.named() < before.named()
    tagged = [resource for resource in before.resources if resource.inputs.get("tags")]
    for resource in tagged:
        mine = resource.inputs["tags"]["engagement:architecture"] == off
        assert ((resource.type, resource.name) in gone) == mine, resource.name
    unchanged = {(resource.type, resource.name): resource.inputs for resource in without.resources}
    if off == "messageArchiver":  # the event database tells where messages are archived, while they are
        names_the_archive = ("aws:lambda/function:Function", "event-database-transformation-function")
        assert unchanged.pop(names_the_archive)["environment"]["variables"]["ARCHIVE_PREFIX"] == ""
    if off in FILTERS:  # the others go on in the one hook, with its name and what they need
        function = unchanged.pop(("aws:lambda/function:Function", "campaign-hook-function"))
        assert function["environment"]["variables"]["FILTERS"] == FILTERS[off]
        unchanged.pop(("aws:iam/rolePolicy:RolePolicy", "campaign-hook-grants"))
    unchanged.pop(("aws:cloudwatch/dashboard:Dashboard", "engagement-dashboard"))  # it shows what there is
    for resource in before.resources:
        key = (resource.type, resource.name)
        if key in unchanged:
            assert unchanged[key] == resource.inputs, resource.name


def test_a_second_run_registers_the_same_inputs(all_stacks):
    again = run_stack("everything", whole_config("everything"))
    first = {(resource.type, resource.name): resource.inputs for resource in all_stacks["everything"].resources}
    assert {(resource.type, resource.name): resource.inputs for resource in again.resources} == first


@pytest.mark.parametrize("stack", ["audience", "campaigns", "email", "events", "sms"])
def test_a_stack_brought_up_before_the_foundation_says_so_in_one_line(stack):
    with pytest.raises(pulumi.RunError) as error:
        run_stack(stack)
    assert str(error.value) == (
        "stack foundation is not up (or has no export project): bring it up with `pulumi up --stack foundation`, "
        "key engagement:references.foundation names another"
    )


def test_the_pipeline_names_every_missing_export(all_stacks):
    with pytest.raises(
        pulumi.RunError, match=r"stack audience is not up .or has no export phoneValidateState"
    ) as error:
        run_stack("pipeline", stacks={"audience": {"importStatusTopicArn": "arn"}})
    assert "\n" not in str(error.value)


def test_a_stack_of_an_environment_refers_to_that_environment():
    with pytest.raises(pulumi.RunError, match="stack foundation-prod is not up"):
        run_stack("audience", environment="prod")


def test_config_names_another_stack_to_refer_to(all_stacks):
    config = {**whole_config("campaigns"), "references": {"foundation": "foundation-shared"}}
    built = run_stack("campaigns", config, {"foundation-shared": all_stacks["foundation"].outputs}, "prod")
    assert built.outputs == all_stacks["campaigns"].outputs


def test_a_stack_of_no_known_name_is_refused():
    with pytest.raises(pulumi.RunError, match=r"stack nothing-dev: .* must be one of foundation, audience"):
        record(programs.program, stack="nothing-dev")


@pytest.mark.parametrize("stack", ["audience-dev", "everything-dev", "email"])
def test_a_forgotten_config_is_an_error_that_says_where_to_get_one(stack):
    name, _, environment = stack.partition("-")
    with pytest.raises(pulumi.RunError, match=rf"no config in stacks/config/Pulumi\.{stack}\.yaml") as raised:
        record(programs.program, stack=stack)
    copied = f"cp stacks/config/Pulumi.{name}.yaml stacks/config/Pulumi.{stack}.yaml"
    assert (copied in str(raised.value)) == bool(environment)


@pytest.mark.parametrize("place", ["", "settings"])
def test_a_config_beside_pulumi_yaml_is_told_to_move_where_the_project_says(monkeypatch, tmp_path, place):
    (tmp_path / "Pulumi.yaml").write_text("name: engagement\n" + f"stackConfigDir: {place}\n" * bool(place))
    (tmp_path / "Pulumi.audience-dev.yaml").write_text("config: {}\n")
    monkeypatch.setattr(pulumi, "get_root_directory", lambda: str(tmp_path))
    with pytest.raises(pulumi.RunError) as raised:
        record(programs.program, stack="audience-dev")
    moved = "mv Pulumi.audience-dev.yaml settings/Pulumi.audience-dev.yaml"
    assert (moved in str(raised.value)) == bool(place)


def test_a_stack_whose_architectures_are_all_switched_off_is_no_forgotten_one():
    config = {key: {"enabled": False} for key in PROGRAMS["audience"].ARCHITECTURES}
    assert record(programs.program, stack="audience-dev", config=config).resources == []


def test_a_stack_with_an_environment_runs_the_program_of_its_name():
    built = record(programs.program, stack="foundation-prod")
    assert built.one("Stream").inputs["tags"]["engagement:stack"] == "foundation-prod"


def test_the_entry_point_runs_the_program_of_the_selected_stack():
    built = record(lambda: runpy.run_path(str(ROOT / "__main__.py")) and None, stack="foundation")
    assert built.named() == run_stack("foundation", {}).named()


def test_chaining_what_is_off_is_a_problem_of_the_config():
    config = committed_config("everything") | {"campaignCreate": {"enabled": False}}
    with pytest.raises(ConfigError, match=r"engagement:campaignCreate.enabled: false, but importValidateCampaign"):
        run_stack("everything", config)


def test_bad_config_is_one_message_with_every_problem_before_anything_is_registered():
    registered: list = []
    with pytest.raises(ConfigError) as error:
        record(
            lambda: PROGRAMS["everything"].program(""),
            resources=registered,
            config={
                "project": {"platform": "aws", "hosted": {"concurrency": "16"}, "sms": {"sender": "x"}},
                "s3TriggeredImport": {
                    "enabled": "yes",
                    "format": "XML",
                    "bucket": {"existing": "my-bucket", "new": {"versioned": True}},
                },
                "importValidateCampaign": {"enabled": True},
                "s3TrigeredImport": {},
                "campaignCreate": [],
            },
        )
    assert registered == []
    lines = str(error.value).splitlines()
    assert lines[0] == "config of stack everything has 9 problems:"
    text = "\n".join(lines[1:])
    for expected in [
        "engagement:s3TrigeredImport: unknown key (did you mean s3TriggeredImport?)",
        "engagement:project.platform: given \"aws\"; allowed: 'hosted' or 'pinpoint'",
        'engagement:project.hosted.concurrency: given "16"; allowed: a valid integer',
        "engagement:project.sms.sender: unknown key; allowed: originationIdentity, configurationSet, rates",
        'engagement:s3TriggeredImport.enabled: given "yes"; allowed: a valid boolean',
        "engagement:s3TriggeredImport.format: given \"XML\"; allowed: 'CSV' or 'JSON'",
        "engagement:s3TriggeredImport.bucket: both existing and new are given; allowed: one of them",
        "engagement:importValidateCampaign: smsTemplateName is missing",
        "engagement:campaignCreate: given []; allowed: an object",
    ]:
        assert expected in text


def test_on_pinpoint_the_stacks_register_an_app_and_no_hosted_service():
    config = committed_config("everything") | {"project": {"platform": "pinpoint"}}
    built = run_stack("everything", config)
    assert built.one("App").inputs["name"] == "engagement"
    assert built.one("EventStream").inputs["applicationId"] == "c" * 32
    assert not [table.name for table in built.of("Table") if table.name.endswith("-endpoints")]
    assert not built.of("FunctionUrl")
    functions = built.of("Function")
    assert all("ENGAGEMENT_ENDPOINT_URL" not in f.inputs["environment"]["variables"] for f in functions)


def test_on_pinpoint_an_existing_project_is_taken():
    built = run_stack("foundation", {"project": {"platform": "pinpoint", "applicationId": "f" * 32}})
    assert not built.of("App")
    assert built.outputs["applicationId"] == "f" * 32
    assert built.one("EventStream").inputs["applicationId"] == "f" * 32


def test_on_pinpoint_there_is_nothing_to_translate():
    with pytest.raises(ConfigError, match=r"events.translation is of platform hosted"):
        run_stack("foundation", {"project": {"platform": "pinpoint", "events": {"translation": True}}})


@pytest.mark.parametrize("stack", PROGRAMS)
def test_the_committed_config_runs(all_stacks, stack):
    built = run_stack(stack, stacks={up: recorder.outputs for up, recorder in all_stacks.items()})
    assert built.outputs.keys() <= PROGRAMS[stack].EXPORTS.keys()
    assert built.named()


def test_translation_is_off_by_default_and_adds_to_the_project_without_changing_the_rest():
    off = run_stack("foundation", {})
    on = run_stack("foundation", {"project": {"events": {"translation": True}}})
    assert off.named() < on.named()
    assert not off.of("ConfigurationSet")
    changed = {
        resource.name
        for resource in on.resources
        for former in off.resources
        if (resource.type, resource.name) == (former.type, former.name) and resource.inputs != former.inputs
    }
    assert changed == {
        f"engagement-{kind}-{part}" for kind in ("api", "campaign", "journeys") for part in ("function", "grants")
    }


def test_the_translations_sets_are_what_messages_are_sent_with():
    email = {"fromAddress": "shop@example.com"}
    built = run_stack("foundation", {"project": {"email": email, "events": {"translation": True}}})
    for kind in ("api", "campaign"):
        variables = built.one("Function", f"engagement-{kind}-function").inputs["environment"]["variables"]
        assert variables["EMAIL_CONFIGURATION_SET"] == "engagement-foundation"
        assert variables["SMS_CONFIGURATION_SET"] == "engagement-foundation"
        grants = built.one("RolePolicy", f"engagement-{kind}-grants").inputs["policy"]
        assert "configuration-set/engagement-foundation" in grants


def test_the_event_database_knows_the_archive_while_there_is_one(all_stacks):
    function = all_stacks["events"].one("Function", "event-database-transformation")
    assert function.inputs["environment"]["variables"]["ARCHIVE_PREFIX"] == "archive/"


def test_each_reader_of_events_has_its_own_place_in_the_stream(all_stacks):
    streams = all_stacks["everything"].of("FirehoseDeliveryStream")
    assert len({stream.inputs["kinesisSourceConfiguration"]["roleArn"] for stream in streams}) == 3
    assert len({stream.inputs["kinesisSourceConfiguration"]["kinesisStreamArn"] for stream in streams}) == 1


def test_an_application_id_is_refused_on_the_hosted_platform():
    with pytest.raises(ConfigError, match="hosted makes its own"):
        run_stack("foundation", {"project": {"applicationId": "f" * 32}})
