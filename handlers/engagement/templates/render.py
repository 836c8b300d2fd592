"""Rendering message templates: Handlebars with the helpers that Pinpoint has.

Values are looked up in plain dicts and lists and nothing else, and output is not HTML-escaped (so that an attribute can
hold a whole HTML part). A template cannot run away: steps, output and partial nesting are bounded.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from handlers.engagement.templates import helpers
from handlers.engagement.templates.syntax import (
    Block,
    Call,
    Expression,
    Literal,
    Node,
    Output,
    Partial,
    Path,
    RenderingError,
    parse,
)

__all__ = ["RenderingError", "parse_defaults", "render", "with_substitutions"]

OUTPUT = 2_000_000  # characters; an email is at most 10 MB
STEPS = 100_000
PARTIALS = 20
EACH = 15


def render(
    template: str, variables: Mapping[str, Any], defaults: Mapping[str, Any] | None = None, *, strict: bool = False
) -> str:
    """The template's text with its variables filled in.

    Args:
        template: Handlebars text; the same text is read once per process.
        variables: What names refer to, in the shape of EndpointResponse.
        defaults: Used where `variables` has no value (or an empty list): nested as `variables`, or dotted keys.
        strict: A variable that has neither value nor default raises; otherwise it prints nothing. (Pinpoint: email
            fails to render, other channels print nothing.) In conditions a missing value is false either way.

    Raises:
        RenderingError: names the variable, the helper, or what in the text cannot be read.
    """
    if "{{" not in template:
        return template
    scope = _filled(_expanded(defaults or {}), variables)
    renderer = _Renderer(strict=strict)
    renderer.nodes(parse(template), [scope])
    return "".join(renderer.parts)


def parse_defaults(text: str | None) -> dict[str, Any]:
    """A template's DefaultSubstitutions.

    Args:
        text: A JSON object as text, nested or with dotted keys; None or empty: no defaults.

    Raises:
        RenderingError: it is not a JSON object.
    """
    if not text:
        return {}
    try:
        defaults = json.loads(text)
    except ValueError as error:
        raise RenderingError(f"DefaultSubstitutions is not JSON: {error}") from error
    if not isinstance(defaults, dict):
        raise RenderingError(f"DefaultSubstitutions is a JSON {type(defaults).__name__}; needed is an object")
    return defaults


def with_substitutions(
    variables: Mapping[str, Any], *substitutions: Mapping[str, Sequence[str]] | None
) -> dict[str, Any]:
    """`variables` with a message's Substitutions (`{name: [values]}`, dotted names allowed) laid over; the first given wins."""
    merged: dict[str, Any] = dict(variables)
    for layer in reversed(substitutions):
        merged = _filled(merged, _expanded(layer or {}))
    return merged


def truthy(value: Any) -> bool:
    """What `if` takes for true: not null, false, 0, "", [] or {}."""
    return bool(value)


class _Renderer:
    def __init__(self, *, strict: bool) -> None:
        self.strict = strict
        self.parts: list[str] = []
        self.length = 0
        self.steps = 0
        self.depth = 0
        self.partials: dict[str, list[Node]] = {}

    def write(self, text: str) -> None:
        self.length += len(text)
        if self.length > OUTPUT:
            raise RenderingError(f"the message would have more than {OUTPUT:,} characters")
        self.parts.append(text)

    def nodes(self, nodes: Sequence[Node], scopes: list[Any]) -> None:
        for node in nodes:
            self.steps += 1
            if self.steps > STEPS:
                raise RenderingError(f"the template takes more than {STEPS:,} steps")
            if isinstance(node, str):
                self.write(node)
            elif isinstance(node, Output):
                self.write(helpers.text(self.value(node.expression, scopes, needed=True)))
            elif isinstance(node, Partial):
                self.partial(node.name, scopes)
            else:
                self.block(node, scopes)

    def partial(self, name: str, scopes: list[Any]) -> None:
        if name not in self.partials:
            raise RenderingError(f'the partial {name!r} is not defined before its use by {{{{#* inline "{name}"}}}}')
        self.depth += 1
        if self.depth > PARTIALS:
            raise RenderingError(f"the partial {name!r} nests deeper than {PARTIALS}")
        self.nodes(self.partials[name], scopes)
        self.depth -= 1

    def block(self, block: Block, scopes: list[Any]) -> None:
        if block.inline is not None:
            self.partials[block.inline] = block.body
            return
        call = block.call
        if call is None:
            return
        name = call.name.text
        if name == "each":
            self.each(block, call, scopes)
        elif name in ("if", "unless"):
            if len(call.arguments) != 1:
                raise RenderingError(f"{{{{#{name}}}}} takes one value, not {len(call.arguments)}")
            holds = truthy(self.value(call.arguments[0], scopes, needed=False)) == (name == "if")
            self.nodes(block.body if holds else block.otherwise, scopes)
        elif name == "with" and len(call.arguments) == 1:
            value = self.value(call.arguments[0], scopes, needed=False)
            self.nodes(block.body, [*scopes, value]) if truthy(value) else self.nodes(block.otherwise, scopes)
        elif name in helpers.CONDITIONS:
            holds = truthy(self.condition(call, scopes))
            self.nodes(block.body if holds else block.otherwise, scopes)
        elif call.arguments or call.options or name in helpers.HELPERS:
            raise RenderingError(
                f"{name!r} cannot open a block; allowed are each, if, unless, with, {', '.join(helpers.CONDITIONS)}"
            )
        else:
            value = self.value(call.name, scopes, needed=False)
            if isinstance(value, list):
                self.each(block, Call(Path("each", ("each",)), (call.name,)), scopes)
            else:
                inner = [*scopes, value] if isinstance(value, dict) else scopes
                self.nodes(block.body if truthy(value) else block.otherwise, inner)

    def each(self, block: Block, call: Call, scopes: list[Any]) -> None:
        """At most 15 rounds, as in Pinpoint; entries beyond are left out."""
        if len(call.arguments) != 1:
            raise RenderingError(f"{{{{#each}}}} takes one list, not {len(call.arguments)} values")
        value = self.value(call.arguments[0], scopes, needed=False)
        entries = (
            list(value.items())
            if isinstance(value, dict)
            else list(enumerate(value))
            if isinstance(value, list)
            else []
        )
        if not entries:
            self.nodes(block.otherwise, scopes)
        last = min(len(entries), EACH) - 1
        for index, (key, entry) in enumerate(entries[:EACH]):
            inside = {"@this": entry, "@index": index, "@key": key, "@first": index == 0, "@last": index == last}
            self.nodes(block.body, [*scopes, inside | entry if isinstance(entry, dict) else inside])

    def value(self, expression: Expression, scopes: list[Any], *, needed: bool) -> Any:
        """What an expression stands for. `needed`: in strict mode a missing variable raises."""
        if isinstance(expression, Literal):
            return expression.value
        if isinstance(expression, Path):
            found = _find(expression, scopes)
            if found is not None:
                return found
            if len(expression.names) == 1 and expression.names[0] in helpers.HELPERS:
                return self.call(Call(expression), scopes)
            if needed and self.strict:
                raise RenderingError(f"the variable {expression.text} has no value and no default")
            return None
        return self.call(expression, scopes)

    def call(self, call: Call, scopes: list[Any]) -> Any:
        name = call.name.text
        if name in helpers.CONDITIONS:
            return self.condition(call, scopes)
        helper = helpers.HELPERS.get(name)
        if helper is None:
            if call.arguments or call.options:
                raise RenderingError(
                    f"there is no helper {name!r}; allowed are {', '.join(sorted([*helpers.HELPERS, *helpers.CONDITIONS]))}"
                )
            return self.value(call.name, scopes, needed=True)
        arguments = [self.value(argument, scopes, needed=True) for argument in call.arguments]
        options = {key: self.value(value, scopes, needed=True) for key, value in call.options}
        try:
            result = helper(arguments, options)
        except RenderingError:
            raise
        except (ValueError, TypeError, IndexError, KeyError, ArithmeticError, OverflowError) as error:
            raise RenderingError(f"the helper {name} cannot take {helpers.shown(arguments)}: {error}") from error
        if isinstance(result, str) and len(result) > OUTPUT:
            raise RenderingError(f"the helper {name} would make more than {OUTPUT:,} characters")
        return result

    def condition(self, call: Call, scopes: list[Any]) -> Any:
        arguments = [self.value(argument, scopes, needed=False) for argument in call.arguments]
        options = {key: self.value(value, scopes, needed=False) for key, value in call.options}
        name = call.name.text
        try:
            holds = helpers.CONDITIONS[name](arguments)
        except (ValueError, TypeError, IndexError) as error:
            raise RenderingError(f"the helper {name} cannot take {helpers.shown(arguments)}: {error}") from error
        return options.get("yes", True) if holds else options.get("no", False)


def _find(path: Path, scopes: Sequence[Any]) -> Any:
    """The value of a path: in the innermost scope that has its first name; `../` starts further out."""
    visible = scopes[: len(scopes) - path.up] if path.up < len(scopes) else scopes[:1]
    if not path.names:
        scope = visible[-1]
        return scope.get("@this", scope) if isinstance(scope, dict) else scope
    first = path.names[0]
    if first == "@root":
        return _walk(visible[0], path.names[1:])
    for scope in reversed(visible):
        if isinstance(scope, Mapping) and first in scope:
            return _walk(scope, path.names)
    return visible[-1] if first == "@this" and len(path.names) == 1 else None


def _walk(value: Any, names: Sequence[str]) -> Any:
    for name in names:
        if isinstance(value, Mapping):
            value = value.get(name)
        elif isinstance(value, list) and name.isdigit():
            value = value[int(name)] if int(name) < len(value) else None
        else:
            return None
    return value


def _filled(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """`above` over `below`, member by member; a missing value or an empty list above lets below through."""
    merged = dict(below)
    for name, value in above.items():
        if isinstance(value, Mapping) and isinstance(merged.get(name), Mapping):
            merged[name] = _filled(merged[name], value)
        elif (value is not None and value != []) or name not in merged:
            merged[name] = value
    return merged


def _expanded(values: Mapping[str, Any]) -> dict[str, Any]:
    """Dotted keys (`Attributes.Name`) as nested objects."""
    nested: dict[str, Any] = {}
    for name, value in values.items():
        target, parts = nested, name.split(".")
        for part in parts[:-1]:
            inner = target.get(part)
            target[part] = inner = dict(inner) if isinstance(inner, Mapping) else {}
            target = inner
        last = parts[-1]
        if isinstance(value, Mapping) and isinstance(target.get(last), Mapping):
            target[last] = {**target[last], **value}
        else:
            target[last] = value
    return nested
