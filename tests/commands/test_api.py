"""`engagement api`: any operation from the command line, signed for the function URL."""

from __future__ import annotations

import io
import json

import pytest
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ClientError
from botocore.httpsession import URLLib3Session

from commands.campaigns.project import Project
from commands.command import run
from tests.handlers.engagement.api.serving import served
from tests.handlers.engagement.conftest import APPLICATION, one_call_at_a_time, world

__all__ = ["one_call_at_a_time", "world"]


@pytest.fixture
def service(world, monkeypatch):
    with served() as found:
        monkeypatch.setenv("ENGAGEMENT_ENDPOINT_URL", found.endpoint)
        monkeypatch.setenv("APPLICATION_ID", APPLICATION)
        yield found
    assert found.wrong == []


def test_operations_go_by_either_name_and_answers_are_json(service, capsys, tmp_path, monkeypatch):
    endpoint = {"EndpointId": "e", "EndpointRequest": {"ChannelType": "EMAIL", "Address": "a@b.c"}}
    (tmp_path / "e.json").write_text(json.dumps(endpoint))
    assert run(["api", "update-endpoint", "--json", f"@{tmp_path}/e.json"]) == 0
    assert json.loads(capsys.readouterr().out)["MessageBody"]["Message"] == "Accepted"
    monkeypatch.setattr("sys.stdin", io.StringIO('{"EndpointId": "e"}'))
    assert run(["api", "GetEndpoint", "--json", "-"]) == 0
    assert json.loads(capsys.readouterr().out)["EndpointResponse"]["Address"] == "a@b.c"
    assert run(["api", "GetApps"]) == 0
    assert json.loads(capsys.readouterr().out)["ApplicationsResponse"]["Item"][0]["Id"] == APPLICATION


def test_a_query_prints_what_it_finds_and_a_text_alone(service, capsys):
    for query, printed in (
        ("ApplicationsResponse.Item[0].Id", APPLICATION),
        ("length(ApplicationsResponse.Item)", "1"),
        ("ApplicationsResponse.Item[].Id", json.dumps([APPLICATION], indent=2)),
        ("Nothing", "null"),
    ):
        assert run(["api", "GetApps", "--query", query]) == 0
        assert capsys.readouterr().out == f"{printed}\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["GetEndpont"], "near are GetEndpoint"),
        (["GetEndpoint", "--json", "{"], "cannot be read as JSON"),
        (["GetEndpoint", "--json", "[]"], "needed is an object"),
        (["GetEndpoint"], "EndpointId"),
        (["GetApps", "--query", "Item["], "--query 'Item[' is no JMESPath expression"),
        (["GetApps", "--query", "length(Nothing)"], "GetApps was called; --query 'length(Nothing)' cannot be asked"),
        (["GetEndpoint", "--json", '{"EndpointId": "nobody"}'], "NotFoundException"),
    ],
)
def test_what_is_wrong_is_one_line(service, capsys, arguments, said):
    assert run(["api", *arguments]) == 1
    error = capsys.readouterr().err
    assert said in error and error.startswith("error: ") and error.count("\n") == 1


@pytest.fixture
def gateway(monkeypatch):
    """Breaks off each call; holds the requests."""
    requests = []

    class Nothing:
        def stream(self):
            return iter(())

    def answer(_, request):
        requests.append(request)
        return AWSResponse(request.url, 504, {}, Nothing())

    monkeypatch.setattr(URLLib3Session, "send", answer)
    monkeypatch.setattr("time.sleep", lambda _: None)
    monkeypatch.setenv("APPLICATION_ID", APPLICATION)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    return requests


MESSAGE = {"Addresses": {"a@b.c": {"ChannelType": "EMAIL"}}, "MessageConfiguration": {}}


@pytest.mark.parametrize(
    ("operation", "given"),
    [
        ("send-messages", {"MessageRequest": MESSAGE}),
        ("SendMessages", {"MessageRequest": MESSAGE}),
        ("send_messages", {"MessageRequest": MESSAGE}),
        ("create-campaign", {"WriteCampaignRequest": {}}),
        ("CreateJourney", {"WriteJourneyRequest": {"Name": "n"}}),
    ],
)
def test_a_call_that_may_have_sent_is_not_made_again(gateway, capsys, operation, given):
    given = json.dumps(given)
    assert run(["api", operation, "--endpoint-url", "http://service", "--json", given]) == 1
    assert len(gateway) == 1 and "504" in capsys.readouterr().err
    assert run(["api", "get-apps", "--endpoint-url", "http://service"]) == 1
    assert len(gateway) > 2


def test_a_test_message_that_may_have_been_sent_is_not_sent_again(gateway):
    with pytest.raises(ClientError, match="504"):
        Project(APPLICATION, "http://service").send(MESSAGE)
    assert len(gateway) == 1
