"""What the functions that people wait for load when they start: counted, since times depend on the machine."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PROGRAM = """
import dataclasses, json, sys
made = []
process = dataclasses._process_class
dataclasses._process_class = lambda kind, *given: made.append(kind.__module__) or process(kind, *given)
__import__(sys.argv[1])
print(json.dumps({"modules": sorted(sys.modules), "classes": [name for name in made if name.startswith("handlers")]}))
"""
HEAVY = ("boto3", "s3transfer", "jsonschema", "phonenumbers", "pydantic", "requests", "zoneinfo")
"""None of these is needed before the first call."""
LATER = ("handlers.shared.templates.parser", "handlers.shared.templates.compiler")
"""Only texts with tags need these."""


def started(function):
    asked = [sys.executable, "-c", PROGRAM, f"handlers.engagement.{function}"]
    return json.loads(subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=True).stdout)


@pytest.mark.parametrize(("function", "modules", "classes"), [
    ("campaigns.function", 110, 5),
    ("jobs.import_function", 65, 4),
    ("jobs.export_function", 55, 4),
    ("api.function", 61, 5),
])  # fmt: skip
def test_a_start_loads_what_its_first_call_needs_and_makes_few_classes_that_are_costly_to_make(
    function, modules, classes
):
    """A frozen dataclass takes as long to make as four named tuples."""
    loaded = started(function)
    assert [name for name in loaded["modules"] if name.split(".")[0] in HEAVY or name in LATER] == []
    assert len([name for name in loaded["modules"] if name.startswith("handlers")]) <= modules
    assert len(loaded["classes"]) <= classes, loaded["classes"]
