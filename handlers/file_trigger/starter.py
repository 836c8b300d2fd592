"""Starts a state machine for each object that S3 reports: once per writing of an object."""

from __future__ import annotations

from functools import cache
from typing import Any

from handlers.file_trigger.environment import StarterEnvironment
from handlers.file_trigger.object_event import parse
from handlers.shared.logging import logger
from handlers.shared.queues import work_off
from handlers.shared.state_machines import start_once

_environment = cache(StarterEnvironment.read)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """SQS batch of object events -> partial batch response."""
    return work_off(event, context, _start, _environment().dead_letter_queue_url)


def _start(body: str) -> None:
    created = parse(body)
    if created.is_folder:
        logger.info("a folder is no file", extra={"execution": created.execution_name})
        return
    start_once(_environment().state_machine_arn, created.execution_name, {"S3URL": created.url})
