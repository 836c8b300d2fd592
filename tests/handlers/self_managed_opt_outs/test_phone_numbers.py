"""Phone numbers that the stack sets up, and sets back."""

import pytest

from handlers.self_managed_opt_outs.phone_numbers import TakenError, handler
from tests.handlers.self_managed_opt_outs.world import ACCOUNT, OURS, OURS_ID, REGION

TOPIC, FOREIGN, NEWER = (f"arn:aws:sns:{REGION}:{ACCOUNT}:{name}" for name in ("texts", "foreign", "newer"))
SECOND_ID = "phone-00000000000000000000000000000002"


def call(action, *ids, topic=TOPIC, overwrite=False, previous=None):
    given = {"PhoneNumberIds": list(ids), "TopicArn": topic, "OverwriteExisting": overwrite}
    return handler({**given, "tf": {"action": action, "prev_input": previous}}, None)


def given(*ids, topic=TOPIC):
    return {"PhoneNumberIds": list(ids), "TopicArn": topic, "OverwriteExisting": False}


def state(world, identifier=OURS_ID):
    number = world.backend.phone_numbers[identifier]
    return number["TwoWayEnabled"], number.get("TwoWayChannelArn"), number["SelfManagedOptOutsEnabled"]


def take(world, **more):
    world.backend.phone_numbers[OURS_ID].update(TwoWayEnabled=True, TwoWayChannelArn=FOREIGN, **more)


def test_a_number_is_set_up_and_set_back(world):
    answer = call("create", OURS_ID)
    assert answer == {"PhoneNumbers": [{"PhoneNumberId": OURS_ID, "PhoneNumber": OURS, "OptOutListName": "Default"}]}
    assert state(world) == (True, TOPIC, True)
    call("delete", OURS_ID, previous=given(OURS_ID))
    assert state(world) == (False, None, False)


def test_creating_twice_changes_nothing_and_remembers_what_was(world):
    take(world)
    call("create", OURS_ID, overwrite=True)
    call("create", OURS_ID, overwrite=True)
    assert state(world) == (True, TOPIC, True)
    call("delete", OURS_ID)
    assert state(world) == (True, FOREIGN, False)


def test_a_number_that_goes_elsewhere_is_not_taken_and_no_other_is_touched(world):
    take(world)
    with pytest.raises(TakenError, match=f"{OURS_ID} .to {FOREIGN}.* overwriteExisting: true"):
        call("create", SECOND_ID, OURS_ID)
    assert state(world) == (True, FOREIGN, False)
    assert state(world, SECOND_ID) == (False, None, False)


def test_a_number_that_publishes_by_a_role_is_not_taken_even_if_told_to(world):
    take(world, TwoWayChannelRole="arn:aws:iam::123456789012:role/theirs")
    with pytest.raises(TakenError, match="turn two-way SMS off there first"):
        call("create", OURS_ID, overwrite=True)
    assert state(world) == (True, FOREIGN, False)


def test_a_number_left_out_later_is_set_back_and_a_new_one_set_up(world):
    call("create", OURS_ID)
    call("update", SECOND_ID, previous=given(OURS_ID))
    assert state(world) == (False, None, False)
    assert state(world, SECOND_ID) == (True, TOPIC, True)


def test_a_changed_topic_is_followed_and_what_was_before_ours_comes_back(world):
    take(world)
    call("create", OURS_ID, overwrite=True)
    call("update", OURS_ID, topic=NEWER, previous=given(OURS_ID))
    assert state(world) == (True, NEWER, True)
    call("delete", OURS_ID, topic=NEWER)
    assert state(world) == (True, FOREIGN, False)


def test_a_number_that_somebody_took_since_is_left_alone(world):
    call("create", OURS_ID)
    take(world)
    call("delete", OURS_ID)
    assert state(world) == (True, FOREIGN, True)


def test_a_number_that_is_gone_is_no_hindrance_to_taking_down(world):
    call("create", OURS_ID)
    del world.backend.phone_numbers[OURS_ID]
    assert call("delete", OURS_ID) == {"PhoneNumbers": []}
