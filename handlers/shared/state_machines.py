"""Starting state machines so that the same cause starts one run, however often it is delivered."""

from __future__ import annotations

import hashlib
import json
import re

from botocore.exceptions import ClientError

from handlers.shared.aws_errors import code_of
from handlers.shared.clients import aws_client
from handlers.shared.logging import logger

_LONGEST_LABEL = 40
_ALREADY = "ExecutionAlreadyExists"


def execution_name(label: str, *identity: str) -> str:
    """A name for the run that these identifying texts cause: the same for the same texts, different for others.

    label: what a person reads first in the console; characters that an execution's name may not have become `-`.
    Returns at most 80 characters of `[A-Za-z0-9-_]` (Step Functions' StartExecution).
    """
    digest = hashlib.sha256(json.dumps(identity).encode()).hexdigest()[:32]
    readable = re.sub(r"[^A-Za-z0-9_]+", "-", label)[:_LONGEST_LABEL].strip("-")
    return f"{readable}-{digest}" if readable else digest


def start_once(state_machine_arn: str, name: str, run_input: object) -> bool:
    """Starts a run of this name. Returns False if there is or was one already.

    Raises ClientError for whatever else Step Functions answers.
    """
    try:
        aws_client("stepfunctions").start_execution(
            stateMachineArn=state_machine_arn, name=name, input=json.dumps(run_input)
        )
    except ClientError as error:
        if code_of(error) != _ALREADY:
            raise
        logger.info("run exists already", extra={"execution": name})
        return False
    logger.info("run started", extra={"execution": name})
    return True
