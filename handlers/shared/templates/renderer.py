"""Rendering message templates: Handlebars with the helpers that Pinpoint has (docs/templates.md).

Values are looked up in plain dicts and lists and nothing else. A template is read once and cannot run away: steps,
output and nesting are bounded. Whatever is wrong with it or with a value is a RenderingError.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from handlers.shared.templates.defaults import Defaults, parse_defaults, with_substitutions
from handlers.shared.templates.errors import RenderingError
from handlers.shared.templates.frames import Body, Frame, Run

if TYPE_CHECKING:
    from handlers.shared.templates.compiler import PieceBody

__all__ = ["Pieces", "RenderingError", "check", "parse_defaults", "render", "render_pieces", "with_substitutions"]

_NONE = Defaults()
TOO_DEEP = "the template nests too deep"
LONG = 20_000
"""Characters of a template from which few are kept."""


class Pieces(NamedTuple):
    """A rendered text. parts: joined they are the text. own: the places of those that the variables decide; the others are the same
    whatever the variables are."""

    text: str
    parts: Sequence[str]
    own: frozenset[int] = frozenset()

    @classmethod
    def of(cls, text: str) -> Pieces:
        """A text that no variable decides."""
        return cls(text, (text,) if text else ())


def render(
    template: str,
    variables: Mapping[str, Any],
    defaults: Mapping[str, Any] | None = None,
    *,
    strict: bool = False,
    escape: bool = False,
) -> str:
    """The template's text with its variables filled in.

    Args:
        template: Handlebars text; the same text is read once per process.
        variables: What names refer to, in the shape of EndpointResponse.
        defaults: Used where `variables` has no value (or an empty list), best as parse_defaults gives them.
        strict: A variable that has neither value nor default raises; otherwise it prints nothing. (Pinpoint: email
            fails to render, other channels print nothing.) In conditions a missing value is false either way.
        escape: Values print as HTML text (`&lt;`), but for `{{{ }}}`; otherwise as they are.

    Raises:
        RenderingError: names the line, and the variable, the helper, or what in the text cannot be read.
    """
    if "{{" not in template:
        return template
    body = _compiled(template, escape)
    frame = _frame(variables, defaults, strict=strict)
    try:
        return frame[2].make(body(frame))
    except RenderingError:
        raise
    except RecursionError:
        raise RenderingError(TOO_DEEP) from None
    except Exception as error:
        raise RenderingError(f"the template cannot be rendered: {type(error).__name__}") from error


def render_pieces(
    template: str, variables: Mapping[str, Any], defaults: Mapping[str, Any] | None = None, *, strict: bool = False
) -> Pieces:
    """As `render` without escaping, with the pieces that the text is made of: one for each tag and for the text between."""
    if "{{" not in template:
        return Pieces.of(template)
    found = _piecewise_long(template) if len(template) > LONG else _piecewise(template)
    if isinstance(found, str):
        raise RenderingError(found)
    body, own = found
    frame = _frame(variables, defaults, strict=strict)
    try:
        parts = body(frame)
        return Pieces(frame[2].make("".join(parts)), parts, own)
    except RenderingError:
        raise
    except RecursionError:
        raise RenderingError(TOO_DEEP) from None
    except Exception as error:
        raise RenderingError(f"the template cannot be rendered: {type(error).__name__}") from error


def check(template: str) -> None:
    """Raises RenderingError for a template that can be rendered for nobody: its line, and what is wrong there."""
    if "{{" in template:
        _compiled(template, False)


def _frame(variables: Mapping[str, Any], defaults: Mapping[str, Any] | None, *, strict: bool) -> Frame:
    below = _NONE if defaults is None else defaults if isinstance(defaults, Defaults) else Defaults(defaults)
    return (below.below(variables) if below else variables, None, Run(below.indexed, strict=strict), None, None)


def _compiled(template: str, escape: bool) -> Body:
    found = _compile_long(template, escape) if len(template) > LONG else _compile(template, escape)
    if isinstance(found, str):
        raise RenderingError(found)
    return found


def _read(template: str, escape: bool) -> Body | str:
    """The compiled template, or what is wrong with it: that is kept as well."""
    from handlers.shared.templates.compiler import compile_nodes  # noqa: PLC0415 - only texts with tags pay for it
    from handlers.shared.templates.parser import parse  # noqa: PLC0415 - as above

    try:
        return compile_nodes(parse(template), escape=escape)
    except RenderingError as error:
        return str(error)
    except RecursionError:
        return TOO_DEEP


def _read_pieces(template: str) -> tuple[PieceBody, frozenset[int]] | str:
    """As _read, for render_pieces."""
    from handlers.shared.templates.compiler import compile_pieces  # noqa: PLC0415 - only texts with tags pay for it
    from handlers.shared.templates.parser import parse  # noqa: PLC0415 - as above

    try:
        return compile_pieces(parse(template), escape=False)
    except RenderingError as error:
        return str(error)
    except RecursionError:
        return TOO_DEEP


_compile = lru_cache(maxsize=256)(_read)
_compile_long = lru_cache(maxsize=8)(_read)
_piecewise = lru_cache(maxsize=64)(_read_pieces)
_piecewise_long = lru_cache(maxsize=8)(_read_pieces)
