"""Two environments of all stacks in one account: each works, each goes without touching the other."""

import json

import pytest

from sandbox import servers
from sandbox.configuration import config_folder
from sandbox.demos import clients
from sandbox.engine.links import link
from sandbox.folder import REPOSITORY, Folder

pytestmark = pytest.mark.sandbox

STACKS = ("foundation", "audience", "campaigns", "email", "events", "sms", "content", "pipeline")
ENVIRONMENTS = ("one", "two")
REPLIES = ("-c", "sesAutoReply.enabled=true")
SHARED = "shared"
"""The account's active receipt rule set, which no stack makes."""


@pytest.fixture
def program(tmp_path):
    """The repository's program with the committed config for each environment, and the shared rule set in `email`."""
    folder = tmp_path / "program"
    config = config_folder(REPOSITORY)
    link(REPOSITORY, folder, config, {each.name for each in REPOSITORY.glob(".*")})
    (folder / "Pulumi.yaml").symlink_to(REPOSITORY / "Pulumi.yaml")
    for environment in ENVIRONMENTS:
        for stack in STACKS:
            text = (REPOSITORY / config / f"Pulumi.{stack}.yaml").read_text()
            (folder / config / f"Pulumi.{stack}-{environment}.yaml").write_text(text)
    return folder


def outputs(sandbox, stack: str):
    return json.loads(sandbox.run("outputs", stack).stdout)


def project(sandbox, environment: str):
    """A client of an environment's project, and its id."""
    found = outputs(sandbox, f"foundation-{environment}")
    running = servers.running(Folder(sandbox.home))
    return clients.engagement_client(running, found["endpointUrl"]), found["applicationId"]


def address_of(sandbox, environment: str) -> str:
    client, application = project(sandbox, environment)
    return client.get_endpoint(ApplicationId=application, EndpointId="ada")["EndpointResponse"]["Address"]


def receipt_rules(aws) -> set[str]:
    return {rule["Name"] for rule in aws("ses").describe_receipt_rule_set(RuleSetName=SHARED)["Rules"]}


def test_two_environments_stand_side_by_side_and_go_one_by_one(empty_sandbox, program):
    sandbox, settings = empty_sandbox, {"SANDBOX_PROGRAM": str(program)}
    sandbox.run("up", "content-one", **settings)
    aws = servers.running(Folder(sandbox.home)).clients()
    aws("ses").create_receipt_rule_set(RuleSetName=SHARED)
    aws("ses").set_active_receipt_rule_set(RuleSetName=SHARED)
    sandbox.run("up", *(f"{stack}-one" for stack in STACKS if stack not in ("email", "content")), **settings)
    refused = sandbox.run("up", "email-one", *REPLIES, check=False, **settings)
    assert refused.returncode == 1
    assert f"rule set {SHARED} is active" in refused.stderr
    assert f"ruleSet.existing: {SHARED}" in refused.stderr

    existing = (*REPLIES, "-c", f'sesAutoReply.ruleSet={{"existing": "{SHARED}"}}')
    sandbox.run("up", "email-one", *existing, **settings)
    sandbox.run("up", *(f"{stack}-two" for stack in STACKS if stack != "email"), **settings)
    sandbox.run("up", "email-two", *existing, **settings)
    assert outputs(sandbox, "email-one")["sesIdentitiesLeftAlone"] == []
    assert sorted(outputs(sandbox, "email-two")["sesIdentitiesLeftAlone"]) == ["shop.example", "shop@example.com"]
    names = [outputs(sandbox, f"events-{environment}")["eventDatabaseName"] for environment in ENVIRONMENTS]
    assert names == ["due_eventdb_one", "due_eventdb_two"]

    for environment, address in zip(ENVIRONMENTS, ("+12065550100", "+12065550111"), strict=True):
        client, application = project(sandbox, environment)
        client.update_endpoint(
            ApplicationId=application,
            EndpointId="ada",
            EndpointRequest={"ChannelType": "SMS", "Address": address},
        )
    assert receipt_rules(aws) == {"email-one-ses-auto-reply", "email-two-ses-auto-reply"}

    stuck = sandbox.run("down", "foundation-one", check=False)
    assert "is under audience-one" in stuck.stderr
    sandbox.run("down", *(f"{stack}-one" for stack in STACKS))
    assert address_of(sandbox, "two") == "+12065550111"
    assert receipt_rules(aws) == {"email-two-ses-auto-reply"}
    again = sandbox.run("up", *(f"{stack}-two" for stack in STACKS if stack != "email"), **settings).stderr
    assert "created" not in again and "replaced" not in again
