"""What no Pulumi resource does in SES's receipt rule sets: finding a rule's place, and activating a set with care.

Called by CRUD invocations with `tf` and
- `{"Task": "place", "RuleSetName", "RuleName", "Position": "first"|"last", "AfterRule": name or ""}` ->
  `{"After": the rule that ours follows, "" = none, "Active": whether the set takes mail}`
- `{"Task": "activate", "RuleSetName", "ReplaceActive": bool}` -> `{"Activated": name}`. An account has one active set in a
  region; another one that is active stays, with an error, unless ReplaceActive. Deleted: ours is active no more.

Source: Amazon SES API (v1) DescribeReceiptRuleSet, SetActiveReceiptRuleSet, CreateReceiptRule (After).
"""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from handlers.shared.aws_errors import code_of
from handlers.shared.clients import aws_client
from handlers.shared.crud import crud_handler
from handlers.shared.logging import logger

FIRST = "first"


class RuleSetError(ValueError):
    """The rule sets of the account are not what the config takes them for."""


@crud_handler
def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """One task of one resource."""
    action = event["tf"]["action"]
    if event["Task"] == "activate":
        return deactivate(event["RuleSetName"]) if action == "delete" else activate(event)
    if action == "delete":
        return {}
    return place(event)


def place(event: dict[str, Any]) -> dict[str, Any]:
    """Which rule ours follows in the set as it is now."""
    name, after = event["RuleSetName"], event["AfterRule"]
    others = [rule for rule in _rules(name) if rule != event["RuleName"]]
    if after and after not in others:
        raise RuleSetError(f"rule set {name} has no rule {after!r} to follow; it has {others or 'none'}")
    if not after and event["Position"] != FIRST and others:
        after = others[-1]
    active = _active()
    logger.info("placed", extra={"rules": len(others), "active": active == name})
    return {"After": after, "Active": active == name}


def activate(event: dict[str, Any]) -> dict[str, Any]:
    """Makes the set the active one. Raises RuleSetError where another is and may not be replaced."""
    name, active = event["RuleSetName"], _active()
    former = (event["tf"].get("prev_input") or {}).get("RuleSetName")
    if active not in ("", name, former) and not event["ReplaceActive"]:
        raise RuleSetError(
            f"rule set {active} is active, and an account has one active set in a region; allowed: put the rule into it "
            f"(ruleSet.existing: {active}), or ruleSet.new.replaceActive: true"
        )
    if active != name:
        _client().set_active_receipt_rule_set(RuleSetName=name)
    return {"Activated": name}


def deactivate(name: str) -> dict[str, Any]:
    """Takes the set out of use if it is the active one; another one stays."""
    if _active() == name:
        _client().set_active_receipt_rule_set()
    return {}


def _active() -> str:
    """The name of the active set; empty where there is none."""
    return _client().describe_active_receipt_rule_set().get("Metadata", {}).get("Name", "")


def _rules(name: str) -> list[str]:
    try:
        answer = _client().describe_receipt_rule_set(RuleSetName=name)
    except ClientError as error:
        if code_of(error) != "RuleSetDoesNotExistException" and code_of(error) != "RuleSetDoesNotExist":
            raise
        raise RuleSetError(
            f"receipt rule set {name!r} does not exist; there are {_names() or 'none'}; ruleSet.new makes one"
        ) from error
    return [rule["Name"] for rule in answer.get("Rules", [])]


def _names() -> list[str]:
    return [found["Name"] for found in _client().list_receipt_rule_sets().get("RuleSets", [])]


def _client() -> Any:
    return aws_client("ses", retry_mode="adaptive", max_attempts=10)
