"""What the campaign function is told by its component."""

from dataclasses import dataclass
from functools import cached_property

from handlers.shared.clients import aws_client
from handlers.shared.environment import Environment, variable
from handlers.shared.origination_rates import Rates


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
