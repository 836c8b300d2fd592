"""Routes of the hosted service that Pinpoint's model, and so its SDKs, do not have."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from boto3.session import Session

from commands.functions import CommandError
from handlers.shared.clients import ENGAGEMENT_ENDPOINT_VARIABLE
from handlers.shared.signed_post import signed_post

ENDPOINT_VARIABLES = [ENGAGEMENT_ENDPOINT_VARIABLE, "AWS_ENDPOINT_URL_PINPOINT"]
"""Either tells a command the service's address; the second one is what SDKs read, and `sandbox env` sets."""


def post(endpoint_url: str, path: str, document: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """POST, with a JSON body where one is given, signed as a function URL asks for. Returns the answer's JSON. Raises CommandError with the service's own words."""
    session = Session()
    credentials = session.get_credentials()
    if credentials is None:
        raise CommandError("no AWS credentials were found")
    if session.region_name is None:
        raise CommandError("no AWS region is set: set AWS_REGION, or a region in the profile")
    status, text = signed_post(f"{endpoint_url.rstrip('/')}{path}", document, credentials, session.region_name)
    try:
        answer = json.loads(text)
    except ValueError:
        answer = {"Message": text[:200]}
    if status >= 300:
        raise CommandError(f"the service answered {status}: {answer.get('Message', answer)}")
    return answer
