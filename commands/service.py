"""Routes of the hosted service that Pinpoint's model, and so its SDKs, do not have."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from boto3.session import Session
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.httpsession import URLLib3Session

from commands.functions import CommandError
from handlers.shared.clients import ENGAGEMENT_ENDPOINT_VARIABLE

ENDPOINT_VARIABLES = [ENGAGEMENT_ENDPOINT_VARIABLE, "AWS_ENDPOINT_URL_PINPOINT"]
"""Either tells a command the service's address; the second one is what SDKs read, and `sandbox env` sets."""


def post(endpoint_url: str, path: str, document: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """POST, signed as a function URL asks for. Returns the answer's JSON. Raises CommandError with the service's own words."""
    session = Session()
    credentials = session.get_credentials()
    if credentials is None:
        raise CommandError("no AWS credentials were found")
    body = json.dumps(document).encode() if document is not None else b""
    request = AWSRequest("POST", f"{endpoint_url.rstrip('/')}{path}", {"Content-Type": "application/json"}, body)
    SigV4Auth(credentials.get_frozen_credentials(), "lambda", session.region_name).add_auth(request)
    response = URLLib3Session(timeout=(5, 60)).send(request.prepare())
    try:
        answer = json.loads(response.text)
    except ValueError:
        answer = {"Message": response.text[:200]}
    if response.status_code >= 300:
        raise CommandError(f"the service answered {response.status_code}: {answer.get('Message', answer)}")
    return answer
