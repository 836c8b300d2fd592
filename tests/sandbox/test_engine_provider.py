"""The local AWS provider's own rules, without an engine."""

import subprocess
import sys
from types import SimpleNamespace
from typing import Any

import pytest
from pulumi.runtime.proto import provider_pb2

from sandbox.deployer.resources import registry
from sandbox.engine import declared, values
from sandbox.engine.provider import Provider, clients

QUEUE = "urn:pulumi:s::engagement::engagement:blocks:Queue$aws:sqs/queue:Queue::orders"
ARCHIVE = {values.SIGNATURE: values.ASSETS[1], "hash": "abc"}


class Context(SimpleNamespace):
    """What gRPC hands to a call."""

    def abort(self, code: Any, details: str) -> None:
        raise RuntimeError(details)


@pytest.fixture
def provider() -> Provider:
    return Provider({})


def check(provider: Provider, news: dict[str, Any], olds: dict[str, Any] | None = None) -> dict[str, Any]:
    request = provider_pb2.CheckRequest(urn=QUEUE, news=values.struct(news), olds=values.struct(olds or {}))
    return values.raw(provider.Check(request, Context()).inputs)


def diff(provider: Provider, old: dict[str, Any], new: dict[str, Any]) -> Any:
    request = provider_pb2.DiffRequest(urn=QUEUE, old_inputs=values.struct(old), news=values.struct(new))
    return provider.Diff(request, Context())


@pytest.mark.parametrize("token", sorted(registry()))
def test_pulumi_aws_declares_every_input_that_the_deployer_carries_out(token: str):
    inputs = dict.fromkeys(registry()[token].inputs, values.UNKNOWN)
    assert not [problem for problem in declared.problems(token, inputs) if problem[1].startswith("unknown")]


ALL_AT_ONCE = """
from concurrent.futures import ThreadPoolExecutor
from sandbox.deployer.resources import registry
from sandbox.engine import declared
with ThreadPoolExecutor(32) as pool:
    assert all(pool.map(declared.arguments, registry()))
"""


def test_checks_of_all_types_at_once_import_pulumi_aws_whole():
    done = subprocess.run([sys.executable, "-c", ALL_AT_ONCE], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_an_unknown_property_is_found_at_every_depth():
    given = {"role": "r", "environment": {"variabels": {}}, "colour": 1}
    found = dict(declared.problems("aws:lambda/function:Function", given))
    assert set(found) == {"environment.variabels", "colour"}


def test_a_missing_property_is_found_at_every_depth():
    given = {"bucket": "b", "rules": [{"id": "one"}]}
    found = dict(declared.problems("aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration", given))
    assert set(found) == {"rules[0].status"}


def test_a_name_that_the_provider_chose_stays(provider: Provider):
    first = check(provider, {})
    assert first["name"].startswith("orders-")
    assert check(provider, {}, first)["name"] == first["name"]


def test_a_name_that_the_program_no_longer_gives_is_chosen_anew(provider: Provider):
    given = check(provider, {"name": "given"})
    assert given["name"] == "given"
    assert check(provider, {}, given)["name"].startswith("orders-")


def test_a_change_in_place_is_no_replacement(provider: Provider):
    found = diff(provider, {"name": "q", "delaySeconds": 1}, {"name": "q", "delaySeconds": 2})
    assert list(found.diffs) == ["delaySeconds"] and not found.replaces


def test_a_replacement_under_a_given_name_deletes_first_and_one_under_a_chosen_name_does_not(provider: Provider):
    old, new = {"name": "q", "fifoQueue": False}, {"name": "q", "fifoQueue": True}
    assert diff(provider, old, new).deleteBeforeReplace
    found = diff(provider, old, {**new, values.DEFAULTS: ["name"]})
    assert list(found.replaces) == ["fifoQueue"] and not found.deleteBeforeReplace


def test_where_a_file_lies_is_no_difference_and_what_is_in_it_is():
    here = values.comparable(values.plain({"code": {**ARCHIVE, "path": "/here", "assets": {}}}))
    assert here == values.comparable(values.plain({"code": {**ARCHIVE, "path": "/there"}}))
    assert here == values.comparable(values.plain({"code": ARCHIVE}))
    assert here != values.comparable(values.plain({"code": {**ARCHIVE, "hash": "def"}}))


def test_an_archive_that_is_no_file_is_refused():
    with pytest.raises(TypeError, match="file archives"):
        values.plain({**ARCHIVE, "assets": {"a": 1}})


def test_without_a_sandbox_it_does_not_work():
    with pytest.raises(LookupError, match="AWS_ENDPOINT_URL"):
        clients({"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}, "us-east-1")


def test_reading_back_is_refused_in_words(provider: Provider):
    with pytest.raises(RuntimeError, match="no refresh and no import"):
        provider.Read(provider_pb2.ReadRequest(urn=QUEUE, id="x"), Context())
