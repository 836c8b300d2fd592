#!/usr/bin/env bash
# pytest 9.2.0 with pytest-xdist 3.8.0 (the newest of each together, November 2026).
#
# Guess: `--dist loadgroup` sends all tests with the same xdist_group mark to one worker, as its documentation says, or says
#   that it cannot.
# Seen: the tests of one group are spread over both workers, and nothing is said; what a group sets up once is set up twice. The
#   same tests under pytest 9.1.1 stay on one worker. (xdist appends the group to the item's `_nodeid`, which pytest 9.2 does not
#   read any more: pytest-dev/pytest-xdist#1386.) A scheduler of one's own by the hook pytest_xdist_make_scheduler groups in both.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > test_group.py <<'PY'
import time

import pytest


@pytest.mark.xdist_group("one")
@pytest.mark.parametrize("number", range(8))
def test_of_a_group(number, worker_id):
    time.sleep(0.2)
    print(f"ran on {worker_id}")
PY
workers() { # which workers ran the group's tests, under a version of pytest
  python3 -m venv "venv-$1"
  "venv-$1/bin/pip" install --quiet --disable-pip-version-check "pytest==$1" pytest-xdist==3.8.0
  "venv-$1/bin/pytest" -p no:cacheprovider -n 2 --dist loadgroup -rP test_group.py > "out-$1"
  grep -q "8 passed" "out-$1"
  grep -o "^ran on gw[01]" "out-$1" | sort -u | wc -l
}
old=$(workers 9.1.1)
new=$(workers 9.2.0)
echo "workers that ran the one group: pytest 9.1.1: $old, pytest 9.2.0: $new"
[ "$old" = 1 ] && [ "$new" = 2 ]
