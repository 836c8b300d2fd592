"""Look-ups side by side, each with its own outcome, and none of them longer than a moment in time.

A hook has 15 seconds to answer for all of its endpoints. So a look-up that is not done in time is left alone (its
client gives up soon after), and counts as slow.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor, wait
from functools import cache
from typing import TypeVar

from botocore.exceptions import BotoCoreError, ClientError, ConnectTimeoutError, ReadTimeoutError

from handlers.campaign_hook.filters import FAILED, SLOW, THROTTLED
from handlers.shared.aws_errors import code_of, is_throttled

WORKERS = 32

Argument = TypeVar("Argument")
Result = TypeVar("Result")


class LookupFailedError(Exception):
    """A look-up without a result. `reason`: Slow, Throttled or Failed; the text says more, without personal data."""

    def __init__(self, reason: str, text: str) -> None:
        super().__init__(text)
        self.reason = reason


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(WORKERS, thread_name_prefix="lookups")


def side_by_side(
    call: Callable[[Argument], Result], arguments: Iterable[Argument], deadline: float
) -> dict[Argument, Result | LookupFailedError]:
    """`call(argument)` for each argument; where AWS answered with an error or not in time, that in the result's place.

    deadline: a moment of `time.monotonic()`. Whatever else a call raises is raised here.
    """
    futures = {argument: _pool().submit(call, argument) for argument in dict.fromkeys(arguments)}
    wait(futures.values(), timeout=max(0.0, deadline - time.monotonic()))
    results: dict[Argument, Result | LookupFailedError] = {}
    for argument, future in futures.items():
        if not future.done():
            future.cancel()
            results[argument] = LookupFailedError(SLOW, "no answer in time")
            continue
        try:
            results[argument] = future.result()
        except LookupFailedError as error:
            results[argument] = error
        except (ClientError, BotoCoreError) as error:
            results[argument] = failure(error)
    return results


def failure(error: ClientError | BotoCoreError) -> LookupFailedError:
    """What an error of AWS is to a look-up."""
    if isinstance(error, ClientError):
        code = code_of(error)
        return LookupFailedError(THROTTLED if is_throttled(error) else FAILED, code)
    timed_out = isinstance(error, (ConnectTimeoutError, ReadTimeoutError))
    return LookupFailedError(SLOW if timed_out else FAILED, type(error).__name__)
