"""`engagement site` against moto's S3 and a CloudFront that keeps what it is asked."""

import json

import boto3
import pytest
from moto import mock_aws

from commands.command import run
from commands.groups import site

BUCKET = "files"


class CloudFront:
    """Keeps the paths of each invalidation."""

    def __init__(self):
        self.invalidated = []

    def create_invalidation(self, DistributionId, InvalidationBatch):
        paths = InvalidationBatch["Paths"]
        assert paths["Quantity"] == len(paths["Items"])
        self.invalidated.append((DistributionId, paths["Items"]))
        return {"Invalidation": {"Id": f"I{len(self.invalidated)}"}}


@pytest.fixture
def world(monkeypatch, tmp_path):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        s3, cloudfront = boto3.client("s3"), CloudFront()
        s3.create_bucket(Bucket=BUCKET)

        class Session:
            def client(self, name):
                return {"s3": s3, "cloudfront": cloudfront}[name]

        monkeypatch.setattr(site, "Session", Session)
        yield s3, cloudfront, tmp_path


def upload(folder, *more):
    return run(["site", "upload", str(folder), "--bucket", BUCKET, "--distribution", "E1", "--json", *more])


def test_only_what_changed_goes_up_with_its_type_and_is_forgotten(world, capsys):
    s3, cloudfront, folder = world
    (folder / "img").mkdir()
    (folder / "index.html").write_text("one")
    (folder / "img" / "größe 1.png").write_bytes(b"png")
    assert upload(folder) == 0
    assert json.loads(capsys.readouterr().out)["Uploaded"] == 2
    assert s3.head_object(Bucket=BUCKET, Key="index.html")["ContentType"] == "text/html; charset=utf-8"
    assert s3.head_object(Bucket=BUCKET, Key="img/größe 1.png")["ContentType"] == "image/png"
    assert cloudfront.invalidated == [("E1", ["/", "/img/gr%C3%B6%C3%9Fe%201.png", "/index.html"])]
    assert upload(folder) == 0
    assert json.loads(capsys.readouterr().out) == {"Uploaded": 0, "Unchanged": 2, "Deleted": 0, "Invalidation": ""}
    (folder / "index.html").write_text("two")
    assert upload(folder, "--cache-seconds", "60") == 0
    assert s3.head_object(Bucket=BUCKET, Key="index.html")["CacheControl"] == "max-age=60"
    assert cloudfront.invalidated[1:] == [("E1", ["/", "/index.html"])]


def test_what_the_folder_does_not_hold_goes_only_when_asked(world, capsys):
    s3, cloudfront, folder = world
    (folder / "a.txt").write_text("a")
    s3.put_object(Bucket=BUCKET, Key="old.txt", Body=b"old")
    assert upload(folder) == 0
    assert s3.head_object(Bucket=BUCKET, Key="old.txt")
    assert upload(folder, "--delete", "--yes") == 0
    assert [each["Key"] for each in s3.list_objects_v2(Bucket=BUCKET)["Contents"]] == ["a.txt"]
    assert cloudfront.invalidated[-1] == ("E1", ["/", "/old.txt"])


def test_many_changes_are_one_invalidation_of_everything(world):
    _, cloudfront, folder = world
    for number in range(31):
        (folder / f"{number}.txt").write_text(str(number))
    assert upload(folder) == 0
    assert cloudfront.invalidated == [("E1", ["/*"])]


def test_an_empty_folder_and_a_bucket_that_does_not_exist_are_errors_in_one_line(world, capsys):
    _, cloudfront, folder = world
    assert upload(folder) == 1
    assert "holds no files" in capsys.readouterr().err
    (folder / "a.txt").write_text("a")
    assert run(["site", "upload", str(folder), "--bucket", "nowhere", "--distribution", "E1"]) == 1
    assert "NoSuchBucket" in capsys.readouterr().err
    assert cloudfront.invalidated == []


def test_files_that_cannot_go_up_are_named_and_the_others_go(world, capsys, monkeypatch):
    s3, _, folder = world
    for name in "abc":
        (folder / f"{name}.txt").write_text(name)
    send = s3.upload_file

    def refuse_b(path, bucket, key, **more):
        if key == "b.txt":
            raise OSError("disk gone")
        send(path, bucket, key, **more)

    monkeypatch.setattr(s3, "upload_file", refuse_b)
    assert upload(folder) == 1
    assert "b.txt: disk gone" in capsys.readouterr().err
    assert [each["Key"] for each in s3.list_objects_v2(Bucket=BUCKET)["Contents"]] == ["a.txt", "c.txt"]


def test_an_invalidation_without_keys_is_of_everything(world, capsys):
    _, cloudfront, _ = world
    assert run(["site", "invalidate", "--distribution", "E1"]) == 0
    assert run(["site", "invalidate", "img/a b.png", "--distribution", "E1"]) == 0
    assert cloudfront.invalidated == [("E1", ["/*"]), ("E1", ["/img/a%20b.png"])]
    assert capsys.readouterr().out.split() == ["I1", "I2"]
