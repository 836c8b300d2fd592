"""Numbers in templates: exact, as they are written. `add 0.1 0.2` is 0.3, and twenty digits stay twenty digits."""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Context, Decimal, InvalidOperation

DIGITS = 400
_EXACT = Context(prec=2 * DIGITS, Emax=10_000, Emin=-10_000)
_QUOTIENT = Context(prec=DIGITS, Emax=10_000, Emin=-10_000)
_PLACES = Decimal("1e-8")


def single(value: object) -> object:
    """A list of one value counts as that value: attributes are lists."""
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def number(value: object) -> Decimal:
    """The number that a value is or that a text reads as. Raises ValueError for everything else."""
    value = single(value)
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        raise ValueError("needed is a number")  # noqa: TRY004 - a caller tells numbers from texts by it
    written = repr(value) if isinstance(value, float) else str(value).strip()
    if len(written) > DIGITS or "_" in written:
        raise ValueError(f"needed is a number of at most {DIGITS} digits")
    try:
        exact = Decimal(written)
    except InvalidOperation:
        raise ValueError("needed is a number") from None
    if not exact.is_finite() or not -DIGITS < exact.adjusted() < DIGITS:
        raise ValueError("needed is a finite number")
    return exact


def _binary(compute: Callable[[Decimal, Decimal], Decimal]) -> Callable[[object, object], Decimal]:
    return lambda left, right: compute(number(left), number(right))


def _whole(rounding: str) -> Callable[[object], Decimal]:
    return lambda value: number(value).to_integral_value(rounding, _EXACT)


def _divide(left: Decimal, right: Decimal) -> Decimal:
    """To eight places, as Pinpoint's page has it (5 by 2.3 is 2.17391304); a quotient below them keeps nine digits."""
    if right == 0:
        raise ValueError("a number cannot be divided by 0")
    exact = _QUOTIENT.divide(left, right)
    rounded = exact.quantize(_PLACES, ROUND_HALF_UP, _EXACT)
    return rounded if rounded or not exact else Context(prec=9).plus(exact)


def _modulo(left: Decimal, right: Decimal) -> Decimal:
    """The remainder with the sign of the dividend, as in Java and JavaScript."""
    if right == 0:
        raise ValueError("a number cannot be divided by 0")
    return _EXACT.remainder(left, right)


MATH: dict[str, tuple[Callable[..., Decimal], int]] = {
    "add": (_binary(_EXACT.add), 2),
    "subtract": (_binary(_EXACT.subtract), 2),
    "multiply": (_binary(_EXACT.multiply), 2),
    "divide": (_binary(_divide), 2),
    "modulo": (_binary(_modulo), 2),
    "ceiling": (_whole(ROUND_CEILING), 1),
    "floor": (_whole(ROUND_FLOOR), 1),
    "round": (_whole(ROUND_HALF_UP), 1),
}
"""Name -> what it computes, and of how many numbers. `round` takes a half away from zero: 3 of 2.5, -3 of -2.5."""
