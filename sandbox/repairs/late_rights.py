"""IAM that takes effect late, as AWS's does: what a test asks for.

`POST /_sandbox/late_rights` `{"Seconds": 20}`: from each function's first call to AWS on, its role's policies have no effect
for so long. 0, as at the beginning: they have at once.
"""
# pyright: reportMissingImports=false

import json
import time
from typing import Any

from ministack.core import iam_evaluator
from ministack.services import iam

from sandbox.repairs import control

FUNCTIONS = "lambda.amazonaws.com"
_settings = {"seconds": 0.0}
_first: dict[tuple[str, str], float] = {}


def install() -> None:
    """Adds the call, and judges requests by it."""
    inner = iam_evaluator._gather_role_policies

    def gather(role_name: str, account_id: str) -> list[Any]:
        return [] if _is_late(role_name, account_id) else inner(role_name, account_id)

    iam_evaluator._gather_role_policies = gather
    control.CALLS["late_rights"] = _set


def _is_late(role_name: str, account_id: str) -> bool:
    if not _settings["seconds"]:
        return False
    role = iam._roles.get_scoped(account_id, None, role_name) or {}
    if FUNCTIONS not in json.dumps(role.get("AssumeRolePolicyDocument", "")):
        return False
    first = _first.setdefault((account_id, role_name), time.monotonic())
    return time.monotonic() < first + _settings["seconds"]


def _set(given: dict[str, Any]) -> dict[str, Any]:
    try:
        _settings["seconds"] = float(given["Seconds"])
    except (KeyError, TypeError, ValueError) as error:
        raise control.CallError('allowed: {"Seconds": 20}') from error
    _first.clear()
    return {}
