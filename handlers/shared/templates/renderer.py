"""Rendering message templates: Handlebars with the helpers that Pinpoint has (docs/templates.md).

Values are looked up in plain dicts and lists and nothing else. A template is read once and cannot run away: steps,
output and nesting are bounded. Whatever is wrong with it or with a value is a RenderingError.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from handlers.shared.templates.compiler import compile_nodes
from handlers.shared.templates.defaults import Defaults, parse_defaults, with_substitutions
from handlers.shared.templates.frames import Body, Frame, Run
from handlers.shared.templates.parser import parse
from handlers.shared.templates.syntax import RenderingError

__all__ = ["RenderingError", "check", "parse_defaults", "render", "with_substitutions"]

_NONE = Defaults()
LONG = 20_000
"""Characters of a template from which few are kept."""


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
    below = _NONE if defaults is None else defaults if isinstance(defaults, Defaults) else Defaults(defaults)
    run = Run(below.indexed, strict=strict)
    frame: Frame = (below.below(variables) if below else variables, None, run, None, None)
    try:
        return run.make(body(frame))
    except RenderingError:
        raise
    except RecursionError:
        raise RenderingError("the template nests too deep") from None
    except Exception as error:
        raise RenderingError(f"the template cannot be rendered: {type(error).__name__}") from error


def check(template: str) -> None:
    """Raises RenderingError for a template that can be rendered for nobody: its line, and what is wrong there."""
    if "{{" in template:
        _compiled(template, False)


def _compiled(template: str, escape: bool) -> Body:
    found = _compile_long(template, escape) if len(template) > LONG else _compile(template, escape)
    if isinstance(found, str):
        raise RenderingError(found)
    return found


def _read(template: str, escape: bool) -> Body | str:
    """The compiled template, or what is wrong with it: that is kept as well."""
    try:
        return compile_nodes(parse(template), escape=escape)
    except RenderingError as error:
        return str(error)
    except RecursionError:
        return "the template nests too deep"


_compile = lru_cache(maxsize=256)(_read)
_compile_long = lru_cache(maxsize=8)(_read)
