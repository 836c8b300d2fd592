"""What the functions of the project's campaign hook are told by their component."""

from __future__ import annotations

from dataclasses import dataclass

from handlers.shared.environment import required


@dataclass(frozen=True)
class HookEnvironment:
    """filters: packages of handlers/ whose module `filter` edits the endpoints, in this order, joined by commas."""

    application_id: str
    filters: tuple[str, ...]

    @classmethod
    def read(cls) -> HookEnvironment:
        return cls(application_id=required("APPLICATION_ID"), filters=tuple(required("FILTERS").split(",")))


@dataclass(frozen=True)
class RegistrationEnvironment:
    """The project whose hook is set."""

    application_id: str

    @classmethod
    def read(cls) -> RegistrationEnvironment:
        return cls(application_id=required("APPLICATION_ID"))
