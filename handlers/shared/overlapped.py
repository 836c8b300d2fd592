"""Independent calls side by side, in a bounded pool, with each call's own outcome."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TypeVar

from botocore.exceptions import BotoCoreError, ClientError

Argument = TypeVar("Argument")
Result = TypeVar("Result")

WORKERS = 32
"""Below the 50 connections that a client of `handlers.shared.clients` keeps."""
FEWER_WORKERS = 16
"""Of tables, and of messages of one step."""


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


def taken_in_turn(pool: ThreadPoolExecutor, call: Callable[[Argument], object], arguments: Sequence[Argument]) -> None:
    """`call(argument)` for each argument, begun in order, by at most 16 threads of the pool, each of which takes the next one.

    A task of the pool for each argument would take a tenth more of the processor's time where they are texts. What a call raises is
    raised; none is begun after it.
    """
    waiting = deque(arguments)

    def work(_: int) -> None:
        try:
            while waiting:
                try:
                    argument = waiting.popleft()
                except IndexError:
                    return
                call(argument)
        except BaseException:
            waiting.clear()
            raise

    list(pool.map(work, range(min(FEWER_WORKERS, len(arguments)))))


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(FEWER_WORKERS, thread_name_prefix="overlap")


def overlap(call: Callable[[Argument], Result], arguments: Sequence[Argument]) -> list[Result]:
    """`[call(argument) ...]` in order, with at most 16 calls at a time; one alone runs in the calling thread.

    What a call raises is raised. `call` must not use `overlap` itself (the pool is shared and bounded).
    """
    if len(arguments) < 2:
        return [call(argument) for argument in arguments]
    return list(_pool().map(call, arguments))
