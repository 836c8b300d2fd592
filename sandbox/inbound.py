"""What people send to us: texts to the account's numbers, mail to its domains."""

import base64
import json
import urllib.error
from collections.abc import Mapping, Sequence
from typing import Any

from sandbox.errors import SandboxError
from sandbox.loopback import post
from sandbox.servers import Servers


def text(servers: Servers, sender: str, number: str, body: str, message_id: str = "") -> dict[str, Any]:
    """A person texts to a number. message_id: that of a message that is delivered once more.

    Returns `messageId`, `action` (`published`, `opted out`, `answered`), `topicArn`, `reply`, `document` (what was
    published). Raises SandboxError.
    """
    given = {"From": sender, "To": number, "Body": body, "Id": message_id}
    answer = _post(f"{servers.world}/_world/text", given)
    names = {"message_id": "messageId", "topic_arn": "topicArn"}
    return {names.get(name, name): value for name, value in answer.items()}


def mail(
    servers: Servers,
    raw: bytes,
    sender: str | None = None,
    recipients: Sequence[str] = (),
    verdicts: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """A mail comes in, as a .eml file holds it. sender: the envelope's, "" for a bounce's null sender, None to read it
    from Return-Path or From. recipients: the envelope's; without them, those of To and Cc. verdicts: `spam`, `virus`,
    `spf`, `dkim`, `dmarc` to `PASS`, `FAIL`, `GRAY` or `PROCESSING_FAILED`.

    Returns `MessageId`, `RuleSet`, `Refused`, `Rules` (`Name`, `Recipients`, `Actions` with `Type`, `Target`,
    `Outcome`), `Ended`. Raises SandboxError when SES would not take it.
    """
    given: dict[str, Any] = {
        "Raw": base64.b64encode(raw).decode(),
        "To": list(recipients),
        "Verdicts": dict(verdicts or {}),
    }
    if sender is not None:
        given["From"] = sender
    return _post(f"{servers.endpoint}/_sandbox/mail", given)


def _post(url: str, given: dict[str, Any]) -> dict[str, Any]:
    try:
        return post(url, given)
    except urllib.error.HTTPError as error:
        if error.code == 400:
            raise SandboxError(str(json.load(error)["Error"])) from error
        raise
