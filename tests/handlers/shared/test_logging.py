"""What decides how much a function logs: on Lambda its own logging configuration, elsewhere Powertools' variable."""

import os
import subprocess
import sys

import pytest

from tests.without_pinpoint import REPOSITORY

SAID = "from handlers.shared.logging import logger; print(logger.log_level)"


@pytest.mark.parametrize(
    ("variables", "level"),
    [
        ({}, "20"),
        ({"POWERTOOLS_LOG_LEVEL": "DEBUG"}, "10"),
        ({"AWS_LAMBDA_LOG_LEVEL": "DEBUG"}, "10"),
        ({"AWS_LAMBDA_LOG_LEVEL": "WARN", "POWERTOOLS_LOG_LEVEL": "ERROR"}, "30"),
        ({"AWS_LAMBDA_LOG_LEVEL": "INFO", "POWERTOOLS_LOG_LEVEL": "WARNING"}, "20"),
    ],
)
def test_lambdas_level_goes_before_powertools_variable(variables, level):
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "POWERTOOLS", "LOG_"))}
    environment = {**kept, "PYTHONPATH": str(REPOSITORY), **variables}
    done = subprocess.run([sys.executable, "-c", SAID], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == level
