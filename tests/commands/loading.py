"""Runs `engagement project load` in a folder, into the hosted service, whose handler answers in process."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import boto3

from commands.command import run
from commands.groups import project
from sandbox.folder import REPOSITORY
from tests.handlers.engagement.conftest import APPLICATION, connect

EXPORT = REPOSITORY / "docs" / "examples" / "pinpoint-export"


class Loading:
    """Runs the command in a folder, and counts the calls that reach the service."""

    def __init__(self, folder: Path, monkeypatch, capsys) -> None:
        self.folder, self._capsys = folder, capsys
        self.client = connect()
        self.calls: list[str] = []
        self.client.meta.events.register("before-call.pinpoint", lambda model, **_: self.calls.append(model.name))
        s3 = boto3.client("s3", region_name="us-east-1")
        loading = self

        class Session:
            def client(self, name, **_):
                return {"pinpoint": loading.client, "s3": s3}[name]

        self.s3 = s3
        monkeypatch.setattr(project, "Session", Session)
        monkeypatch.setattr(project, "pinpoint_session", Session)
        monkeypatch.chdir(folder)

    def file(self, name: str, content: bytes | str) -> str:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return str(path)

    def load(self, *arguments: str) -> tuple[int, dict]:
        """The exit code, and what the command says."""
        self.calls.clear()
        code = run(["project", "load", *arguments, "--application", APPLICATION, "--json"])
        out = self._capsys.readouterr()
        return code, json.loads(out.out) if out.out else {"error": out.err}

    def errors(self, name: str = "load-errors.csv") -> list[tuple[str, str, str]]:
        """Line, id and reason of each problem."""
        with (self.folder / name).open(newline="", encoding="utf-8") as file:
            return [(row["line"], row["id"], row["reason"]) for row in csv.DictReader(file)]

    def endpoint(self, identifier: str) -> dict:
        return self.client.get_endpoint(ApplicationId=APPLICATION, EndpointId=identifier)["EndpointResponse"]

    def segments(self) -> dict[str, dict]:
        found = self.client.get_segments(ApplicationId=APPLICATION)["SegmentsResponse"]["Item"]
        return {segment["Name"]: segment for segment in found}


def rows(*given: dict) -> str:
    return "".join(json.dumps(row) + "\n" for row in given)


def sms(identifier: str, **more: object) -> dict:
    return {"Id": identifier, "ChannelType": "SMS", "Address": f"+1206555{hash(identifier) % 10000:04d}", **more}
