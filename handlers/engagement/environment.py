"""What each function of the hosted service is told by its component."""

from dataclasses import dataclass
from functools import cached_property

from handlers.shared.clients import aws_client
from handlers.shared.environment import Environment, variable
from handlers.shared.origination_rates import Rates


@dataclass(frozen=True, kw_only=True)
class ApiEnvironment(Environment):
    """The API function (`handlers.engagement.api.function.handler`)."""

    endpoints_table: str
    registry_table: str
    members_table: str
    sends_table: str
    event_stream_name: str = variable(optional=True)  # "" = the project has no event stream
    event_stream_arn: str = variable(optional=True)
    import_state_machine_arn: str
    export_state_machine_arn: str
    campaign_state_machine_arn: str
    deletion_state_machine_arn: str
    account_id: str
    default_application_id: str
    journey_start_delay_seconds: str  # between the publishing of a journey and its first entry
    number_validation_region: str
    sms_origination_identity: str = variable(optional=True)  # "" = the service chooses
    sms_configuration_set: str = variable(optional=True)  # "" = none
    email_from_address: str = variable(optional=True)  # "" = each message names its own
    email_configuration_set: str = variable(optional=True)  # "" = none
    push_application_id: str = variable(optional=True)  # "" = no push


@dataclass(frozen=True, kw_only=True)
class JobEnvironment(Environment):
    """The import and the export function (`handlers.engagement.jobs.*`)."""

    endpoints_table: str
    registry_table: str
    members_table: str
    account_id: str


@dataclass(frozen=True, kw_only=True)
class DeletionEnvironment(Environment):
    """The function that deletes imported segments (`handlers.engagement.segments.deletion_function.handler`)."""

    registry_table: str
    members_table: str


@dataclass(frozen=True, kw_only=True)
class CampaignEnvironment(Environment):
    """The campaign function (`handlers.engagement.campaigns.function.handler`)."""

    endpoints_table: str
    registry_table: str
    members_table: str
    sends_table: str
    event_stream_name: str = variable(optional=True)  # "" = the project has no event stream
    event_stream_arn: str = variable(optional=True)
    account_id: str
    sms_origination_identity: str = variable(optional=True)  # "" = the service chooses
    sms_configuration_set: str = variable(optional=True)  # "" = none
    sms_rates: str  # JSON, see handlers/shared/origination_rates.py
    email_from_address: str = variable(optional=True)  # "" = each message names its own
    email_configuration_set: str = variable(optional=True)  # "" = none
    email_singly: str = variable(optional=True)  # "true" = a call for each, in SES's sandbox; "" = together
    push_application_id: str = variable(optional=True)  # "" = no push

    @cached_property
    def rates(self) -> Rates:
        """What each origination identity may send."""
        return Rates(self.sms_rates, aws_client("pinpoint-sms-voice-v2", max_attempts=3))


@dataclass(frozen=True, kw_only=True)
class JourneyEnvironment(CampaignEnvironment):
    """The journey function (`handlers.engagement.journeys.function.handler`), which sends as campaigns do."""


@dataclass(frozen=True, kw_only=True)
class SetupEnvironment(Environment):
    """The function that keeps the stack's own application (`handlers.engagement.setup_function.handler`)."""

    registry_table: str
    endpoints_table: str
    event_stream_arn: str = variable(optional=True)  # "" = the project has no event stream
    account_id: str
