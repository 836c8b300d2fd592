"""What the sandbox mends in the embedded AWS's functions, in its interpreter, without a server."""

import os
import subprocess
from pathlib import Path

import pytest

from sandbox import embedded
from sandbox.folder import REPOSITORY, Folder

LATE = """
import io, sys, time, zipfile
sys.path[0] = {repository!r}
from ministack.core import lambda_runtime
from sandbox.repairs import function_logs

function_logs.install()
code = io.BytesIO()
with zipfile.ZipFile(code, "w") as archive:
    archive.writestr("function.py", {function!r})
arn = "arn:aws:lambda:us-east-1:000000000000:function:talker"
config = {{"FunctionArn": arn, "Runtime": "python3.13", "Handler": "function.handler", "Timeout": 20}}
worker = lambda_runtime.Worker("talker", config, code.getvalue())

def late():
    lines = worker._proc.stderr
    time.sleep(1)  # as on a machine that has much else to do
    for line in lines:
        worker._stderr_queue.put(line.rstrip("\\n"))
worker._read_stderr = late
for event in ({events}):
    print(repr(worker.invoke(event, "request").get("log")))
worker.kill()
"""
FUNCTION = """
import os, sys
def handler(event, context):
    if event == "die":
        print("last words", flush=True)
        os._exit(1)
    for number in range(event):
        print("line", number)
    if event == 3:
        raise ValueError("three")
    sys.stdout.write("no line end") if event == 1 else None
"""


@pytest.mark.parametrize(
    ("events", "logs"),
    [
        ("2, 0, 1", ["'line 0\\nline 1'", "''", "'line 0\\nno line end'"]),
        ("3, 2", ["'line 0\\nline 1\\nline 2'", "'line 0\\nline 1'"]),
        ("'die', 2", ["'last words'", "'line 0\\nline 1'"]),
    ],
)
def test_what_an_invocation_logs_is_there_when_it_ends_however_late_it_is_read(
    tmp_path: Path, events: str, logs: list[str]
):
    script = LATE.format(repository=str(REPOSITORY), function=FUNCTION, events=f"{events},")
    interpreter = embedded.python(Folder(tmp_path / "sandbox"))
    done = subprocess.run([interpreter, "-c", script], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == logs


OTHER = """
import sys
sys.path[0] = {repository!r}
from ministack.core import lambda_runtime
from sandbox.repairs import function_logs

function_logs.SECONDS = 3600
function_logs.install()
worker = lambda_runtime.Worker("other", {{"Runtime": "nodejs22.x"}}, b"")
worker._stderr_queue.put("a line")
print(worker._drain_stderr_bounded())
"""


def test_a_function_in_another_language_has_no_mark_to_wait_for(tmp_path: Path):
    interpreter = embedded.python(Folder(tmp_path / "sandbox"))
    script = OTHER.format(repository=str(REPOSITORY))
    done = subprocess.run([interpreter, "-c", script], capture_output=True, text=True, check=False, timeout=60)
    assert (done.stdout, done.returncode) == ("a line\n", 0), done.stderr


SHARED = """
import io, sys, zipfile
sys.path[0] = {repository!r}
from ministack.core import lambda_runtime
from ministack.services import lambda_svc
from sandbox.repairs import function_code

function_code.install()

def packed(**files):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, text in files.items():
            archive.writestr(f"python/{{name}}.py" if name == "layer" else f"{{name}}.py", text)
    return content.getvalue()

layers = {{"one": packed(layer="NAME = 'one'"), "two": packed(layer="NAME = 'two'")}}
lambda_svc._resolve_layer_zip = layers.get
code = packed(function="import layer\\ndef handler(event, context):\\n    return layer.NAME, __file__")

def answer(layer):
    arn = "arn:aws:lambda:us-east-1:000000000000:function:f"
    config = {{"FunctionArn": arn, "Runtime": "python3.13", "Handler": "function.handler", "Layers": [layer]}}
    worker = lambda_runtime.Worker("f", config, code)
    result = worker.invoke({{}}, "request")["result"]
    worker.kill()
    return result

for layer in ("one", "two", "one"):
    print(answer(layer)[0])
"""


def test_workers_of_functions_share_what_was_unpacked_and_get_what_is_theirs(tmp_path: Path):
    interpreter = embedded.python(Folder(tmp_path / "sandbox"))
    script = SHARED.format(repository=str(REPOSITORY))
    # PATH holds the interpreter that the functions run on.
    here = {"TMPDIR": str(tmp_path), "PATH": os.environ["PATH"]}
    done = subprocess.run([interpreter, "-c", script], capture_output=True, text=True, check=False, env=here)
    assert done.stdout.split() == ["one", "two", "one"], done.stderr
    assert len(list((tmp_path / "unpacked").iterdir())) == 3
