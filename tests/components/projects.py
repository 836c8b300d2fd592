"""Projects of both platforms for component tests, and what the tests ask of a recording."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from components.building_blocks import policy
from components.building_blocks.policy import Statement
from components.engagement.project import EngagementProject, ProjectDescription
from tests.recorder import ACCOUNT, REGION, Recorder, record

APPLICATION = "a" * 32
API = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:api"
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/k"
ALERTS = f"arn:aws:sns:{REGION}:{ACCOUNT}:alerts"
JOB_ROLE = f"arn:aws:iam::{ACCOUNT}:role/import-function"
CAMPAIGN_ROLE = f"arn:aws:iam::{ACCOUNT}:role/campaign-function"
JOURNEYS_ROLE = f"arn:aws:iam::{ACCOUNT}:role/journeys-function"
APP = f"arn:aws:mobiletargeting:{REGION}:{ACCOUNT}:apps/{APPLICATION}"

CALLS_API = [
    {
        "Effect": "Allow",
        "Action": ["lambda:InvokeFunctionUrl"],
        "Resource": [API],
        "Condition": {"StringEquals": {"lambda:FunctionUrlAuthType": "AWS_IAM"}},
    },
    {
        "Effect": "Allow",
        "Action": ["lambda:InvokeFunction"],
        "Resource": [API],
        "Condition": {"Bool": {"lambda:InvokedViaFunctionUrl": "true"}},
    },
]
"""The statements of any call to the hosted project."""
PUBLISHES = [{"Effect": "Allow", "Action": ["kms:Decrypt", "kms:GenerateDataKey"], "Resource": [KEY]}]
"""The statement, beside sns:Publish, of whoever publishes to an encrypted topic."""


def project(platform: str = "hosted") -> EngagementProject:
    hosted = platform == "hosted"
    return EngagementProject(
        ProjectDescription(
            platform=platform,
            application_id=APPLICATION,
            endpoint_url="https://api.example/" if hosted else "",
            api_function_arn=API if hosted else "",
            job_role_arns=(JOB_ROLE,) if hosted else (),
            campaign_role_arn=CAMPAIGN_ROLE if hosted else "",
            journeys_role_arn=JOURNEYS_ROLE if hosted else "",
            event_stream_arn=f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/events",
            alert_topic_arn=ALERTS,
            key_arn=KEY,
            account_id=ACCOUNT,
            region=REGION,
            partition="aws",
        ),
        f"arn:aws:lambda:{REGION}:{ACCOUNT}:layer:functions:1",
    )


def allow(actions: list[str], resource: str | list[str], **conditions: Any) -> dict[str, Any]:
    """An Allow statement as a policy document has it."""
    statement: dict[str, Any] = {
        "Effect": "Allow",
        "Action": sorted(actions),
        "Resource": [resource] if isinstance(resource, str) else resource,
    }
    return {**statement, "Condition": conditions} if conditions else statement


POOL = f"arn:aws:sms-voice:{REGION}:{ACCOUNT}:pool/pool-0123"
PROTECTION = allow(["sms-voice:SendTextMessage"], f"arn:aws:sms-voice:{REGION}:{ACCOUNT}:protect-configuration/*")
TEXTS = [allow(["sms-voice:SendTextMessage"], POOL), PROTECTION]
"""What sending texts from POOL takes."""


def rendered(statements: Callable[[], Sequence[Statement]]) -> list[dict[str, Any]]:
    """Statements as a policy document has them; made while a program runs."""
    return json.loads(record(lambda: {"p": policy.document(statements())}).outputs["p"])["Statement"]


def by_s3(actions: list[str], key: str) -> dict[str, Any]:
    """The use of a bucket's key by S3 alone."""
    return by_service("s3", actions, key)


def by_service(service: str, actions: list[str], key: str) -> dict[str, Any]:
    """The use of a key by one service alone."""
    return allow(actions, key, StringEquals={"kms:ViaService": f"{service}.{REGION}.amazonaws.com"})


def grants(recorder: Recorder, name: str) -> list[dict[str, Any]]:
    """The statements of the inline policy `{name}-grants`, without the function's own log."""
    (policy,) = [found for found in recorder.of("RolePolicy") if found.name == f"{name}-grants"]
    document = policy.inputs["policy"]
    statements = json.loads(document)["Statement"]
    return [statement for statement in statements if not statement["Action"][0].startswith("logs:")]


def environment(recorder: Recorder, name: str) -> set[str]:
    """Names of a function's variables, without those that every function has."""
    function = recorder.one("Function", f"{name}-function")
    return set(function.inputs["environment"]["variables"]) - {"POWERTOOLS_SERVICE_NAME", "PYTHONTZPATH"}


def read_by(package: str, *models: str) -> set[str]:
    """Names of the variables that these environment models of a handler package read."""
    module = importlib.import_module(f"handlers.{package}.environment")
    return {name for model in models for name in getattr(module, model).variables()}


def lint(definition: Any, folder: Path) -> str:
    """What statelint says of a state machine definition; nothing if it is in order."""
    file = folder / "definition.json"
    file.write_text(json.dumps(definition) if not isinstance(definition, str) else definition)
    return subprocess.run(
        [str(Path(sys.executable).parent / "statelint"), str(file)], capture_output=True, text=True, check=False
    ).stdout
