"""Carries events of the world's services to topics of the embedded AWS, by the rights of those services."""

import json
import logging
import queue
import threading
import time
import urllib.error
import urllib.request

ATTEMPTS = 5
logger = logging.getLogger("sandbox.world.publisher")


class Publisher:
    """Publishes in order, in the background. endpoint: the embedded AWS."""

    def __init__(self, endpoint: str) -> None:
        self._url = f"{endpoint}/_sandbox/publish"
        self._waiting: queue.SimpleQueue[dict[str, str]] = queue.SimpleQueue()
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        threading.Thread(target=self._work, name="publisher", daemon=True).start()

    def __call__(self, message: dict[str, str]) -> None:
        """Takes a message: `Service`, `TopicArn`, `Message`, `Subject`, `SourceArn`, and `RoleArn` to act by a role."""
        self._waiting.put(message)

    def at_once(self, message: dict[str, str]) -> str:
        """Publishes now. Returns why it was refused, or ""."""
        try:
            self._publish(message)
        except urllib.error.HTTPError as error:
            return str(json.loads(error.read())["Error"])
        return ""

    def _work(self) -> None:
        while True:
            message = self._waiting.get()
            for attempt in range(ATTEMPTS):
                try:
                    self._publish(message)
                    break
                except urllib.error.HTTPError as error:
                    logger.warning("not published: %s", error.read().decode())
                    break
                except OSError as error:
                    logger.warning("not published yet: %s", error)
                    time.sleep(0.2 * 2**attempt)

    def _publish(self, message: dict[str, str]) -> None:
        request = urllib.request.Request(self._url, data=json.dumps(message).encode(), method="POST")  # noqa: S310 the sandbox's own address
        with self._opener.open(request, timeout=30):
            return
