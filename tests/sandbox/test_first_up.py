"""A first `up` outruns IAM: what the deployment's functions do first is denied, and is done all the same."""

import json

import pytest

from sandbox import servers
from sandbox.folder import Folder
from sandbox.loopback import post

pytestmark = pytest.mark.sandbox

LATE_SECONDS = 8


def test_everything_comes_up_while_the_functions_rights_are_not_in_effect_yet(empty_sandbox):
    empty_sandbox.run("up", "content")
    running = servers.running(Folder(empty_sandbox.home))
    post(f"{running.endpoint}/_sandbox/late_rights", {"Seconds": LATE_SECONDS})
    empty_sandbox.run("up", "everything")
    exports = json.loads(empty_sandbox.run("outputs", "everything").stdout)
    assert exports["phoneValidateStateMachineArn"]
    logged = (empty_sandbox.home / "logs" / "aws.log").read_text(errors="replace")
    assert logged.count("denied, as rights that are new may be") > 5
