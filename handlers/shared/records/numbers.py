"""Values that a spreadsheet or a data frame has turned into other ones: numbers that were never meant as such."""

from __future__ import annotations

import re

_SCIENTIFIC = re.compile(r"[+-]?[0-9](?:[.,][0-9]+)?E\+[0-9]{1,3}", re.IGNORECASE)

SCIENTIFIC = (
    "is in scientific notation, as spreadsheets show long numbers: its last digits are lost. Format the column as text, "
    "enter its values again, and save the file anew"
)
"""Why such a value is refused; the column's name comes before."""


def is_scientific(value: str) -> bool:
    """Whether it is a number as spreadsheets write one that is too long for its cell: `1.42568E+10`, with a comma in some languages."""
    return _SCIENTIFIC.fullmatch(value) is not None
