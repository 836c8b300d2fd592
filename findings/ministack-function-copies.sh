#!/usr/bin/env bash
# ministack 1.5.33 (PyPI), Python 3.11 or later.
# Guess: workers of one function share what was unpacked of its code and layers, as AWS's /var/task and /opt are one read-only
#        copy for all; a second worker then finds the byte code of the first.
# Seen: each worker unpacks code and layers into a folder of its own, for every concurrent call, and compiles all modules anew. A
#       module is compiled at each start of a worker, so that many workers that start at once take long on a small machine.
#       And an error of the file system on the way would be looked for under a name that zipfile has not (LargeFileError; the
#       standard library's is LargeZipFile), so that another error takes its place.
# Exits with 1 if this changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv python
python/bin/pip install --quiet --disable-pip-version-check ministack==1.5.33
TMPDIR=$folder python/bin/python - > seen <<'CODE'
import inspect, io, zipfile
from pathlib import Path

from ministack.core import lambda_runtime
from ministack.services import lambda_svc


def packed(files):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return content.getvalue()


layer = packed({"python/library.py": "NAME = 'library'"})
code = packed({"function.py": "import library\ndef handler(event, context):\n    return library.__cached__ or ''"})
lambda_svc._resolve_layer_zip = lambda name: layer
arn = "arn:aws:lambda:us-east-1:000000000000:function:f"
config = {"FunctionArn": arn, "Runtime": "python3.13", "Handler": "function.handler", "Layers": ["layer"]}
workers = [lambda_runtime.Worker("f", config, code) for _ in range(3)]
caches = {worker.invoke({}, "request")["result"] for worker in workers}
print(len(caches), "places for byte code of one layer")
print(len({Path(worker._tmpdir, "layer_0").resolve() for worker in workers}), "copies of one layer")
for worker in workers:
    worker.kill()
source = inspect.getsource(lambda_runtime.Worker._spawn)
print("caught by name:", "zipfile.LargeFileError" in source, "; there:", hasattr(zipfile, "LargeFileError"))
CODE
cat seen
diff seen - <<'EXPECTED'
3 places for byte code of one layer
3 copies of one layer
caught by name: True ; there: False
EXPECTED
