"""The outside validators, each as one function that returns the problems it found (empty: none).

State machine definitions: statelint (PyPI) and asl-validator (npm, pinned by tools/package-lock.json).
IAM documents: parliament (PyPI), and a check of the shape for what parliament lets through.
All of them fail open when misused, so test_validators.py holds a known-bad document against each.
"""

from __future__ import annotations

import json
import re
import subprocess
import tempfile
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from statelint.linter import Linter

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # parliament's own: old escapes, pkg_resources
    import parliament

ROOT = Path(__file__).parents[2]
ASL_VALIDATOR = ROOT / "tools" / "node_modules" / ".bin" / "asl-validator"

# Conditions that AWS documents and parliament's data does not have yet, or not for the action; iam_reference.py has them.
NEWER_CONDITIONS = {"lambda:InvokedViaFunctionUrl", "connect:InstanceId"}
EXPRESS_RUN = "'required_format': 'arn:*:states:*:*:express:*:*:*'"
RUN = re.compile(r"arn:[a-z-]+:states:[a-z0-9-]+:\d{12}:execution:[^*]+[:/]\*$")
STATEMENT_KEYS = {"Sid", "Effect", "Principal", "Action", "Resource", "Condition"}


def statelint_problems(definition: Mapping[str, Any]) -> list[str]:
    """What statelint says of a state machine definition."""
    if "StartAt" not in definition:
        return ["the definition has no StartAt"]  # statelint says nothing of what is no state machine at all
    return Linter.validate(json.loads(json.dumps(definition)))


def asl_problems(definition: Mapping[str, Any]) -> list[str]:
    """What asl-validator says of a state machine definition. Raises when the tool is not installed."""
    if not ASL_VALIDATOR.exists():
        raise FileNotFoundError(f"{ASL_VALIDATOR} is missing: install it with `npm ci --prefix tools` (make test does)")
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(definition, file)
        file.flush()
        done = subprocess.run(
            [ASL_VALIDATOR, "--json-path", file.name], capture_output=True, text=True, timeout=60, check=False
        )
    said = (done.stdout + done.stderr).strip()
    if done.returncode == 0:
        return []
    return [line for line in said.splitlines() if line.strip()] or [f"asl-validator ended with {done.returncode}"]


def iam_problems(document: Mapping[str, Any]) -> list[str]:
    """What is wrong with an IAM document: identity, trust or resource policy."""
    problems = shape_problems(document)
    if problems:
        return problems
    if any("Principal" in statement for statement in document["Statement"]):
        # parliament reads identity policies only: of the others it is asked for the actions.
        return [problem for statement in document["Statement"] for problem in _unknown_actions(statement)]
    findings = parliament.analyze_policy_string(json.dumps(document)).findings
    wrong = [finding for finding in findings if not _is_excused(finding, document)]
    return [f"{finding.issue}: {finding.detail or finding.location}" for finding in wrong]


def _is_excused(finding: Any, document: Mapping[str, Any]) -> bool:
    """Findings that say nothing of the document's correctness."""
    detail = str(finding.detail)
    return (
        (finding.issue == "UNKNOWN_CONDITION_FOR_ACTION" and any(name in detail for name in NEWER_CONDITIONS))
        # A resource `*` is judged by the test over every stack, which knows the reason that each place gives.
        or finding.issue == "RESOURCE_STAR"
        or (finding.issue == "RESOURCE_MISMATCH" and EXPRESS_RUN in detail and _runs_of_machines_only(document))
    )


def _runs_of_machines_only(document: Mapping[str, Any]) -> bool:
    """Whether DescribeExecution stands on runs alone: parliament wants the ARN of an express run beside it, for which
    AWS does not ask, and names no other fault in the same finding."""
    return all(
        RUN.match(resource)
        for statement in document["Statement"]
        if "states:DescribeExecution" in _listed(statement["Action"])
        for resource in _listed(statement["Resource"])
    )


def shape_problems(document: Mapping[str, Any]) -> list[str]:
    """Whether the document has IAM's shape: version, statements, and of each its parts."""
    problems = []
    if document.get("Version") != "2012-10-17":
        problems.append(f"Version is {document.get('Version')!r}, not '2012-10-17'")
    statements = document.get("Statement")
    if not isinstance(statements, list) or not statements:
        return [*problems, f"Statement is {statements!r}, not a list with statements in it"]
    for number, statement in enumerate(statements):
        problems += [f"statement {number}: {problem}" for problem in _statement_problems(statement)]
    return problems


def _statement_problems(statement: Mapping[str, Any]) -> list[str]:
    problems = [f"unknown key {key!r}" for key in statement if key not in STATEMENT_KEYS]
    if statement.get("Effect") not in {"Allow", "Deny"}:
        problems.append(f"Effect is {statement.get('Effect')!r}, not 'Allow' or 'Deny'")
    for key in ("Action", "Resource"):
        if key == "Resource" and key not in statement and "Principal" in statement:
            continue  # a trust policy speaks of the role that it hangs on
        for value in _listed(statement.get(key)) or [None]:
            if not isinstance(value, str) or not value:
                problems.append(f"{key} is {statement.get(key)!r}, not a string or a list of strings")
    return problems


def _unknown_actions(statement: Mapping[str, Any]) -> list[str]:
    problems = []
    for action in _listed(statement["Action"]):
        try:
            parliament.expand_action(action)
        except (parliament.UnknownActionException, parliament.UnknownPrefixException) as error:
            problems.append(str(error))
    return problems


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return list(value) if isinstance(value, list) else [value]
