"""Phone numbers as networks and services take them (ITU-T E.164): `+`, then 7 to 15 ASCII digits, the first one not 0.

Python's `\\d` also stands for the digits of other scripts, which no service takes.
"""

from __future__ import annotations

import re

EXAMPLE = "+12065550100"
_E164 = re.compile(r"\+[1-9][0-9]{6,14}")


def is_e164(value: object) -> bool:
    """Whether the value is a text that has the form of an E.164 number, and nothing around it."""
    return isinstance(value, str) and _E164.fullmatch(value) is not None
