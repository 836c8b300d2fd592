"""All messages that reached the outside world, whatever carried them."""

from datetime import UTC, datetime
from typing import Any

from sandbox.folder import Folder
from sandbox.loopback import post
from sandbox.repairs.ses_received import fields_of
from sandbox.servers import Servers
from sandbox.world.outbox import Message, read


def messages(folder: Folder, servers: Servers) -> list[Message]:
    """SMS, voice, WhatsApp and push from the world, email from the embedded AWS's SES; the oldest first."""
    found = [*read(folder.outbox), *_emails(servers)]
    return sorted(found, key=lambda message: message.time)


def _emails(servers: Servers) -> list[Message]:
    answer = post(f"{servers.endpoint}/_sandbox/mails", {})
    return [message for item in answer["Mails"] for message in _email(item)]


def _email(item: dict[str, Any]) -> list[Message]:
    recipients = [*item["To"], *item["CC"], *item["BCC"]]
    moment = datetime.fromtimestamp(item["Timestamp"], UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return [
        Message(
            "EMAIL",
            item["Source"],
            to,
            item["BodyText"] or item["BodyHtml"],
            item["MessageId"],
            moment,
            item["Subject"],
            headers=fields_of(item["Raw"].encode()),
            raw=item["Raw"],
        )
        for to in recipients
    ]
