"""What the sandbox mends in MiniStack's queues and topics, in its interpreter, without a server."""

import datetime
import json
import subprocess
from pathlib import Path

import pytest

from sandbox import embedded
from sandbox.folder import REPOSITORY, Folder

FIFO = """
import sys, threading
sys.path[0] = {repository!r}
from ministack.services import lambda_svc, sqs
if {mended}:
    from sandbox.repairs import fifo
    fifo.install()
url = sqs._act_create_queue(dict(QueueName="texts.fifo", Attributes=dict(FifoQueue="true")), "")["QueueUrl"]
queue = sqs._queues.get(url)
lambda_svc._esms["m"] = dict(
    UUID="m", Enabled=True, FunctionName="f", BatchSize=10, EventSourceArn=queue["attributes"]["QueueArn"],
    FunctionResponseTypes=["ReportBatchItemFailures"],
)
lambda_svc._get_func_record_for_qualifier = lambda *_: (dict(), dict())
lambda_svc._reserved_concurrency = lambda *_: None
seen, slow, fast = [], threading.Event(), threading.Event()

def execute(function, event):
    bodies = [record["body"] for record in event["Records"]]
    seen.extend(bodies)
    if bodies[0] == "slow 0":
        slow.wait(30)
    if "fast 2" in bodies:
        fast.set()
    return dict(body=dict(batchItemFailures=[]))

lambda_svc._execute_function = execute
def send(group, number):
    sqs._act_send_message(dict(
        QueueUrl=url, MessageBody=f"{{group}} {{number}}", MessageGroupId=group, MessageDeduplicationId=f"{{group}}{{number}}"
    ), url)

send("slow", 0)
lambda_svc._poll_sqs()
send("slow", 1)
for number in range(3):
    send("fast", number)
for _ in range(100):
    lambda_svc._poll_sqs()
    if fast.wait(0.05):
        break
print(seen)
slow.set()
for _ in range(100):
    lambda_svc._poll_sqs()
    if "slow 1" in seen:
        break
    threading.Event().wait(0.05)
print(seen)
"""
TIMES = """
import sys, time
sys.path[0] = {repository!r}
from ministack.services import sns
if {mended}:
    from sandbox.repairs import notification_times
    notification_times.install()
import json
for _ in range(20):
    print(json.loads(sns._build_envelope("arn", "id", "m", "s", dict(), False))["Timestamp"])
    time.sleep(0.0137)
print(sns.time.strftime("%Y", sns.time.gmtime(0)))
"""


def run(folder: Path, script: str, *, mended: bool) -> list[str]:
    """What a script of MiniStack's interpreter prints."""
    text = script.format(repository=str(REPOSITORY), mended=mended)
    interpreter = embedded.python(Folder(folder / "sandbox"))
    done = subprocess.run([interpreter, "-c", text], capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.mark.parametrize("mended", [True, False])
def test_a_slow_message_group_holds_up_its_own_messages_and_no_other_group(tmp_path: Path, mended: bool):
    before, after = (json.loads(line.replace("'", '"')) for line in run(tmp_path, FIFO, mended=mended))
    assert before == (["slow 0", "fast 0", "fast 1", "fast 2"] if mended else ["slow 0"])
    assert [body for body in after if body.startswith("slow")] == ["slow 0", "slow 1"]


@pytest.mark.parametrize("mended", [True, False])
def test_a_notification_tells_its_time_to_the_millisecond(tmp_path: Path, mended: bool):
    *times, year = run(tmp_path, TIMES, mended=mended)
    assert year == "1970"
    moments = [datetime.datetime.fromisoformat(time) for time in times]
    assert moments == sorted(moments)
    assert all(len(time) == len("2030-01-02T03:04:05.678Z") for time in times)
    assert (len({time[-5:] for time in times}) > 5) == mended
    gap = abs((datetime.datetime.now(datetime.UTC) - moments[-1]).total_seconds())
    assert gap < 60
