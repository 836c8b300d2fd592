"""What reached the outside world, in the order in which it was sent."""

import json
import threading
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Message:
    """One message. time: ISO 8601 in UTC. context: what the sender attached (not delivered to the recipient).

    encoding, parts: of a text, as carriers count. raw: an email or a WhatsApp message as it was sent, where its sender gave it whole.
    headers: an email's, in order, as name and value.
    """

    channel: str
    sender: str
    to: str
    body: str
    message_id: str
    time: str = field(
        default_factory=lambda: datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    )
    subject: str = ""
    context: dict[str, str] = field(default_factory=dict)
    encoding: str = ""
    parts: int = 0
    headers: list[tuple[str, str]] = field(default_factory=list)
    raw: str = ""

    def to_json(self) -> dict[str, Any]:
        """As the command shows it: `sender` is called `from`; what is empty is left out."""
        shown = {"channel": self.channel, "from": self.sender, "to": self.to, "body": self.body, "time": self.time}
        more = {
            "messageId": self.message_id,
            "subject": self.subject,
            "context": self.context,
            "encoding": self.encoding,
            "parts": self.parts,
            "headers": [{"name": name, "value": value} for name, value in self.headers],
            "raw": self.raw,
        }
        return {**shown, **{name: value for name, value in more.items() if value}}


class Outbox:
    """Messages in memory, or in a file of JSON lines that is only ever appended to."""

    def __init__(self) -> None:
        self._messages: list[Message] = []
        self._file: Any = None
        self._lock = threading.Lock()

    def write_to(self, path: Path) -> None:
        """Appends messages to this file from now on, instead of keeping them."""
        self._file = path.open("a", buffering=1, encoding="utf-8")

    def put(self, message: Message) -> None:
        """Adds a message."""
        if self._file is None:
            self._messages.append(message)
            return
        line = json.dumps(asdict(message)) + "\n"
        with self._lock:
            self._file.write(line)

    def messages(self) -> list[Message]:
        """The messages kept in memory."""
        return list(self._messages)

    def clear(self) -> None:
        """Forgets the messages kept in memory."""
        self._messages.clear()


def read(path: Path) -> list[Message]:
    """The messages of an outbox file."""
    if not path.exists():
        return []
    return [Message(**json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]


OUTBOX = Outbox()
"""This process's outbox."""
