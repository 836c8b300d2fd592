"""Serving a plugin of Pulumi's engine: a port on the loopback address, told on standard output."""

import signal
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import grpc

WORKERS = 32
SIZE = 400 * 1024 * 1024
"""The largest message, as Pulumi's own plugins have it: 400 MiB."""


def serve(add: Callable[[grpc.Server], None]) -> None:
    """Serves what `add` adds until the engine ends this process."""
    options = [("grpc.max_receive_message_length", SIZE), ("grpc.max_send_message_length", SIZE)]
    server = grpc.server(ThreadPoolExecutor(max_workers=WORKERS), options=options)
    add(server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(port, flush=True)
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    stopped.wait()
    server.stop(0)
