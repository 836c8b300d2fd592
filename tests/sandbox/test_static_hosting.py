"""Architecture 10 as a reader from outside sees it, through the distribution and past it."""

import json
import subprocess
import sys
import urllib.error
import urllib.request
import uuid

import pytest

from sandbox.folder import REPOSITORY


class Site:
    """Reads by the distribution's name at the embedded AWS's address, as its DNS would lead there."""

    def __init__(self, sandbox):
        self.sandbox = sandbox
        self.endpoint = sandbox.servers.endpoint
        self.bucket = sandbox.exports["bucketName"]

    def get(self, path, scheme="https", method="GET"):
        headers = {"Host": self.sandbox.exports["domain"], "X-Forwarded-Proto": scheme}
        return self._open(urllib.request.Request(f"{self.endpoint}{path}", headers=headers, method=method))

    def past_the_distribution(self, key):
        return self._open(urllib.request.Request(f"{self.endpoint}/{self.bucket}/{key}"))

    def _open(self, request):
        class Stay(urllib.request.HTTPRedirectHandler):
            def redirect_request(self, *_):
                return None

        try:
            with urllib.request.build_opener(Stay, urllib.request.ProxyHandler({})).open(request, timeout=10) as answer:
                return answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.headers, error.read()

    def command(self, *arguments):
        environment = dict(
            line.removeprefix("export ").split("=", 1)
            for line in self.sandbox.run("env").stdout.splitlines()
            if line.startswith("export ")
        )
        return subprocess.run(
            [sys.executable, "-c", "from commands.command import main; main()", "site", *arguments],
            capture_output=True,
            text=True,
            cwd=REPOSITORY,
            env={"PYTHONPATH": str(REPOSITORY), **{name: value.strip("'\"") for name, value in environment.items()}},
            check=True,
        ).stdout

    def logs(self):
        listed = self.sandbox.aws("s3").list_objects_v2(Bucket=self.sandbox.exports["logBucketName"])
        return [found["Key"] for found in listed.get("Contents", ())]


@pytest.fixture
def site(sandbox):
    return Site(sandbox)


def test_the_first_upload_is_served_with_type_and_secure_headers(site):
    status, headers, body = site.get("/")
    assert (status, headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert body == (REPOSITORY / "docs/examples/site/index.html").read_bytes()
    assert headers["Strict-Transport-Security"] == "max-age=31536000"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "SAMEORIGIN"
    assert "frame-ancestors 'self'" in headers["Content-Security-Policy"]
    assert site.get("/images/logo.svg")[1]["Content-Type"] == "image/svg+xml"


def test_plain_http_is_sent_to_https_and_writing_is_refused(site):
    status, headers, _ = site.get("/", scheme="http")
    assert (status, headers["Location"].partition(":")[0]) == (301, "https")
    assert site.get("/", method="DELETE")[0] == 403


def test_the_bucket_itself_answers_nobody(site):
    assert site.past_the_distribution("index.html")[0] == 403


def test_a_change_shows_after_the_upload_command_and_not_before(site, tmp_path):
    name = f"{uuid.uuid4().hex}.txt"
    (tmp_path / name).write_text("one")
    flags = ("--bucket", site.bucket, "--distribution", site.sandbox.exports["distributionId"])
    assert json.loads(site.command("upload", str(tmp_path), *flags, "--json"))["Uploaded"] == 1
    assert site.get(f"/{name}")[1]["X-Cache"] == "Miss from cloudfront"
    assert site.get(f"/{name}")[1]["X-Cache"] == "Hit from cloudfront"
    site.sandbox.aws("s3").put_object(Bucket=site.bucket, Key=name, Body=b"behind its back")
    assert site.get(f"/{name}")[2] == b"one"
    (tmp_path / name).write_text("two")
    site.command("upload", str(tmp_path), *flags)
    assert site.get(f"/{name}")[2] == b"two"


def test_who_read_what_is_logged_by_both(site):
    before = set(site.logs())
    site.get(f"/{uuid.uuid4().hex}")
    added = set(site.logs()) - before
    assert {key.partition("/")[0] for key in added} == {"cloudfront", "s3"}
