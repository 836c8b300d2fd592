#!/usr/bin/env bash
# duckdb 2.0.1 (PyPI), Python 3.
# Guess: TRY(x) gives NULL where x fails, whatever made it fail: a cast, an overflow, or error('...'), the function that is
#        there to fail. A macro that reports a wrong argument by error() can then stand in TRY.
# Seen: casts give NULL, but TRY around error() is refused before it runs, even where error() is never reached, because
#       error() counts as volatile. Only a cast of the message to a number fails in a way that TRY takes.
# Exits with 1 if this changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv python
python/bin/pip install --quiet --disable-pip-version-check duckdb==2.0.1
python/bin/python - > seen <<'CODE'
import duckdb

for query in (
    "SELECT TRY(CAST('x' AS INTEGER))",
    "SELECT TRY(error('x'))",
    "SELECT TRY(CASE WHEN n < 0 THEN error('negative') ELSE n END) FROM (VALUES (1)) t (n)",
    "SELECT TRY(CASE WHEN n < 0 THEN CAST('negative' AS INTEGER) ELSE n END) FROM (VALUES (1), (-1)) t (n)",
):
    try:
        print([value for value, in duckdb.sql(query).fetchall()])
    except duckdb.Error as error:
        print(type(error).__name__)
CODE
cat seen
diff seen - <<'EXPECTED'
[None]
BinderException
BinderException
[1, None]
EXPECTED
