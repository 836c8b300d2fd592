"""What the API's operations share in a process: environment, tables, stores of applications, senders."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

from handlers.engagement.api.environment import ApiEnvironment
from handlers.engagement.errors import NotFoundError
from handlers.engagement.events import EventWriter
from handlers.engagement.identifiers import arn
from handlers.engagement.messages.email import EmailSender
from handlers.engagement.store.endpoints import EndpointStore
from handlers.engagement.store.registry import Apps
from handlers.engagement.store.service_tables import Tables
from handlers.engagement.templates.store import TemplateStore
from handlers.shared.messages.push import PushSender
from handlers.shared.messages.sms import SmsSender

KNOWN_SECONDS = 60.0  # how long an application's existence and refused attributes are taken for granted


@dataclass
class Service:
    """One per process. Reads of an application's record and of what RemoveAttributes refused are kept for a minute."""

    environment: ApiEnvironment
    tables: Tables
    apps: Apps = field(init=False)
    templates: TemplateStore = field(init=False)
    sms: SmsSender = field(init=False)
    email: EmailSender = field(init=False)
    push: PushSender = field(init=False)
    _known: dict[str, float] = field(default_factory=dict)
    _refused: dict[str, tuple[float, dict[str, list[str]]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.apps = Apps(self.tables.registry)
        self.templates = TemplateStore(self.tables.registry)
        environment = self.environment
        self.sms = SmsSender(environment.sms_origination_identity, environment.sms_configuration_set)
        self.email = EmailSender(environment.email_from_address, environment.email_configuration_set)
        self.push = PushSender(environment.push_application_id)

    def require_application(self, application_id: str) -> None:
        """Raises NotFoundError unless the application exists."""
        if time.monotonic() < self._known.get(application_id, 0.0):
            return
        if self.apps.get(application_id) is None:
            raise NotFoundError(f"Application {application_id!r} does not exist")
        self._known[application_id] = time.monotonic() + KNOWN_SECONDS

    def forget_application(self, application_id: str) -> None:
        """Drops what is kept about an application."""
        self._known.pop(application_id, None)
        self._refused.pop(application_id, None)

    def endpoints(self, application_id: str) -> EndpointStore:
        """The endpoints of an application."""
        return EndpointStore(self.tables, application_id, lambda: self._refused_attributes(application_id))

    def events(self, application_id: str) -> EventWriter:
        """The event writer of an application."""
        return EventWriter.for_application(self.tables, self.environment, application_id)

    def arn(self, path: str) -> str:
        """A Pinpoint ARN in this account."""
        return arn(self.environment.account_id, path)

    def _refused_attributes(self, application_id: str) -> Mapping[str, list[str]]:
        until, refused = self._refused.get(application_id, (0.0, {}))
        if time.monotonic() >= until:
            refused = self.apps.refused_attributes(application_id)
            self._refused[application_id] = (time.monotonic() + KNOWN_SECONDS, refused)
        return refused


@cache
def service() -> Service:
    """The process's service, from its environment."""
    environment = ApiEnvironment.read()
    return Service(environment, Tables(environment))


def forget() -> None:
    """Makes the next `service()` read the environment again (for tests)."""
    service.cache_clear()
