"""What the API function is told by its component."""

from dataclasses import dataclass

from handlers.shared.environment import Environment, variable


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
