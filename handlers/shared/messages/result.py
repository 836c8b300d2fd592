"""What became of one message."""

from typing import NamedTuple

SUCCESSFUL = "SUCCESSFUL"
THROTTLED = "THROTTLED"
TEMPORARY_FAILURE = "TEMPORARY_FAILURE"
PERMANENT_FAILURE = "PERMANENT_FAILURE"
UNKNOWN_FAILURE = "UNKNOWN_FAILURE"
OPT_OUT = "OPT_OUT"
DUPLICATE = "DUPLICATE"


class DeliveryResult(NamedTuple):
    """Pinpoint's MessageResult: `status` is a DeliveryStatus, `status_code` an HTTP status (200 when sent).

    updated_token: the token that a device has now in the place of the one that the message went to.
    """

    status: str
    status_code: int
    status_message: str
    message_id: str | None = None
    updated_token: str | None = None

    def response(self) -> dict[str, object]:
        """As MessageResult."""
        result: dict[str, object] = {
            "DeliveryStatus": self.status,
            "StatusCode": self.status_code,
            "StatusMessage": self.status_message,
        }
        if self.message_id is not None:
            result["MessageId"] = self.message_id
        if self.updated_token is not None:
            result["UpdatedToken"] = self.updated_token
        return result


def sent(message_id: str) -> DeliveryResult:
    """A message that the channel accepted."""
    return DeliveryResult(SUCCESSFUL, 200, f"MessageId: {message_id}", message_id)


def refused(message: str) -> DeliveryResult:
    """A message that can never be sent as it is."""
    return DeliveryResult(PERMANENT_FAILURE, 400, message)
