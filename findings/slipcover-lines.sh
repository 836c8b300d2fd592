#!/usr/bin/env bash
# SlipCover counts other lines than coverage.py, and no branches in files that pytest rewrites.
#
# Versions: slipcover 1.1.0, coverage 7.17.5, pytest 9.2.0, CPython 3.11.
# Guess: both tools count a file's statements, so that a floor in percent means the same to both; --branch counts the
#   branches of every file of --source.
# Seen: coverage.py counts a statement by its first line. SlipCover counts each line that byte code names: a call over four
#   lines is three, a module's docstring is one. A module of nothing but a docstring that nobody imports is 0 % of
#   one line to SlipCover, and nothing to coverage.py. A test module with one `if` has two branches to coverage.py and none to
#   SlipCover: its hook does not know the signature of this pytest's `_write_pyc`. A warning says so
#   before the tests; the report and the exit code do not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/environment"
"$folder/environment/bin/pip" install --quiet --disable-pip-version-check slipcover==1.1.0 coverage==7.17.5 pytest==9.2.0
cd "$folder"
mkdir package tests
printf '"""Nobody imports this."""\n' > package/unused.py
cat > package/used.py <<'PYTHON'
"""One statement in a function."""


def largest(left, right):
    return max(
        left,
        right,
    )
PYTHON
cat > tests/test_used.py <<'PYTHON'
from package.used import largest


def test_largest():
    if largest(1, 2) == 2:
        assert True
PYTHON
export PYTHONPATH=$folder
environment/bin/python -m slipcover --branch --source package,tests --json --out slipcover.json -m pytest -q tests
environment/bin/coverage run --branch --source package,tests -m pytest -q tests > /dev/null
environment/bin/coverage json -q -o coverage.json

environment/bin/python - <<'PYTHON'
import json


def seen(file):
    found = json.load(open(file))["files"]
    return {
        name: tuple(len(each.get(f"{kind}_{what}", [])) for what in ("lines", "branches") for kind in ("executed", "missing"))
        for name, each in found.items()
        if name != "package/__init__.py"
    }


slipcover, coverage = seen("slipcover.json"), seen("coverage.json")
for name in sorted(slipcover):
    print(f"{name:20} slipcover {slipcover[name]}  coverage.py {coverage[name]}  lines reached, missed; branches reached, missed")
assert slipcover["package/unused.py"] == (0, 1, 0, 0) and coverage["package/unused.py"] == (0, 0, 0, 0)
assert slipcover["package/used.py"] == (5, 0, 0, 0) and coverage["package/used.py"] == (2, 0, 0, 0)
assert slipcover["tests/test_used.py"] == (4, 0, 0, 0) and coverage["tests/test_used.py"] == (4, 0, 1, 1)
PYTHON
