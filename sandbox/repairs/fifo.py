"""Message groups of a FIFO queue go to a function beside each other: MiniStack had one batch under way for the whole queue.

A batch may hold several groups, and a group whose messages are under way is handed out no more, so that each stays in
order. AWS: "Understanding concurrency behavior with Amazon SQS event source mappings and FIFO".
"""
# pyright: reportMissingImports=false

from typing import Any

from ministack.services import lambda_svc

_of_any_queue = lambda_svc._sqs_esm_concurrency


def _batches(mapping: Any, function: Any, config: Any, queue: Any = None) -> int:
    """How many batches of a mapping may be under way; those of a FIFO queue are of as many groups at the least."""
    return _of_any_queue(mapping, function, config, {**(queue or {}), "is_fifo": False})


def install() -> None:
    lambda_svc._sqs_esm_concurrency = _batches
