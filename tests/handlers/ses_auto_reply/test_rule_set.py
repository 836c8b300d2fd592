"""Where the receipt rule goes in its set, and which set is active."""

from __future__ import annotations

import pytest

from handlers.ses_auto_reply import rule_set
from handlers.ses_auto_reply.rule_set import RuleSetError, handler
from tests.handlers.shared.fakes import FakeClient, client_error


@pytest.fixture
def ses(monkeypatch):
    sets = {"default-rule-set": ["one", "two"], "mail": []}
    active = ["default-rule-set"]

    def describe(RuleSetName):
        if RuleSetName not in sets:
            raise client_error("RuleSetDoesNotExistException", 400)
        return {"Metadata": {"Name": RuleSetName}, "Rules": [{"Name": name} for name in sets[RuleSetName]]}

    fake = FakeClient(
        {
            "describe_receipt_rule_set": describe,
            "describe_active_receipt_rule_set": lambda: {"Metadata": {"Name": active[0]}} if active[0] else {},
            "list_receipt_rule_sets": {"RuleSets": [{"Name": name} for name in sets]},
            "set_active_receipt_rule_set": lambda RuleSetName="": active.__setitem__(0, RuleSetName),
        }
    )
    fake.active, fake.sets = active, sets  # pyright: ignore[reportAttributeAccessIssue]
    monkeypatch.setattr(rule_set, "_client", lambda: fake)
    return fake


def place(name="default-rule-set", position="last", after="", action="create"):
    event = {"Task": "place", "RuleSetName": name, "RuleName": "ours", "Position": position, "AfterRule": after}
    return handler({**event, "tf": {"action": action, "prev_input": None}}, None)


def activate(name="mail", replace=False, action="create", former=None):
    event = {"Task": "activate", "RuleSetName": name, "ReplaceActive": replace}
    return handler({**event, "tf": {"action": action, "prev_input": former and {"RuleSetName": former}}}, None)


def test_a_rule_goes_last_first_or_after_a_named_one(ses):
    assert place() == {"After": "two", "Active": True}
    assert place(position="first") == {"After": "", "Active": True}
    assert place(after="one", position="first") == {"After": "one", "Active": True}
    assert place("mail") == {"After": "", "Active": False}


def test_our_own_rule_is_not_what_ours_follows(ses):
    ses.sets["default-rule-set"].append("ours")
    assert place(action="update")["After"] == "two"
    with pytest.raises(RuleSetError, match="no rule 'ours' to follow"):
        place(after="ours")


def test_a_rule_or_a_set_that_is_not_there_is_an_error_that_says_which_are(ses):
    with pytest.raises(RuleSetError, match=r"no rule 'three' to follow; it has \['one', 'two'\]"):
        place(after="three")
    with pytest.raises(RuleSetError, match=r"'nothing' does not exist; there are \['default-rule-set', 'mail'\]"):
        place("nothing")


def test_deleting_the_place_changes_nothing(ses):
    assert place("nothing", action="delete") == {}


def test_another_active_set_stays_unless_config_says_otherwise(ses):
    with pytest.raises(RuleSetError, match=r"rule set default-rule-set is active, .*replaceActive: true"):
        activate()
    assert ses.active == ["default-rule-set"] and not ses.calls["set_active_receipt_rule_set"]
    assert activate(replace=True) == {"Activated": "mail"}
    assert ses.active == ["mail"]


def test_a_set_becomes_active_where_none_is_and_stays_so(ses):
    ses.active[0] = ""
    activate()
    activate(action="update", former="mail")
    assert ses.active == ["mail"] and len(ses.calls["set_active_receipt_rule_set"]) == 1


def test_a_renamed_set_takes_the_place_of_its_former_self(ses):
    ses.active[0] = "mail"
    activate("default-rule-set", action="update", former="mail")
    assert ses.active == ["default-rule-set"]


def test_what_we_activated_is_active_no_more_when_it_goes_and_nothing_else(ses):
    activate(action="delete")
    assert ses.active == ["default-rule-set"]
    ses.active[0] = "mail"
    activate(action="delete")
    assert ses.active == [""]
