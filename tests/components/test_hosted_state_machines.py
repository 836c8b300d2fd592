"""The hosted service's state machine definitions are valid, retry everything and record what fails."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from components.engagement.hosted_state_machines import (
    campaign_definition,
    export_definition,
    import_definition,
)

ARN = "arn:aws:lambda:eu-west-1:123456789012:function:f"
DEFINITIONS = {made.__name__: made(ARN, 16) for made in (import_definition, export_definition, campaign_definition)}


def tasks(states):
    for name, state in states.items():
        if state["Type"] == "Task":
            yield name, state
        if "ItemProcessor" in state:
            yield from tasks(state["ItemProcessor"]["States"])


@pytest.mark.parametrize("name", DEFINITIONS)
def test_statelint_accepts_the_definition(name, tmp_path):
    path = tmp_path / "definition.json"
    path.write_text(json.dumps(DEFINITIONS[name]))
    run = subprocess.run([Path(sys.executable).parent / "statelint", path], capture_output=True, text=True, check=False)
    assert (run.returncode, run.stdout + run.stderr) == (0, "")


@pytest.mark.parametrize("name", DEFINITIONS)
def test_every_task_retries_and_its_failure_is_caught(name):
    for task, state in tasks(DEFINITIONS[name]["States"]):
        assert state["Retry"], task
        assert "Catch" in state or task == "RecordLostChunk", task


@pytest.mark.parametrize("name", DEFINITIONS)
def test_the_map_works_the_planned_chunks_off_with_the_configured_concurrency(name):
    [chunks] = [state for state in DEFINITIONS[name]["States"].values() if state["Type"] == "Map"]
    assert (chunks["ItemsPath"], chunks["MaxConcurrency"]) == ("$.Plan.Chunks", 16)
    assert chunks["ItemProcessor"]["ProcessorConfig"]["Mode"] == "DISTRIBUTED"
