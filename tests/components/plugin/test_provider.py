"""Resources of the package are made with their outputs; wrong inputs are told by property, before anything is made."""

import asyncio
from typing import Any

import pulumi
import pytest
from pulumi import InputPropertiesError

from components.plugin.inputs import project_of
from components.plugin.offered import OFFERS
from components.plugin.provider import EngagementPackage
from components.plugin.schema import schema, token
from tests.conftest import committed_config, run_stack
from tests.recorder import Recorder, record

NEEDED: dict[str, dict[str, Any]] = {
    "ConnectChannel": {
        "instanceId": "00000000-0000-4000-8000-000000000001",
        "contactFlowId": "00000000-0000-4000-8000-000000000002",
        "queueId": "00000000-0000-4000-8000-000000000003",
    },
    "CampaignHook": {"sendTimeAttributes": {}, "externalTemplates": {}},
    "EngagementProjectReference": {"stack": "organization/engagement/foundation"},
}
"""Config without which a resource cannot be."""


@pytest.fixture(scope="module")
def foundation() -> Recorder:
    return run_stack("foundation")


def given_to(name: str, project: Any) -> dict[str, Any]:
    sample = committed_config("everything").get(name[0].lower() + name[1:], {})
    config = NEEDED.get(name) or {key: value for key, value in sample.items() if key != "enabled"}
    wired = {key: f"arn:aws:sns:us-east-1:123456789012:{key}" for key in OFFERS[name].wired}
    return {**config, **wired, **({"project": project} if OFFERS[name].takes_project else {})}


def construct(name: str, inputs: dict[str, Any], foundation: Recorder) -> Recorder:
    """What a program records that makes one resource of this kind; its outputs are the resource's."""

    async def program() -> Any:
        state = dict(EngagementPackage("1.2.3").construct("mine", token(name), inputs).state)
        return state

    return record(program, stack="shop", stacks={"foundation": foundation.outputs})


@pytest.mark.parametrize("name", OFFERS)
def test_a_resource_has_all_outputs_of_its_schema(name: str, foundation: Recorder):
    made = construct(name, given_to(name, foundation.outputs["project"]), foundation)
    assert set(made.outputs) == set(schema("1.2.3")["resources"][token(name)]["properties"])
    assert all(value is not None for value in made.outputs.values()), made.outputs


def test_a_project_of_the_package_is_taken_with_its_layer_and_one_of_a_stack_gets_one(foundation: Recorder):
    own = construct("EngagementProject", {}, foundation).outputs["project"]
    assert own["layerArn"]
    of_the_package = construct("CampaignCreate", {"project": own}, foundation)
    of_a_stack = construct("CampaignCreate", {"project": foundation.outputs["project"]}, foundation)
    assert [len(made.of("LayerVersion")) for made in (of_the_package, of_a_stack)] == [0, 1]
    layers = {layer for function in of_the_package.of("Function") for layer in function.inputs["layers"]}
    assert layers == {own["layerArn"]}


def test_numbers_come_as_floats_and_are_whole_again(foundation: Recorder):
    given = {"project": foundation.outputs["project"], "pollSeconds": 20.0}
    made = construct("S3TriggeredImport", given, foundation)
    [machine] = [each for each in made.of("StateMachine") if each.name == "mine-machine"]
    assert '"Seconds": 20,' in machine.inputs["definition"] or '"Seconds":20,' in machine.inputs["definition"]


@pytest.mark.parametrize(
    ("inputs", "path", "reason"),
    [
        ({"prefix": "a*"}, "prefix", "allowed"),
        ({"prefixes": "a"}, "prefixes", "unknown property; allowed: "),
        ({"enabled": True}, "enabled", "unknown property"),
        ({"pollSeconds": 1.5}, "pollSeconds", "given 1.5"),
        ({"bucket": {"new": {"expireDays": 3, "wrong": 1}}}, "bucket.new.wrong", "unknown key"),
        ({"prefix": "suppress/a"}, "", "begins with suppressPrefix"),
    ],
)
def test_wrong_config_names_the_property_and_what_is_allowed(
    inputs: dict[str, Any], path: str, reason: str, foundation: Recorder
):
    resources: list[Any] = []

    async def program() -> None:
        given = {"project": foundation.outputs["project"], **inputs}
        EngagementPackage("1.2.3").construct("mine", token("S3TriggeredImport"), given)

    with pytest.raises(InputPropertiesError) as told:
        record(program, stack="shop", resources=resources)
    problems = told.value.errors or []
    assert path in [each["property_path"] for each in problems], problems
    assert any(reason in each["reason"] for each in problems), problems
    assert not [each for each in problems if '"enabled"' in each["reason"]], "what nobody wrote"
    assert not resources


def test_an_output_of_another_resource_is_no_config(foundation: Recorder):
    async def program() -> None:
        given = {"project": foundation.outputs["project"], "prefix": pulumi.Output.from_input("new/")}
        EngagementPackage("1.2.3").construct("mine", token("S3TriggeredImport"), given)

    with pytest.raises(InputPropertiesError) as told:
        record(program, stack="shop")
    assert told.value.errors
    assert "must be known while the program runs" in told.value.errors[0]["reason"]


def test_a_campaign_hook_without_a_filter_says_what_it_may_have(foundation: Recorder):
    with pytest.raises(pulumi.RunError, match="sendTimeAttributes, externalTemplates or both"):
        construct("CampaignHook", {"project": foundation.outputs["project"]}, foundation)


def test_a_project_that_a_preview_does_not_know_counts_as_hosted():
    seen: dict[str, Any] = {}

    async def program() -> None:
        unknown: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        unknown.set_result(None)
        no: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        no.set_result(False)
        none: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        none.set_result(set())
        project, without_layer = project_of(pulumi.Output(none, unknown, no))
        seen.update(platform=project.platform, roles=len(project.description.job_role_arns), layer=without_layer)

    record(program, stack="shop")
    assert seen == {"platform": "hosted", "roles": 2, "layer": False}
