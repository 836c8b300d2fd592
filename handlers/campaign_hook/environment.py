"""What the functions of the project's campaign hook are told by their component."""

from __future__ import annotations

from dataclasses import dataclass

from handlers.shared.environment import Environment


@dataclass(frozen=True, kw_only=True)
class HookEnvironment(Environment):
    """filters: packages of handlers/ whose module `filter` edits the endpoints, in this order, joined by commas."""

    application_id: str
    filters: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class RegistrationEnvironment(Environment):
    """The project whose hook is set."""

    application_id: str
