"""An ordinary Pinpoint client that talks to the hosted engagement service."""

import boto3


def sign_for_lambda(context, **_):
    context.setdefault("signing", {})["signing_name"] = "lambda"


def engagement_client(endpoint_url=None):
    """endpoint_url: the foundation's output `endpointUrl`; not needed where AWS_ENDPOINT_URL_PINPOINT is set."""
    client = boto3.client("pinpoint", endpoint_url=endpoint_url)
    client.meta.events.register("choose-signer.pinpoint.*", sign_for_lambda)
    return client
