"""Notifications of topics tell their time to the millisecond, as SNS does; MiniStack's end in `.000Z`."""
# pyright: reportMissingImports=false

import time
from typing import Any

from ministack.services import sns

_WHOLE = ".000Z"


class _Time:
    """The module `time`, as sns uses it."""

    def __getattr__(self, name: str) -> Any:
        return getattr(time, name)

    @staticmethod
    def strftime(form: str, moment: time.struct_time) -> str:
        if not form.endswith(_WHOLE):
            return time.strftime(form, moment)
        now = time.time()
        return time.strftime(f"{form.removesuffix(_WHOLE)}.{int(now * 1000) % 1000:03d}Z", time.gmtime(now))


def install() -> None:
    sns.time = _Time()
