from __future__ import annotations

import gc

import pytest
from botocore.awsrequest import AWSResponse

from components.engagement.hosted import API_TIMEOUT_SECONDS
from handlers.shared import clients


@pytest.fixture(autouse=True)
def fresh_clients(monkeypatch):
    for name, value in {
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
    }.items():
        monkeypatch.setenv(name, value)
    for name in ("ENGAGEMENT_ENDPOINT_URL", "AWS_ENDPOINT_URL_PINPOINT", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    clients.forget_clients()
    yield
    clients.forget_clients()


def requests_of(client, call):
    seen = []

    def answer(request, **_):
        seen.append(request)
        return AWSResponse(request.url, 200, {}, _Body(b"{}"))

    client.meta.events.register("before-send.pinpoint.*", answer)
    call(client)
    return seen


class _Body:
    def __init__(self, content):
        self.content = content

    def stream(self, **_):
        yield self.content


def test_on_the_hosted_platform_the_client_calls_the_function_url_and_signs_for_lambda(monkeypatch):
    monkeypatch.setenv("ENGAGEMENT_ENDPOINT_URL", "https://abc.lambda-url.eu-west-1.on.aws/")
    (request,) = requests_of(clients.engagement_client(), lambda client: client.get_app(ApplicationId="a/b"))
    assert request.url == "https://abc.lambda-url.eu-west-1.on.aws/v1/apps/a%2Fb"
    assert "/eu-west-1/lambda/aws4_request" in request.headers["Authorization"].decode()


def test_without_an_endpoint_the_project_is_amazon_pinpoint_itself():
    client = clients.engagement_client()
    (request,) = requests_of(client, lambda client: client.get_app(ApplicationId="a"))
    assert request.url == "https://pinpoint.eu-west-1.amazonaws.com/v1/apps/a"
    assert "/mobiletargeting/aws4_request" in request.headers["Authorization"].decode()


def test_awss_own_pinpoint_stays_awss_own_beside_a_hosted_project(monkeypatch):
    monkeypatch.setenv("ENGAGEMENT_ENDPOINT_URL", "https://abc.lambda-url.eu-west-1.on.aws/")
    assert clients.aws_client("pinpoint").meta.endpoint_url == "https://pinpoint.eu-west-1.amazonaws.com"


def test_a_client_is_made_once_for_each_set_of_arguments():
    assert clients.aws_client("sqs") is clients.aws_client("sqs")
    assert clients.aws_client("sqs") is not clients.aws_client("sqs", max_attempts=1)
    assert clients.aws_client("sqs", max_attempts=1).meta.config.retries["total_max_attempts"] == 1


def test_making_a_client_leaves_the_collector_as_it_was():
    clients.aws_client("sqs")
    assert gc.isenabled()
    gc.disable()
    try:
        clients.aws_client("sns")
        assert not gc.isenabled()
    finally:
        gc.enable()


@pytest.mark.parametrize("service", ["sesv2", "pinpoint-sms-voice-v2", "pinpoint"])
def test_a_call_that_sends_is_made_once_and_given_up_while_the_api_can_still_tell_of_the_others(service):
    config = clients.sending_client(service).meta.config
    assert config.retries == {"mode": "standard", "total_max_attempts": 1}
    assert config.connect_timeout + config.read_timeout <= API_TIMEOUT_SECONDS - 5
