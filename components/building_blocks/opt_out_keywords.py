"""The words by which people leave and come back, and what they are answered, language by language."""

import json
from collections.abc import Mapping
from typing import Any

import pydantic

from components.building_blocks.text_length import sendable_length
from components.config import ConfigModel

KEYWORDS_BYTES = 3000
"""All environment variables of a function together have 4 KB."""


class LanguageKeywords(ConfigModel):
    """Keywords and answers of one language. Case, accents, spaces and punctuation of a keyword do not count."""

    stop: tuple[str, ...] = pydantic.Field(default=(), description="Messages that opt a number out.")
    start: tuple[str, ...] = pydantic.Field(default=(), description="Messages that opt it in again.")
    help: tuple[str, ...] = pydantic.Field(default=(), description="Messages that are answered with helpText.")
    stop_text: str = pydantic.Field(default="", description="Answer to who was opted out; empty: none.")
    start_text: str = pydantic.Field(default="", description="Answer to who was opted in again; empty: none.")
    help_text: str = pydantic.Field(default="", description="Answer to a help keyword; empty: none.")

    @pydantic.field_validator("stop", "start", "help")
    @classmethod
    def words(cls, words: tuple[str, ...]) -> tuple[str, ...]:
        if any(not any(character.isalnum() for character in word) for word in words):
            raise ValueError("a keyword has no letter and no digit; allowed: words such as STOP")
        return words

    @pydantic.field_validator("stop_text", "start_text", "help_text")
    @classmethod
    def is_one_text(cls, text: str) -> str:
        return sendable_length(text)

    def as_json(self) -> dict[str, Any]:
        """As handlers/self_managed_opt_outs/keywords.py reads it."""
        return {
            "stop": list(self.stop),
            "start": list(self.start),
            "help": list(self.help),
            "stopText": self.stop_text,
            "startText": self.start_text,
            "helpText": self.help_text,
        }


Languages = Mapping[str, LanguageKeywords]

DEFAULT_LANGUAGES: Languages = {
    "en": LanguageKeywords(
        stop=("STOP", "STOPALL", "CANCEL", "END", "OPT OUT", "QUIT", "REMOVE", "REVOKE", "TD", "UNSUBSCRIBE"),
        start=("START", "UNSTOP", "YES"),
        help=("HELP", "INFO"),
        stop_text="You have successfully been removed. Reply START to come back.",
        start_text="You will receive our messages again. Reply STOP to leave.",
        help_text="Reply STOP to get no more messages, START to get them again.",
    ),
    "fr": LanguageKeywords(
        stop=("ARRÊT", "ARRÊTER", "DÉSABONNER", "DÉSINSCRIRE"),
        start=("REPRENDRE", "REPRISE"),
        help=("AIDE",),
        stop_text="Vous ne recevrez plus nos messages. Répondez REPRENDRE pour revenir.",
        start_text="Vous recevrez à nouveau nos messages. Répondez ARRÊT pour les refuser.",
        help_text="Répondez ARRÊT pour ne plus recevoir de messages, REPRENDRE pour les recevoir à nouveau.",
    ),
    "es": LanguageKeywords(
        stop=("ALTO", "BAJA", "CANCELAR", "PARAR"),
        start=("ALTA", "REANUDAR"),
        help=("AYUDA",),
        stop_text="No recibirá más mensajes nuestros. Responda ALTA para volver.",
        start_text="Recibirá de nuevo nuestros mensajes. Responda BAJA para no recibirlos.",
        help_text="Responda BAJA para no recibir más mensajes, ALTA para recibirlos de nuevo.",
    ),
}


def keywords_json(languages: Languages) -> str:
    """The keywords as the function reads them."""
    return json.dumps(
        {code: language.as_json() for code, language in languages.items()}, ensure_ascii=False, separators=(",", ":")
    )


def check_languages(languages: Languages) -> Languages:
    """Raises ValueError where no language has a stop keyword, or where all are too much for a function."""
    if not any(language.stop for language in languages.values()):
        raise ValueError("no language has a stop keyword; needed is at least one")
    size = len(keywords_json(languages).encode())
    if size > KEYWORDS_BYTES:
        raise ValueError(f"the languages have {size:,} bytes as JSON; at most {KEYWORDS_BYTES:,} are allowed")
    return languages
