"""Where botocore's clients would send: what came, and what is answered."""

import json

from botocore.awsrequest import AWSResponse
from botocore.config import Config
from botocore.session import get_session

from handlers.shared import json_calls

CREDENTIALS = {"aws_access_key_id": "AKIDEXAMPLE", "aws_secret_access_key": "secret", "aws_session_token": "token"}
KEY = {"pk": {"S": "a"}, "sk": {"S": "b"}}


class Wire:
    """Answers in order, the last one again and again; an exception is raised. requests: what came."""

    def __init__(self, *answers):
        self.answers, self.requests = list(answers) or [(200, {})], []

    def send(self, request, **_):
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        status, body, *headers = answer
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        told = {"x-amzn-requestid": "r1", **(headers[0] if headers else {})}
        return AWSResponse(request.url, status, told, Raw(raw))


class Raw:
    def __init__(self, content):
        self._content = content

    def stream(self):
        return iter([self._content])


def made(service, wire, *, short=True, attempts=1, endpoint_url=None, region_name="eu-west-1", **config):
    session = get_session()
    if short:
        json_calls.shorten(session)
    retries = {"mode": config.pop("mode", "standard"), **({"total_max_attempts": attempts} if attempts else {})}
    client = session.create_client(
        service,
        region_name=region_name,
        endpoint_url=endpoint_url,
        config=Config(retries=retries, **config),
        **CREDENTIALS,
    )
    client.meta.events.register("before-send", wire.send)
    return client
