"""What the function of this architecture is told by its component."""

from __future__ import annotations

from dataclasses import dataclass

from handlers.shared.environment import required


@dataclass(frozen=True)
class ImportEnvironment:
    """The state machine's task function. file_format: CSV or JSON."""

    application_id: str
    role_arn: str
    file_format: str

    @classmethod
    def read(cls) -> ImportEnvironment:
        return cls(
            application_id=required("APPLICATION_ID"),
            role_arn=required("IMPORT_ROLE_ARN"),
            file_format=required("IMPORT_FORMAT"),
        )
