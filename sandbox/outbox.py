"""All messages that reached the outside world, whatever carried them."""

import json
import urllib.request
from datetime import UTC, datetime
from typing import Any

from sandbox.folder import Folder
from sandbox.servers import Servers
from sandbox.world.outbox import Message, read


def messages(folder: Folder, servers: Servers) -> list[Message]:
    """SMS and voice from the world, email from the embedded AWS's SES; the oldest first."""
    found = [*read(folder.outbox), *_emails(servers)]
    return sorted(found, key=lambda message: message.time)


def _emails(servers: Servers) -> list[Message]:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(f"{servers.endpoint}/_ministack/ses/messages", timeout=10) as answer:
        content: dict[str, Any] = json.load(answer)
    sent = content.get("messages", content)
    listed = [item for items in sent.values() for item in items] if isinstance(sent, dict) else sent
    return [message for item in listed for message in _email(item)]


def _email(item: dict[str, Any]) -> list[Message]:
    recipients = [*item.get("To", ()), *item.get("CC", ()), *item.get("BCC", ())]
    body = item.get("BodyText") or item.get("BodyHtml") or item.get("RawData") or ""
    when = item.get("Timestamp", 0)
    moment = datetime.fromtimestamp(when, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return [
        Message("EMAIL", item.get("Source", ""), to, body, item.get("MessageId", ""), moment, item.get("Subject", ""))
        for to in recipients
    ]
