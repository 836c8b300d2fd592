"""Errors as an SDK reads them: by the header, and by the body where a front end has renamed the header."""

import boto3
import pytest
from botocore.awsrequest import AWSResponse

from tests.handlers.engagement.conftest import APPLICATION, _Raw, _text, url_event

RENAMED = "x-amzn-remapped-x-amzn-errortype"


def client_of(rename):
    from handlers.engagement.api.function import handler

    client = boto3.client("pinpoint", config=boto3.session.Config(retries={"total_max_attempts": 1}))

    def answer(request, **_):
        result = handler(
            url_event(request.method, request.url, {k: _text(v) for k, v in request.headers.items()}, b""), None
        )
        headers = {rename.get(name, name): value for name, value in result["headers"].items()}
        return AWSResponse(request.url, result["statusCode"], headers, _Raw(result["body"].encode()))

    client.meta.events.register_first("before-send.pinpoint", answer)
    return client


@pytest.mark.parametrize("rename", [{}, {"x-amzn-errortype": RENAMED}], ids=["header", "body"])
def test_the_typed_exception_fires(world, rename):
    client = client_of(rename)
    with pytest.raises(client.exceptions.NotFoundException) as refused:
        client.get_endpoint(ApplicationId=APPLICATION, EndpointId="nobody")
    assert refused.value.response["Error"]["Code"] == "NotFoundException"
    assert "nobody" in refused.value.response["Error"]["Message"]


def test_the_body_names_the_code_beside_the_header(send):
    status, headers, body = send("GET", "/v1/nonsense")
    assert (status, headers["x-amzn-errortype"], body["__type"]) == (404, "NotFoundException", "NotFoundException")
