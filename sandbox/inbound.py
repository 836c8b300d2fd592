"""What people send to us: texts to the account's numbers."""

import json
import urllib.error
import urllib.request
from typing import Any

from sandbox.errors import SandboxError
from sandbox.servers import Servers

SECONDS = 60


def text(servers: Servers, sender: str, number: str, body: str, message_id: str = "") -> dict[str, Any]:
    """A person texts to a number. message_id: that of a message that is delivered once more.

    Returns `messageId`, `action` (`published`, `opted out`, `answered`), `topicArn`, `reply`, `document` (what was
    published). Raises SandboxError.
    """
    given = {"From": sender, "To": number, "Body": body, "Id": message_id}
    answer = _post(f"{servers.world}/_world/text", given)
    names = {"message_id": "messageId", "topic_arn": "topicArn"}
    return {names.get(name, name): value for name, value in answer.items()}


def _post(url: str, given: dict[str, Any]) -> dict[str, Any]:
    request = urllib.request.Request(url, data=json.dumps(given).encode(), method="POST")  # noqa: S310 the sandbox's own address
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=SECONDS) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        if error.code == 400:
            raise SandboxError(str(json.load(error)["Error"])) from error
        raise
