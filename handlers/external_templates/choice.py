"""Which template an endpoint gets: the first that there is, of its folders and languages."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from handlers.campaign_hook.filters import LANGUAGE, MISSING
from handlers.campaign_hook.lookups import LookupFailedError
from handlers.external_templates.templates import Place, Template, Templates

DEFAULT_FOLDER = "default"
_UNSAFE = re.compile(r"[/\x00-\x1f\x7f]")

Wish = tuple[tuple[str, ...], tuple[str, ...]]
"""Folders and languages, each best first."""


@dataclass(frozen=True)
class Chosen:
    """A template, or None; `reason`: why it is not the one that was wished for; empty if it is."""

    template: Template | None
    reason: str


def folders(*names: str) -> tuple[str, ...]:
    """Those of the names that can be a folder (no `/`, no control character, not longer than 200), then `default`."""
    usable = [name for name in names if name.strip(". ") and len(name) <= 200 and not _UNSAFE.search(name)]
    return tuple(dict.fromkeys([*usable, DEFAULT_FOLDER]))


def choose(wishes: Sequence[Wish], templates: Templates, deadline: float) -> dict[Wish, Chosen]:
    """Reads place by place, the same rank of all wishes side by side, until each has a template or no place is left."""
    chosen: dict[Wish, Chosen] = {}
    reasons: dict[Wish, str] = {}
    waiting: Mapping[Wish, list[Place]] = {
        wish: [(folder, language) for folder in wish[0] for language in wish[1]] for wish in dict.fromkeys(wishes)
    }
    rank = 0
    while waiting:
        found = templates.read([places[rank] for places in waiting.values()], deadline)
        rank += 1
        for wish, places in waiting.items():
            place = places[rank - 1]
            answer = found[place]
            if isinstance(answer, LookupFailedError):
                reasons.setdefault(wish, answer.reason)
            elif answer is not None:
                chosen[wish] = Chosen(answer, reasons.get(wish) or _difference(wish, place))
            if rank == len(places):
                chosen.setdefault(wish, Chosen(None, reasons.get(wish, MISSING)))
        waiting = {wish: places for wish, places in waiting.items() if wish not in chosen}
    return chosen


def _difference(wish: Wish, place: Place) -> str:
    """What a template that was found lacks of what was wished for: its folder, its language, or nothing."""
    if place[0] != wish[0][0]:
        return MISSING
    wanted = wish[1][0]
    return "" if wanted == place[1] or wanted.startswith(f"{place[1]}-") else LANGUAGE
