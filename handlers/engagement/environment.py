"""What each function of the hosted service reads from its environment.

The component writes exactly these names (a test compares `variables()` with what it passes). A variable that is
missing stops the function at its first use with a message that names it; an empty value is legal only where the
field says so.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Self

from handlers.shared.clients import aws_client
from handlers.shared.environment import MissingVariableError
from handlers.shared.origination_rates import Rates


@dataclass(frozen=True)
class _Environment:
    @classmethod
    def variables(cls) -> tuple[str, ...]:
        """The names of the environment variables, in order of declaration."""
        return tuple(field.name.upper() for field in fields(cls))

    @classmethod
    def read(cls, source: Mapping[str, str] | None = None) -> Self:
        """The values from `source` (default: the process environment).

        Raises:
            MissingVariableError: names every variable that is not set.
        """
        values = os.environ if source is None else source
        missing = [name for name in cls.variables() if name not in values]
        if missing:
            raise MissingVariableError(
                f"{cls.__name__}: environment variable {', '.join(missing)} is not set; needed are "
                f"{', '.join(cls.variables())}"
            )
        return cls(**{field.name: values[field.name.upper()] for field in fields(cls)})


@dataclass(frozen=True)
class ApiEnvironment(_Environment):
    """The API function (`handlers.engagement.api.function.handler`)."""

    endpoints_table: str
    registry_table: str
    members_table: str
    event_stream_name: str
    event_stream_arn: str
    import_state_machine_arn: str
    export_state_machine_arn: str
    campaign_state_machine_arn: str
    deletion_state_machine_arn: str
    account_id: str
    default_application_id: str
    number_validation_region: str
    sms_origination_identity: str  # "" = the service chooses
    sms_configuration_set: str  # "" = none
    email_from_address: str  # "" = each message names its own
    email_configuration_set: str  # "" = none


@dataclass(frozen=True)
class JobEnvironment(_Environment):
    """The import and the export function (`handlers.engagement.jobs.*`)."""

    endpoints_table: str
    registry_table: str
    members_table: str
    account_id: str


@dataclass(frozen=True)
class DeletionEnvironment(_Environment):
    """The function that deletes imported segments (`handlers.engagement.segments.deletion_function.handler`)."""

    registry_table: str
    members_table: str


@dataclass(frozen=True)
class CampaignEnvironment(_Environment):
    """The campaign function (`handlers.engagement.campaigns.function.handler`)."""

    endpoints_table: str
    registry_table: str
    members_table: str
    sends_table: str
    event_stream_name: str
    event_stream_arn: str
    account_id: str
    sms_origination_identity: str  # "" = the service chooses
    sms_configuration_set: str  # "" = none
    sms_rates: str  # JSON, see handlers/shared/origination_rates.py
    email_from_address: str  # "" = each message names its own
    email_configuration_set: str  # "" = none

    @cached_property
    def rates(self) -> Rates:
        """What each origination identity may send."""
        return Rates(self.sms_rates, aws_client("pinpoint-sms-voice-v2", max_attempts=3))


@dataclass(frozen=True)
class SetupEnvironment(_Environment):
    """The function that keeps the stack's own application (`handlers.engagement.setup_function.handler`)."""

    registry_table: str
    endpoints_table: str
    event_stream_arn: str
    account_id: str
