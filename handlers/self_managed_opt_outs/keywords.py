"""Which messages are keywords: the whole message, whatever its case, accents, spaces and punctuation.

"STOP", " stop. ", "Stop all" and "Arrêt" are; "don't stop" and "Saturday at the TD bank" are not.
"""

from __future__ import annotations

import json
import unicodedata
from dataclasses import dataclass
from typing import Literal

Action = Literal["STOP", "START", "HELP"]
ACTIONS: tuple[Action, ...] = ("STOP", "START", "HELP")
"""Where languages share a word, the first of these has it."""


@dataclass(frozen=True)
class Keyword:
    """What a message asks for. word: as configured. text: the answer; "" for none."""

    action: Action
    word: str
    language: str
    text: str


class Keywords:
    """The keywords of all languages.

    document: `{language: {"stop": [...], "start": [...], "help": [...], "stopText", "startText", "helpText"}}` as JSON.
    """

    def __init__(self, document: str) -> None:
        languages = json.loads(document)
        self._known: dict[str, Keyword] = {}
        for action in ACTIONS:
            kind = action.lower()
            for language, given in languages.items():
                for word in given[kind]:
                    self._known.setdefault(folded(word), Keyword(action, word, language, given[f"{kind}Text"]))
        self._known.pop("", None)

    def find(self, body: str) -> Keyword | None:
        """The keyword that the message is, or None where it is none."""
        return self._known.get(folded(body))


def folded(text: str) -> str:
    """Letters and digits alone, without case and accents."""
    plain = unicodedata.normalize("NFKD", text)
    return unicodedata.normalize("NFC", "".join(one for one in plain if one.isalnum() or _spells(one))).casefold()


def _spells(mark: str) -> bool:
    """Whether a mark makes another letter of its letter: the vowel signs of Thai and the scripts of India, the voicing
    marks of Japanese. Accents and the points of Hebrew and Arabic do not: people leave them out.

    Source: The Unicode Standard, section 4.3: combining class 0 has the signs that are letters of their own, 6 to 9 and
    84 to 132 belong to single scripts, 10 to 35 are points, 200 and more are accents.
    """
    if unicodedata.category(mark) not in ("Mn", "Mc") or unicodedata.name(mark, "").startswith("VARIATION SELECTOR"):
        return False
    kind = unicodedata.combining(mark)
    return kind == 0 or 6 <= kind <= 9 or 84 <= kind <= 132
