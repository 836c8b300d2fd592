"""An opt-out list of AWS End User Messaging, kept in step one number a call, which is all that its API takes.

Source: AWS End User Messaging SMS and voice v2 API: PutOptedOutNumber may be repeated; DeleteOptedOutNumber takes a
number once in 30 days, and answers ResourceNotFoundException (ResourceType `opted-out-number`) for one that is not there.
"""

from __future__ import annotations

from botocore.exceptions import ClientError

from handlers.shared.aws_errors import code_of, is_refusal
from handlers.shared.clients import aws_client

_NOT_THE_NUMBER_S_FAULT = frozenset({"AccessDeniedException", "ExpiredTokenException"})


class RefusedChangeError(Exception):
    """The list never takes this change as things are. The text says why, without the number."""


class OptOutList:
    """One list, by name."""

    def __init__(self, name: str) -> None:
        self._name = name

    def set(self, number: str, *, out: bool) -> None:
        """Puts the number on the list, or takes it off. Raises RefusedChangeError, or what AWS answered."""
        client = aws_client("pinpoint-sms-voice-v2", retry_mode="adaptive", max_attempts=8)
        call = client.put_opted_out_number if out else client.delete_opted_out_number
        try:
            call(OptOutListName=self._name, OptedOutNumber=number)
        except ClientError as error:
            if not out and error.response.get("ResourceType") == "opted-out-number":
                return
            if is_refusal(error) and code_of(error) not in _NOT_THE_NUMBER_S_FAULT:
                reason = error.response.get("Reason") or error.response.get("ResourceType") or ""
                raise RefusedChangeError(f"opt-out list {self._name}: {code_of(error)} {reason}".strip()) from error
            raise
