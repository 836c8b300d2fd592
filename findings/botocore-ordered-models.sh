#!/usr/bin/env bash
# botocore 1.44.8 (PyPI), Python 3.11 or later.
# Guess: a client's service model is read into plain dicts: they keep their order since Python 3.7, and botocore asks for 3.10 at least.
# Seen: every object of it is an OrderedDict. DynamoDB's model holds half as much memory again as the same JSON in dicts, which equal it,
#       order and all; it is read by whoever makes a first client, as at each cold start of a Lambda function.
# Exits with 1 if this changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv python
python/bin/pip install --quiet --disable-pip-version-check "botocore==1.44.8"
python/bin/python - > seen <<'CODE'
import gc
import gzip
import json
import sys
import tracemalloc
from pathlib import Path

import botocore
from botocore.loaders import JSONFileLoader


def held(read):
    gc.collect()
    tracemalloc.start()
    found = read()
    size = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    return found, size


path = str(Path(botocore.__file__).parent / "data/dynamodb/2012-08-10/service-2")
theirs, large = held(lambda: JSONFileLoader().load_file(path))
plain, small = held(lambda: json.loads(gzip.open(path + ".json.gz").read()))
print("kinds:", type(theirs).__name__, type(theirs["shapes"]["Key"]["key"]).__name__)
print("same, in the same order:", json.dumps(theirs) == json.dumps(plain))
print("at least 1.3 times the memory:", large >= 1.3 * small)
print(f"{large:,} bytes, in dicts {small:,}", file=sys.stderr)
CODE
cat seen
diff seen - <<'EXPECTED'
kinds: OrderedDict OrderedDict
same, in the same order: True
at least 1.3 times the memory: True
EXPECTED
