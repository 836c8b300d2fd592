"""Pinpoint's errors: code, HTTP status, message. Raised anywhere below the API, answered by it."""


class EngagementError(Exception):
    """A request that the service refuses. `code` is Pinpoint's error code, `status` the HTTP status."""

    code = "InternalServerErrorException"
    status = 500

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class BadRequestError(EngagementError):
    """400: something in the request is wrong; the message names it, the value and what is allowed."""

    code = "BadRequestException"
    status = 400


class ForbiddenError(EngagementError):
    """403."""

    code = "ForbiddenException"
    status = 403


class NotFoundError(EngagementError):
    """404: the resource or the route does not exist."""

    code = "NotFoundException"
    status = 404


class MethodNotAllowedError(EngagementError):
    """405: the path exists, the method does not."""

    code = "MethodNotAllowedException"
    status = 405


class ConflictError(EngagementError):
    """409: somebody else changed the same thing meanwhile."""

    code = "ConflictException"
    status = 409


class PayloadTooLargeError(EngagementError):
    """413: the body is above 7 MB."""

    code = "PayloadTooLargeException"
    status = 413


class TooManyRequestsError(EngagementError):
    """429: try again later."""

    code = "TooManyRequestsException"
    status = 429


class InternalError(EngagementError):
    """500."""
