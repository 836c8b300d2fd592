"""Routes of the hosted service that Pinpoint's model, and so its SDKs, do not have."""

from __future__ import annotations

import json
import os
from typing import Annotated, Any

import typer
from boto3.session import Session

from commands.errors import CommandError
from handlers.shared.clients import ENGAGEMENT_ENDPOINT_VARIABLE
from handlers.shared.project_endpoints import ProjectEndpoints
from handlers.shared.signed_post import signed_post

ENDPOINT_VARIABLES = [ENGAGEMENT_ENDPOINT_VARIABLE, "AWS_ENDPOINT_URL_PINPOINT"]
"""Either tells a command the service's address; the second one is what SDKs read, and `sandbox env` sets."""
ApplicationOption = Annotated[
    str, typer.Option(envvar="APPLICATION_ID", metavar="ID", help="The project's id: output applicationId.")
]
UrlOption = Annotated[
    str, typer.Option(envvar=ENDPOINT_VARIABLES, metavar="URL", help="The service: output endpointUrl.")
]


def use_service(endpoint_url: str) -> None:
    """Lets clients that go by the environment, as in a function, call the service at this address; without one, as it is."""
    if endpoint_url:
        os.environ[ENGAGEMENT_ENDPOINT_VARIABLE] = endpoint_url


def project_endpoints(application: str, endpoint_url: str) -> ProjectEndpoints:
    """Endpoints and opt-outs by address, of the service at this address."""
    use_service(endpoint_url)
    return ProjectEndpoints(application)


def post(endpoint_url: str, path: str, document: dict[str, Any] | None = None) -> dict[str, Any]:
    """POST, signed as a function URL asks for. Returns the answer's JSON. Raises CommandError with the service's own words."""
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
