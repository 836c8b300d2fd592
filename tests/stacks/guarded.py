"""Every stack with all that it can have, under every guardrail: what the rule tests look at."""

from typing import Any

from tests.conftest import PROGRAMS, run_stack, whole_config
from tests.recorder import ACCOUNT, REGION, Recorder

KEYS = {
    kind: f"arn:aws:kms:{REGION}:{ACCOUNT}:key/{kind}-0abc"
    for kind in ("topics", "queues", "tables", "stream", "logs", "buckets")
}
BOUNDARY = f"arn:aws:iam::{ACCOUNT}:policy/developers/boundary"
PATH, PREFIX, RETENTION = "/marketing/", "acme-", 400
SUBNETS, GROUPS = ["subnet-0123456789abcdef0", "subnet-0fedcba9876543210"], ["sg-0123456789abcdef0"]
TAGS = {"CostCenter": "4711", "Owner": "marketing@example.com"}
GUARDRAILS: dict[str, Any] = {
    "roles": {"boundaryArn": BOUNDARY, "path": PATH},
    "keys": KEYS,
    "logRetentionDays": RETENTION,
    "namePrefix": PREFIX,
    "vpc": {"subnetIds": SUBNETS, "securityGroupIds": GROUPS},
    "tags": TAGS,
}
ON_PINPOINT = "everything on platform pinpoint"


def guarded_config(stack: str, **changed: Any) -> dict[str, Any]:
    """The whole config of a stack, with every guardrail; changed: guardrails that are otherwise, None for without."""
    config = whole_config(stack)
    asked = {key: value for key, value in {**GUARDRAILS, **changed}.items() if value is not None}
    if "eventBasedSegmentation" in config:
        config["eventBasedSegmentation"] = {**config["eventBasedSegmentation"], "enhancedFanOut": True}
    return {**config, "guardrails": asked}


def guarded_stacks() -> dict[str, Recorder]:
    """All stacks, the later ones on the outputs of the earlier ones; and all in one on the other platform."""
    built: dict[str, Recorder] = {}
    for name in PROGRAMS:
        built[name] = run_stack(name, guarded_config(name), {up: recorder.outputs for up, recorder in built.items()})
    on_pinpoint = {**guarded_config("everything"), "project": {"platform": "pinpoint"}}
    return built | {ON_PINPOINT: run_stack("everything", on_pinpoint)}
