"""PhoneNumberValidate: AWS's own, where it lives on. Its answers and its errors are passed on."""

from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from handlers.engagement import errors
from handlers.engagement.api.call import Call
from handlers.shared.clients import aws_client

ERRORS: Mapping[str, type[errors.EngagementError]] = {
    kind.code: kind
    for kind in (
        errors.BadRequestError,
        errors.ForbiddenError,
        errors.NotFoundError,
        errors.MethodNotAllowedError,
        errors.PayloadTooLargeError,
        errors.TooManyRequestsError,
    )
} | {"AccessDeniedException": errors.ForbiddenError}


def phone_number_validate(call: Call) -> dict[str, Any]:
    """PhoneNumberValidate."""
    try:
        region = call.service.environment.number_validation_region
        answer = aws_client("pinpoint", region_name=region).phone_number_validate(NumberValidateRequest=call.body)
    except ClientError as error:
        kind = ERRORS.get(error.response["Error"]["Code"])
        if kind is None:
            raise
        message = error.response.get("Message") or error.response["Error"].get("Message", "")
        raise kind(f"PhoneNumberValidate of AWS: {message}") from error
    return answer["NumberValidateResponse"]
