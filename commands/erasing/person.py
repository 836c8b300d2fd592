"""Who the person is: all endpoints that an id, an address or a user id leads to, and every name that they have."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from commands.campaigns.project import Project
from commands.errors import CommandError
from commands.service_models import pinpoint_model
from handlers.shared.addresses.normal_form import normal_form
from handlers.shared.project_endpoints import ProjectEndpoints, SearchFailedError


@dataclass
class Person:
    """given: the identifiers that a human named. endpoints: by id, as GetEndpoint answers."""

    given: list[str]
    endpoints: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def users(self) -> list[str]:
        """The user ids of the endpoints."""
        found = (endpoint.get("User", {}).get("UserId") for endpoint in self.endpoints.values())
        return list(dict.fromkeys(user for user in found if user))

    @property
    def identifiers(self) -> list[str]:
        """Every name of the person: as given, ids, addresses, user ids."""
        addresses = (endpoint.get("Address") for endpoint in self.endpoints.values())
        return list(dict.fromkeys(name for name in (*self.given, *self.endpoints, *addresses, *self.users) if name))

    @property
    def opted_out(self) -> dict[str, list[str]]:
        """Addresses whose endpoint asks for no messages, by channel: the wish outlives the endpoint."""
        found: dict[str, dict[str, str]] = {}
        for endpoint in self.endpoints.values():
            channel, address = endpoint.get("ChannelType"), endpoint.get("Address")
            if endpoint.get("OptOut") == "ALL" and channel and address:
                found.setdefault(channel, {}).setdefault(normal_form(channel, address), address)
        return {channel: list(addresses.values()) for channel, addresses in found.items()}


def find(project: Project, endpoints: ProjectEndpoints, given: Iterable[str]) -> Person:
    """The person: endpoints with the ids, of the users and with the addresses, and all others of these endpoints' users.

    Raises CommandError where the service does not tell who has an address.
    """
    person = Person(list(dict.fromkeys(given)))
    for identifier in person.given:
        for endpoint in _named(project, endpoints, identifier):
            person.endpoints[endpoint["Id"]] = endpoint
    for user in person.users:
        for endpoint in of_user(project, user):
            person.endpoints[endpoint["Id"]] = endpoint
    return person


def _named(project: Project, endpoints: ProjectEndpoints, identifier: str) -> Iterator[dict[str, Any]]:
    yield from _endpoint(project, identifier)
    yield from of_user(project, identifier)
    for channel in pinpoint_model().shape_for("ChannelType").enum:
        try:
            found = endpoints.by_address(channel, {identifier: ()})
        except SearchFailedError as error:
            raise CommandError(str(error)) from error
        for item in found.get(identifier, ()):
            yield from _endpoint(project, item["Id"])


def _endpoint(project: Project, identifier: str) -> Iterator[dict[str, Any]]:
    try:
        yield project.endpoint(identifier)
    except project.client.exceptions.NotFoundException:
        return


def of_user(project: Project, user: str) -> list[dict[str, Any]]:
    """The endpoints of a user; none where there is no such user."""
    try:
        answer = project.client.get_user_endpoints(ApplicationId=project.application, UserId=user)
    except project.client.exceptions.NotFoundException:
        return []
    return answer["EndpointsResponse"]["Item"]
