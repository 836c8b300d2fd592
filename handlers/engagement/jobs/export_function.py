"""The export job's function: one step of its state machine per call (`step.py` has the event)."""

from __future__ import annotations

from typing import Any

from handlers.engagement.jobs.export_steps import ExportJob
from handlers.engagement.jobs.step import run_step
from handlers.shared.logging import logger


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Runs one step of an export job."""
    return run_step(ExportJob, event, context)
