"""What Pulumi's engine does with every stack: first, again, changed, switched, gone."""

import pytest

from tests.engine.life import ARCHITECTURES, CHANGES, ORDER, SECRET, TAKEN, WHOLE, Life

RETAINED = {
    "connect-channel-table",
    "external-templates-templates-bucket",
    "send-time-attributes-table",
    "whatsapp-channel-table",
}
"""What holds data where the committed config does not say `retainData: false`."""
REPLACED = ("replace", "create-replacement", "delete-replaced")


@pytest.mark.parametrize("stack", [*ORDER, WHOLE])
def test_a_stack_comes_up_as_its_preview_says(life: Life, stack: str):
    previewed, done, half = life.done["previewed"][stack], life.done["first"][stack], life.done["half"].get(stack)
    assert previewed.code == 0, previewed.text
    assert done.code == 0, done.text
    created = done.of("create") | (half.of("create") if half else set())
    assert created and created == previewed.of("create", planned=True)


@pytest.mark.parametrize("stack", [*ORDER, WHOLE])
def test_a_second_update_finds_nothing_to_do_and_neither_does_a_third_preview(life: Life, stack: str):
    for phase in ("again", "and again"):
        done = life.done[phase][stack]
        assert done.code == 0, done.text


@pytest.mark.parametrize("stack", ORDER)
def test_a_change_of_config_replaces_nothing(life: Life, stack: str):
    done = life.done["changed"][stack]
    assert done.code == 0, done.text
    assert done.of("update")
    assert not done.of(*REPLACED)


def test_every_architecture_has_a_change_of_config_here():
    assert set(CHANGES) == {"project", *ARCHITECTURES}


@pytest.mark.parametrize("key", ARCHITECTURES)
def test_switching_an_architecture_off_removes_its_resources_and_nothing_else(life: Life, key: str):
    done = life.done["off"][key]
    assert done.code == 0, done.text
    gone = done.of("delete", planned=True)
    assert gone
    assert all(step.op in ("delete", "update") for step in done.changes(planned=True)), done.text


@pytest.mark.parametrize("stack", [stack for stack in ORDER if stack != "foundation"])
def test_switching_off_and_on_leaves_the_stack_as_it_was(life: Life, stack: str):
    off, on = life.done["all off"][stack], life.done["on"][stack]
    assert off.code == 0, off.text
    assert on.code == 0, on.text
    assert off.of("delete") and on.of("create")


def test_a_resource_that_fails_half_way_stops_the_update_and_the_next_one_goes_on(life: Life):
    half, rest = life.done["half"]["events"], life.done["first"]["events"]
    assert half.code != 0
    assert TAKEN in half.text
    assert half.of("create") & rest.of("same")


@pytest.mark.parametrize("stack", [*ORDER, WHOLE])
def test_destroying_in_reverse_order_leaves_nothing_in_the_state(life: Life, stack: str):
    done = life.done["destroyed"][stack]
    assert done.code == 0, done.text


def test_destroying_everything_leaves_what_is_to_be_retained_and_nothing_else(life: Life):
    left = {name for kind, names in life.after.items() for name in names - life.before[kind]}
    assert left and {name.rpartition("-")[0] for name in left} == RETAINED, left


def test_no_secret_is_in_plain_text_in_any_output_or_state(life: Life):
    assert life.states["foundation"].count("aws:dynamodb/table:Table")
    texts = [done.text for phase in life.done.values() for done in phase.values()]
    assert not [text for text in [*texts, *life.states.values()] if SECRET in text]


def test_somebody_elses_campaign_hook_is_an_error_that_names_both(life: Life):
    done = life.done["stranger"]["campaigns"]
    assert done.code != 0
    lines = [line for line in done.text.splitlines() if "already" in line]
    assert lines and "stranger" in lines[0] and "campaign-hook" in lines[0], done.text
