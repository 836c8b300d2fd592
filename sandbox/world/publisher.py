"""Carries events of the world's services to topics of the embedded AWS, by the rights of those services."""

import json
import logging
import queue
import threading
import time
import urllib.error

from sandbox.loopback import post

ATTEMPTS = 5
SECONDS = 30
logger = logging.getLogger("sandbox.world.publisher")


class Publisher:
    """Publishes in order, in the background. endpoint: the embedded AWS."""

    def __init__(self, endpoint: str) -> None:
        self._url = f"{endpoint}/_sandbox/publish"
        self._waiting: queue.SimpleQueue[dict[str, str]] = queue.SimpleQueue()
        threading.Thread(target=self._work, name="publisher", daemon=True).start()

    def __call__(self, message: dict[str, str]) -> None:
        """Takes a message: `Service`, `TopicArn`, `Message`, `Subject`, `SourceArn`, and `RoleArn` to act by a role."""
        self._waiting.put(message)

    def at_once(self, message: dict[str, str]) -> str:
        """Publishes now. Returns why it was refused, or ""."""
        try:
            post(self._url, message, SECONDS)
        except urllib.error.HTTPError as error:
            return str(json.loads(error.read())["Error"])
        return ""

    def _work(self) -> None:
        while True:
            message = self._waiting.get()
            for attempt in range(ATTEMPTS):
                try:
                    post(self._url, message, SECONDS)
                    break
                except urllib.error.HTTPError as error:
                    logger.warning("not published: %s", error.read().decode())
                    break
                except OSError as error:
                    logger.warning("not published yet: %s", error)
                    time.sleep(0.2 * 2**attempt)
