"""A first `up` outruns IAM: what the deployment's functions do first is denied, and is done all the same."""

import json

import pytest

from sandbox import inbound, servers
from sandbox.folder import Folder

pytestmark = pytest.mark.sandbox

LATE_SECONDS = 8


def test_everything_comes_up_while_the_functions_rights_are_not_in_effect_yet(empty_sandbox):
    empty_sandbox.run("up", "content")
    running = servers.running(Folder(empty_sandbox.home))
    inbound._post(f"{running.endpoint}/_sandbox/late_rights", {"Seconds": LATE_SECONDS})
    empty_sandbox.run("up", "everything")
    exports = json.loads(empty_sandbox.run("outputs", "everything").stdout)
    assert exports["phoneValidateStateMachineArn"]
    inbound._post(f"{running.endpoint}/_sandbox/late_rights", {"Seconds": 0})
