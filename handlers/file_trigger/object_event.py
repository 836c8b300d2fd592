"""S3's `Object Created` events, as EventBridge delivers them: the key is plain text there, not URL-encoded.

Source: Amazon S3 User Guide, "Amazon S3 event message structure for EventBridge".
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from handlers.shared.queues import RejectedMessageError
from handlers.shared.state_machines import execution_name


@dataclass(frozen=True)
class CreatedObject:
    """One version of one object. mark: what tells this writing of the key from the others."""

    bucket: str
    key: str
    mark: str

    @property
    def is_folder(self) -> bool:
        """Whether it is the empty object by which the S3 console shows a folder."""
        return self.key.endswith("/")

    @property
    def url(self) -> str:
        return f"s3://{self.bucket}/{self.key}"

    @property
    def execution_name(self) -> str:
        """The name of the run for this writing of the object: the same event gives the same name."""
        return execution_name(self.key.rsplit("/", 1)[-1], self.bucket, self.key, self.mark)


def parse(body: str) -> CreatedObject:
    """Reads a queue message's body. Raises RejectedMessageError if it is no such event."""
    try:
        event = json.loads(body)
        detail = event["detail"]
        bucket, created = detail["bucket"]["name"], detail["object"]
        key = created["key"]
        mark = created.get("sequencer") or created.get("version-id") or created.get("etag") or event["id"]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise RejectedMessageError(
            f"not an S3 event of EventBridge with detail.bucket.name and detail.object.key: {type(error).__name__}"
        ) from error
    if not all(isinstance(text, str) and text for text in (bucket, key, mark)):
        raise RejectedMessageError("detail.bucket.name and detail.object.key must be texts that are not empty")
    return CreatedObject(bucket, key, mark)
