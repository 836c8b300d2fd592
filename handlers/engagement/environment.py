"""What the function that keeps the stack's own application is told by its component."""

from dataclasses import dataclass

from handlers.shared.environment import Environment, variable


@dataclass(frozen=True, kw_only=True)
class SetupEnvironment(Environment):
    """The function that keeps the stack's own application (`handlers.engagement.setup_function.handler`)."""

    registry_table: str
    endpoints_table: str
    event_stream_arn: str = variable(optional=True)  # "" = the project has no event stream
    account_id: str
