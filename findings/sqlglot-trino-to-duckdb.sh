#!/usr/bin/env bash
# sqlglot 30.30.0 and duckdb 2.0.1 (PyPI), Python 3: Trino's SQL written for DuckDB.
# Guess: slice(ARRAY[1, 2, 3], 2, 2) becomes what gives [2, 3]: sqlglot knows the function in both dialects, Trino's by start
#        and length, DuckDB's array_slice by begin and end. sequence(3, 1) counts down, as Trino's does. 7 / 2 becomes a division
#        of whole numbers, because sqlglot knows that Trino's / is typed and DuckDB's is not.
# Seen: slice becomes ARRAY_SLICE with the same numbers, [2]; sequence a GENERATE_SERIES without a step, []; 7 / 2 stays, 3.5,
#       while the same with a CAST on each number becomes TRUNC(...), 3. Nothing is reported, not even at ErrorLevel.RAISE.
#       A Trino (476) answers [2, 3], [3, 2, 1], 3 and 3.
# Exits with 1 if this changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv python
python/bin/pip install --quiet --disable-pip-version-check sqlglot==30.30.0 duckdb==2.0.1
python/bin/python - > seen <<'CODE'
import duckdb
import sqlglot

for query in (
    "SELECT slice(ARRAY[1, 2, 3], 2, 2)",
    "SELECT sequence(3, 1)",
    "SELECT 7 / 2",
    "SELECT CAST(7 AS integer) / CAST(2 AS integer)",
):
    [written] = sqlglot.transpile(query, read="trino", write="duckdb", unsupported_level=sqlglot.ErrorLevel.RAISE)
    [[value]] = duckdb.sql(written).fetchall()
    print(query, "|", written, "|", value)
CODE
cat seen
diff seen - <<'EXPECTED'
SELECT slice(ARRAY[1, 2, 3], 2, 2) | SELECT ARRAY_SLICE([1, 2, 3], 2, 2) | [2]
SELECT sequence(3, 1) | SELECT GENERATE_SERIES(3, 1) | []
SELECT 7 / 2 | SELECT 7 / 2 | 3.5
SELECT CAST(7 AS integer) / CAST(2 AS integer) | SELECT CAST(TRUNC(CAST(7 AS INT) / CAST(2 AS INT)) AS BIGINT) | 3
EXPECTED
