"""Botocore's own hooks, as far as a session of the handlers needs them.

A session of botocore's registers all of them, most for its documentation and for services that no handler calls, and looks at
each one's signature: a twentieth of what `import boto3` takes at a cold start.
"""

from __future__ import annotations

from typing import Any

from botocore.handlers import BUILTIN_HANDLERS, REGISTER_FIRST, REGISTER_LAST

UNASKED = frozenset({
    "docs",
    "apigateway",
    "autoscaling",
    "bedrock-runtime",
    "cloudformation",
    "cloudsearchdomain",
    "cloudwatch",
    "cognito-identity",
    "connecthealth",
    "docdb",
    "dsql",
    "ec2",
    "glacier",
    "iam",
    "iot-data",
    "lex-runtime-v2",
    "logs",
    "machinelearning",
    "mturk",
    "neptune",
    "polly",
    "qbusiness",
    "rds",
    "route53",
    "s3-control",
    "signin",
})  # fmt: skip
"""What stands in the events of hooks that are left out. A service that a handler calls must not be here."""


def register_hooks(events: Any) -> None:  # noqa: ANN401 botocore's, untyped
    """Registers botocore's hooks at a session's events, in botocore's order."""
    ways = {REGISTER_FIRST: events.register_first, REGISTER_LAST: events.register_last}
    for event, hook, *way in BUILTIN_HANDLERS:
        if not UNASKED.intersection(event.split(".")):
            ways.get(way[0] if way else None, events.register)(event, hook)
