"""Calls of helpers and conditions compiled into functions that compute their value."""

from __future__ import annotations

from typing import Any, Protocol

from handlers.shared.templates.errors import RenderingError
from handlers.shared.templates.frames import Frame, Value
from handlers.shared.templates.helpers import CONDITIONS, HELPERS, Helper, shown
from handlers.shared.templates.lookups import finder
from handlers.shared.templates.syntax import Call, Expression, Literal, Path

BLOCKS = ("each", "if", "unless", "with")
_FAULTS = (ValueError, TypeError, LookupError, ArithmeticError, AttributeError)


class _Compile(Protocol):
    def __call__(self, expression: Expression, names: frozenset[str], line: int, *, needed: bool) -> Value: ...


class Calls:
    """compile_value: how an argument becomes a function."""

    block_names = (*BLOCKS, *CONDITIONS)

    def __init__(self, compile_value: _Compile) -> None:
        self._compile = compile_value

    def is_condition(self, name: str) -> bool:
        return name in CONDITIONS

    def is_helper(self, name: str) -> bool:
        return name in HELPERS or name in CONDITIONS

    def refuse_block_helper(self, name: str) -> None:
        """Raises RenderingError for `{{if x}}`."""
        if name in BLOCKS:
            raise RenderingError(f"{name!r} opens a block: {{{{#{name} ...}}}}...{{{{/{name}}}}}")

    def value(self, call: Call, names: frozenset[str], line: int) -> Value:
        """What a call gives. Raises RenderingError for one that can never succeed."""
        name = call.name.names[0] if call.name.simple else ""
        self.refuse_block_helper(name)
        if name in CONDITIONS:
            holds = self.holds(call, names, line)
            answers = {"yes": True, "no": False}
            found = {
                key: self._compile(value, names, line, needed=False) for key, value in call.options if key in answers
            }
            yes = found.get("yes", lambda frame: True)
            no = found.get("no", lambda frame: False)
            return lambda frame: yes(frame) if holds(frame) else no(frame)
        helper = HELPERS.get(name)
        if helper is None:
            if call.arguments or call.options:
                allowed = ", ".join(sorted([*HELPERS, *CONDITIONS]))
                raise RenderingError(f"there is no helper {call.name.text!r}; allowed are {allowed}")
            return self._compile(call.name, names, line, needed=True)
        _count(name, len(call.arguments), helper.least, helper.most)
        _try_out(name, helper, call)
        return self._computed(name, helper, call, names, line)

    def holds(self, call: Call, names: frozenset[str], line: int) -> Value:
        """Whether a condition holds."""
        name = call.name.names[0]
        condition = CONDITIONS[name]
        _count(name, len(call.arguments), condition.least, condition.most)
        values = [self._compile(argument, names, line, needed=False) for argument in call.arguments]
        test = condition.function

        def holds(frame: Frame) -> bool:
            arguments = [value(frame) for value in values]
            try:
                return test(arguments)
            except _FAULTS as error:
                raise _refusal(name, arguments, error, line) from error

        return holds

    def _computed(self, name: str, helper: Helper, call: Call, names: frozenset[str], line: int) -> Value:
        def argument(key: int | str, expression: Expression) -> Value:
            if key in helper.words and isinstance(expression, Path) and not expression.data:
                return _or_word(finder(expression, names), expression.text)
            return self._compile(expression, names, line, needed=not helper.lenient)

        values = [argument(at, expression) for at, expression in enumerate(call.arguments)]
        options = [(key, argument(key, expression)) for key, expression in call.options]
        function = helper.function

        def compute(frame: Frame) -> object:
            arguments = [value(frame) for value in values]
            named = {key: value(frame) for key, value in options} if options else {}
            try:
                result = function(arguments, named)
            except RenderingError as error:
                raise RenderingError(f"line {line}: {error}") from None
            except _FAULTS as error:
                raise _refusal(name, arguments, error, line) from error
            return frame[2].make(result) if result.__class__ is str else result

        return compute


def _or_word(find: Value, word: str) -> Value:
    """A variable's value, or what was written, which stands for itself then: `tz=America/Los_Angeles`."""

    def value(frame: Frame) -> object:
        found = find(frame)
        return word if found is None else found

    return value


def _count(name: str, given: int, least: int, most: int) -> None:
    if not least <= given <= most:
        bound, needed = (least, "at least ") if given < least else (most, "at most ")
        needed = f"{'' if least == most else needed}{bound} value{'' if bound == 1 else 's'}"
        raise RenderingError(f"{name} takes {needed}, not {given}")


def _try_out(name: str, helper: Helper, call: Call) -> None:
    """Calls a helper with what the template gives literally, and values that it takes for the rest."""

    trial = helper.trial + helper.trial[-1:] * max(0, len(call.arguments) - len(helper.trial))
    arguments = [
        argument.value if isinstance(argument, Literal) else trial[at] for at, argument in enumerate(call.arguments)
    ]
    options = {key: value.value for key, value in call.options if isinstance(value, Literal)}
    if any(key == "size" and not isinstance(value, Literal) for key, value in call.options):
        options["size"] = trial[1]
    try:
        helper.function(arguments, options)
    except RenderingError:
        raise
    except _FAULTS as error:
        raise RenderingError(f"the helper {name} cannot take {shown(arguments)}: {error}") from error


def _refusal(name: str, arguments: list[Any], error: Exception, line: int) -> RenderingError:
    return RenderingError(f"line {line}: the helper {name} cannot take {shown(arguments)}: {error}")
