"""One sandbox for all flow tests: a folder and ports of its own, everything up."""

import json
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox import outbox, servers
from sandbox.demos import clients, pipeline
from sandbox.folder import REPOSITORY, Folder

WAIT_SECONDS = 120
LONGEST = [
    "test_page_commands",
    "test_readme",
    "test_events_flow",
    "test_events_toggles",
    "test_stacks",
    "test_journeys",
    "test_custom_channels",
    "test_federated_segmentation",
    "test_suppressed",
    "test_erasure",
]
"""The files that take longest begin, or else one of them goes on alone at the end."""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    places = {name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path.stem, len(LONGEST)))


class Sandbox:
    """The command, and what a person outside sees of what it started."""

    def __init__(self, home: Path, stack: str = "everything") -> None:
        self.home = home
        self.stack = stack
        self.seen: list[dict[str, Any]] = []

    def run(self, *arguments: str, check: bool = True, **environment: str) -> subprocess.CompletedProcess[str]:
        """Runs the command as a person would."""
        done = subprocess.run(
            [sys.executable, "-c", "from sandbox.command import main; main()", *arguments],
            capture_output=True,
            text=True,
            cwd=REPOSITORY,
            env={**os.environ, "SANDBOX_HOME": str(self.home), "PYTHONPATH": str(REPOSITORY), **environment},
            check=False,
        )
        assert not check or done.returncode == 0, done.stderr
        return done

    def connect(self, exports: dict[str, Any] | None = None) -> None:
        """Gets clients of all that is up, an SMS template, and a queue with all notifications.

        exports: of the stacks that are up, where they are several.
        """
        self.folder = Folder(self.home)
        self.servers = servers.running(self.folder)
        self.aws = self.servers.clients()
        self.exports = exports or json.loads(self.run("outputs", self.stack).stdout)
        self.pinpoint = clients.engagement_client(self.servers, self.exports["endpointUrl"])
        self.application_id = self.exports["applicationId"]
        pipeline.put_template(self.pinpoint)
        self.queue = clients.subscribe_queue(self.aws, [self.exports[name] for name in pipeline.TOPICS])

    def drop(self, body: bytes | str, key: str = "") -> str:
        """Puts a file where imports start; returns its key."""
        key = self.exports["importPrefix"] + (key or f"{uuid.uuid4().hex}.csv")
        content = body.encode() if isinstance(body, str) else body
        self.aws("s3").put_object(Bucket=self.exports["importBucketName"], Key=key, Body=content)
        return key

    def outbox(self) -> list[dict[str, Any]]:
        """What reached the outside world."""
        folder = Folder(self.home)
        return [message.to_json() for message in outbox.messages(folder, servers.running(folder))]

    def texts_to(self, number: str) -> list[str]:
        """The texts that a number got."""
        return [message["body"] for message in self.outbox() if message["to"] == number]

    def poll(self) -> None:
        """Takes what notifications there are."""
        answer = self.aws("sqs").receive_message(QueueUrl=self.queue, WaitTimeSeconds=1, MaxNumberOfMessages=10)
        for message in answer.get("Messages", ()):
            envelope = json.loads(message["Body"])
            kind = envelope["MessageAttributes"]["notification_type"]["Value"]
            content = json.loads(envelope["Message"])
            self.seen.append({"kind": kind, "subject": envelope["Subject"], "content": content})
            self.aws("sqs").delete_message(QueueUrl=self.queue, ReceiptHandle=message["ReceiptHandle"])

    def about(self, key: str) -> list[dict[str, Any]]:
        """The notifications that name a file, in order."""
        url = f"s3://{self.exports['importBucketName']}/{key}"
        return [note for note in self.seen if url in json.dumps(note["content"], ensure_ascii=False)]

    def wait(self, what: Callable[[], Any], seconds: float = WAIT_SECONDS) -> Any:
        """Polls until something is true; fails with all notifications otherwise."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self.poll()
            if found := what():
                return found
        raise AssertionError(f"not seen within {seconds} s; notifications: {json.dumps(self.seen[-8:])[:4000]}")

    def settle(self, seen: Callable[[], Any], wanted: Any, seconds: float = WAIT_SECONDS) -> None:
        """Polls until what is seen is what is wanted; fails with what was seen last and what was not."""
        deadline = time.monotonic() + seconds
        while (last := seen()) != wanted and time.monotonic() < deadline:
            self.poll()
        assert last == wanted

    def imported(self, key: str) -> dict[str, Any]:
        """How a file's import ended."""
        ends = ("success", "failure")

        def end() -> dict[str, Any] | None:
            found = [note for note in self.about(key) if note["kind"] in ends and "ImportResult" in note["content"]]
            return found[0] if found else None

        return self.wait(end)

    def campaigned(self, key: str) -> dict[str, Any]:
        """How the campaign on a file's segment ended."""
        segment = self.imported(key)["content"]["ImportResult"]["Definition"]["SegmentId"]

        def end() -> dict[str, Any] | None:
            for note in self.seen:
                result = note["content"].get("CampaignCreateResult", {})
                if result.get("CampaignCreateInput", {}).get("SegmentId") == segment:
                    return note
            return None

        return self.wait(end)


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """Everything, up, in a sandbox of its own."""
    made = Sandbox(tmp_path_factory.mktemp("sandbox"))
    try:
        made.run("up")
        made.connect()
        yield made
    finally:
        servers.stop(Folder(made.home))


@pytest.fixture
def prompt_journeys(sandbox: Sandbox) -> None:
    """Journeys start as soon as they are published. A demo that ran before has brought the five minutes back."""
    sandbox.run("up", "-c", "project.hosted.journeyStartDelayMinutes=0")


@pytest.fixture
def empty_sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    """A sandbox in which nothing is up yet."""
    made = Sandbox(tmp_path / "sandbox")
    yield made
    servers.stop(Folder(made.home))
