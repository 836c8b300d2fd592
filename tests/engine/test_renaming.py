"""What is renamed keeps its data: the project's name, the stack, the state that was lost."""

from collections.abc import Iterator
from typing import Any

import pytest

from sandbox.demos import clients
from tests.engine.engine import Engine

BEFORE, AFTER = "foundation-before", "foundation-after"
ENDPOINT = {"ChannelType": "SMS", "Address": "+12065550100"}
OTHER = "0b" * 16
REPLACED = ("replace", "create-replacement", "delete-replaced")


def endpoint(engine: Engine, stack: str) -> Any:
    outputs = engine.outputs(stack)
    pinpoint = clients.engagement_client(engine.servers, outputs["endpointUrl"])
    return pinpoint.get_endpoint(ApplicationId=outputs["applicationId"], EndpointId="ada")["EndpointResponse"]


@pytest.fixture(scope="module")
def renamed(engine: Engine) -> Iterator[dict[str, Any]]:
    """A project with an endpoint, in whose stack everything is renamed, one after the other."""
    project = {"name": "shop", "hosted": {"retainData": False}, "events": {"translation": True}}
    sms = {"selfManagedOptOuts": {"enabled": True, "retainData": False}}
    done: dict[str, Any] = {}
    try:
        engine.configure(BEFORE, {"project": project})
        done["first"] = engine.up(BEFORE, "--skip-preview")
        outputs = engine.outputs(BEFORE)
        pinpoint = clients.engagement_client(engine.servers, outputs["endpointUrl"])
        pinpoint.update_endpoint(ApplicationId=outputs["applicationId"], EndpointId="ada", EndpointRequest=ENDPOINT)
        engine.configure("sms-before", sms)
        done["first sms"] = engine.up("sms-before", "--skip-preview")

        for old, new in ((BEFORE, AFTER), ("sms-before", "sms-after")):
            done[f"rename {new}"] = engine.pulumi("stack", "rename", new, "--stack", old)
        engine.configure(AFTER, {"project": {**project, "name": "store"}})
        done["renamed"] = engine.up(AFTER, "--skip-preview")
        done["renamed sms"] = engine.up("sms-after", "--skip-preview")

        done["lost"] = engine.forget(AFTER, "engagement-application-invocation")
        engine.configure(AFTER, {"project": {**project, "hosted": {"applicationId": OTHER, "retainData": False}}})
        done["pinned"] = engine.up(AFTER, "--skip-preview")
        pinned = {"applicationId": outputs["applicationId"], "retainData": False}
        engine.configure(AFTER, {"project": {**project, "hosted": pinned}})
        done["found"] = engine.up(AFTER, "--skip-preview")
        done["id"] = outputs["applicationId"]
        yield done
    finally:
        for stack in ("sms-before", "sms-after", BEFORE, AFTER):
            engine.destroy(stack)


@pytest.mark.parametrize(
    "what", ["first", "first sms", "rename foundation-after", "renamed", "renamed sms", "lost", "found"]
)
def test_whatever_is_renamed_goes_on(renamed: dict[str, Any], what: str):
    assert renamed[what].code == 0, renamed[what].text


@pytest.mark.parametrize("what", ["renamed", "renamed sms", "found"])
def test_what_holds_data_is_neither_replaced_nor_deleted(renamed: dict[str, Any], what: str):
    gone = {step.type for step in renamed[what].steps if step.op in (*REPLACED, "delete")}
    assert gone <= {"aws:lambda/layerVersion:LayerVersion"}, renamed[what].text


def test_the_application_and_its_endpoint_are_still_there(engine: Engine, renamed: dict[str, Any]):
    assert engine.outputs(AFTER)["applicationId"] == renamed["id"]
    assert endpoint(engine, AFTER)["Address"] == ENDPOINT["Address"]


def test_another_pinned_id_is_an_error_that_says_what_would_be_out_of_sight(renamed: dict[str, Any]):
    done = renamed["pinned"]
    assert done.code != 0
    assert f"application is {renamed['id']} and holds endpoints" in done.text, done.text
    assert "engagement:project.hosted.applicationId" in done.text
