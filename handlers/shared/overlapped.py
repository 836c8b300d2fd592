"""Independent calls side by side, in a bounded pool, with each call's own outcome."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from botocore.exceptions import BotoCoreError, ClientError

Argument = TypeVar("Argument")
Result = TypeVar("Result")

WORKERS = 32
"""Below the 50 connections that a client of `handlers.shared.clients` keeps."""


def overlapped(
    call: Callable[[Argument], Result], arguments: Sequence[Argument], workers: int = WORKERS
) -> list[Result | ClientError | BotoCoreError]:
    """`call(argument)` for each argument, in order; where AWS answered with an error, that error in the result's place.

    Whatever else a call raises is raised here, after the calls under way have ended.
    """

    def attempt(argument: Argument) -> Result | ClientError | BotoCoreError:
        try:
            return call(argument)
        except (ClientError, BotoCoreError) as error:
            return error

    if len(arguments) < 2:
        return [attempt(argument) for argument in arguments]
    with ThreadPoolExecutor(min(workers, len(arguments)), thread_name_prefix="overlapped") as pool:
        return list(pool.map(attempt, arguments))
