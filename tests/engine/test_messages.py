"""What a person reads when something is wrong: one message."""

import re

import pytest

from tests.engine.engine import Done, Engine


def message(done: Done) -> tuple[str, str]:
    """What went wrong, with the lines that belong to it, and what it is about. It is one thing, or this fails."""
    assert done.code != 0
    assert "Traceback" not in done.text
    diagnostics = done.text.rpartition("Diagnostics:")[2].partition("\nResources:")[0]
    found = []
    for section in re.split(r"\n(?=  \S)", diagnostics):
        about, *texts = section.split("error: ")
        found += [(text.strip(), about.strip()) for text in texts if not text.startswith("preview failed")]
    (only,) = found
    return only


def test_bad_config_is_one_message_with_every_problem(engine: Engine):
    engine.configure("content-wrong", {"simpleCms": {"enabled": "yes", "cacheSecond": 1}, "nobody": {}})
    found, _ = message(engine.preview("content-wrong"))
    assert found.startswith("config of stack content-wrong has 3 problems:")
    assert "engagement:simpleCms.cacheSecond: unknown key (did you mean cacheSeconds?)" in found


def test_two_claims_to_the_projects_hook_are_one_message_that_names_both(engine: Engine):
    some_id = "00000000-0000-4000-8000-000000000001"
    connect = {"registration": "project", "instanceId": some_id, "contactFlowId": some_id, "queueId": some_id}
    engine.configure(
        "campaigns-claimed", {"sendTimeAttributes": {"enabled": True}, "connectChannel": {"enabled": True, **connect}}
    )
    found, _ = message(engine.preview("campaigns-claimed"))
    assert found.startswith("config of stack campaigns-claimed has 1 problem:")
    assert "engagement:connectChannel.enabled: true, and so is that of sendTimeAttributes" in found
    assert "allowed: one of the two, or engagement:connectChannel.registration: campaigns" in found


def test_a_stack_that_does_not_exist_is_one_message_that_names_it(engine: Engine):
    engine.configure("audience-alone", {"phoneNumberValidate": {"enabled": True}})
    found, about = message(engine.preview("audience-alone"))
    assert found == 'Preview failed: unknown stack "organization/engagement/foundation-alone"'
    assert about.startswith("pulumi:pulumi:StackReference (engagement:references.foundation)")


def test_a_stack_that_is_not_up_is_one_message_that_says_what_to_do(engine: Engine):
    engine.configure("foundation-idle", {})
    engine.configure("audience-idle", {"phoneNumberValidate": {"enabled": True}})
    found, _ = message(engine.preview("audience-idle"))
    assert "pulumi up --stack foundation-idle" in found
    assert "engagement:references.foundation" in found


@pytest.mark.parametrize("stack", ["nobody", "nobody-prod"])
def test_a_stack_of_no_known_name_is_one_message_with_the_known_ones(engine: Engine, stack: str):
    engine.configure(stack, {})
    found, _ = message(engine.preview(stack))
    assert "must be one of foundation, audience" in found


def test_a_resource_property_that_pulumi_aws_does_not_declare_is_an_error(engine: Engine):
    program = engine.project.folder / "undeclared.py"
    program.write_text(
        "import pulumi\n\n"
        "class Topic(pulumi.CustomResource):\n"
        "    def __init__(self):\n"
        "        super().__init__('aws:sqs/queuePolicy:QueuePolicy', 'odd', {'queueUrl': 'x', 'colour': 'red'})\n\n"
        "Topic()\n"
    )
    folder = engine.other_program("undeclared", program)
    engine.pulumi("stack", "select", "--create", "content-odd", folder=folder)
    done = engine.preview("content-odd", folder=folder)
    assert done.code != 0
    assert "property colour" in done.text and "unknown property" in done.text
    assert "property policy" in done.text and "missing property" in done.text


def test_a_setting_that_was_set_as_a_secret_is_refused_without_its_value(engine: Engine):
    engine.configure("content-hushed", {"simpleCms": {"enabled": True}})
    path = "engagement:simpleCms.defaultPage"
    engine.pulumi("config", "set", "--secret", "--path", path, "hush-hush.html", "--stack", "content-hushed")
    done = engine.preview("content-hushed")
    found, _ = message(done)
    assert "engagement:simpleCms: holds a secret" in found
    assert "hush-hush" not in done.text
