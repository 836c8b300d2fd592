"""The project's hook is set, changed and taken off, and nobody else's is touched."""

from __future__ import annotations

import pytest

from handlers.campaign_hook import registration
from handlers.campaign_hook.registration import HookTakenError, handler
from tests.handlers.campaign_hook.conftest import APPLICATION

ARN = "arn:aws:lambda:eu-west-1:123456789012:function:hook"
OLD = "arn:aws:lambda:eu-west-1:123456789012:function:old"
THEIRS = {"LambdaFunctionName": "theirs", "Mode": "FILTER"}
LIMITS = {"Daily": 3, "Total": 100}


class Project:
    def __init__(self, **settings):
        self.settings = {"ApplicationId": APPLICATION, **settings}
        self.written = []

    def get_application_settings(self, ApplicationId):
        assert ApplicationId == APPLICATION
        return {"ApplicationSettingsResource": self.settings}

    def update_application_settings(self, ApplicationId, WriteApplicationSettingsRequest):
        self.written.append(WriteApplicationSettingsRequest)


@pytest.fixture
def call(aws, monkeypatch):
    registration._environment.cache_clear()

    def run(action, *, previous=None, **settings):
        project = Project(**settings)
        monkeypatch.setattr(registration, "engagement_client", lambda: project)
        given = {"FunctionArn": previous, "Mode": "FILTER"} if previous else None
        answer = handler({"FunctionArn": ARN, "Mode": "FILTER", "tf": {"action": action, "prev_input": given}}, None)
        return answer, project.written

    yield run
    registration._environment.cache_clear()


@pytest.mark.parametrize(
    "hook", [None, {}, {"Mode": "FILTER"}, {"LambdaFunctionName": ARN}, {"LambdaFunctionName": "hook"}]
)
def test_the_hook_is_set_and_the_other_settings_stay(call, hook):
    settings = {"Limits": LIMITS, "QuietTime": {}} | ({} if hook is None else {"CampaignHook": hook})
    answer, written = call("create", **settings)
    assert answer == {"FunctionArn": ARN, "Mode": "FILTER"}
    assert written == [{"Limits": LIMITS, "CampaignHook": {"LambdaFunctionName": ARN, "Mode": "FILTER"}}]


@pytest.mark.parametrize("theirs", [THEIRS, {"WebUrl": "https://theirs.example", "Mode": "FILTER"}])
@pytest.mark.parametrize("action", ["create", "update"])
def test_somebody_elses_hook_is_an_error_that_names_it_and_is_not_overwritten(call, action, theirs):
    with pytest.raises(
        HookTakenError, match=r"the campaign hook (theirs|https://theirs.example) .mode FILTER. already"
    ):
        call(action, previous=ARN, CampaignHook=theirs)


def test_a_function_that_replaces_our_own_takes_its_place(call):
    _, written = call("update", previous=OLD, CampaignHook={"LambdaFunctionName": OLD, "Mode": "FILTER"})
    assert written == [{"CampaignHook": {"LambdaFunctionName": ARN, "Mode": "FILTER"}}]


def test_only_our_own_hook_is_taken_off(call):
    assert call("delete", CampaignHook=THEIRS)[1] == []
    answer, written = call("delete", Limits=LIMITS, CampaignHook={"LambdaFunctionName": ARN, "Mode": "FILTER"})
    assert answer == {"FunctionArn": "", "Mode": ""}
    assert written == [{"Limits": LIMITS, "CampaignHook": {}}]
