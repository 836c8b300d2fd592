"""What an operation function gets: the service, the request's parts by their names in the model, and paging."""

import base64
import binascii
import json
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from handlers.engagement.errors import BadRequestError
from handlers.engagement.identifiers import whole_number
from handlers.engagement.service import Service
from handlers.engagement.store.documents import Listing
from handlers.shared.attribute_values import can_exist

PAGE = 100


class Call(NamedTuple):
    """One request.

    Attributes:
        operation: The operation's name.
        path: Path parameters by their names in the URI, decoded: `endpoint-id`.
        query: Query values by their names in the URI.
        body: The payload, checked against the model.
        request_id: The id that the answer carries.
        headers: By their names in lower case.
    """

    service: Service
    operation: str
    path: Mapping[str, str]
    query: Mapping[str, list[str]]
    body: dict[str, Any]
    request_id: str
    headers: Mapping[str, str]

    @property
    def application_id(self) -> str:
        """The application of the path."""
        return self.path["application-id"]

    def option(self, name: str) -> str | None:
        """A query value, or None."""
        values = self.query.get(name)
        return values[0] if values else None

    def switch(self, header: str) -> bool:
        """Whether a header says `true`; without it: False.

        Raises:
            BadRequestError: it says neither `true` nor `false`.
        """
        value = self.headers.get(header, "false")
        if value.lower() not in ("true", "false"):
            raise BadRequestError(f"header {header} is {value[:60]!r}; allowed are true, false")
        return value.lower() == "true"

    def accepted(self, message: str = "Accepted") -> dict[str, str]:
        """A MessageBody."""
        return {"RequestID": self.request_id, "Message": message}

    def page(self, list_from: Callable[[str | None, int], Listing], token_name: str = "token") -> dict[str, Any]:  # noqa: S107 - the name of a query member
        """One page as `{"Item": [...], "NextToken": ...}`, by the request's `page-size` and token.

        `list_from(after, limit)` gives a Listing. At most 100 entries a page.

        Raises:
            BadRequestError: the page size is no number from 1, or the token is not one of this list's.
        """
        size = self.option("page-size")
        limit = PAGE if size is None else min(whole_number(size) or 0, PAGE)
        if not limit:
            raise BadRequestError(f"page-size is {(size or '')[:60]!r}; needed is a whole number from 1")
        token = self.option(token_name)
        listing = list_from(self._after(token, token_name) if token else None, limit)
        answer: dict[str, Any] = {"Item": [public(document) for document in listing.items]}
        if listing.last is not None:
            answer["NextToken"] = self._token(listing.last)
        return answer

    def _token(self, last: str) -> str:
        return base64.urlsafe_b64encode(json.dumps([self._list_name(), last]).encode()).decode()

    def _after(self, token: str, name: str) -> str:
        try:
            owner, after = json.loads(base64.urlsafe_b64decode(token.encode()))
        except (binascii.Error, ValueError, TypeError, RecursionError) as error:
            raise BadRequestError(f"{name} {token[:40]!r} is not a token that this service gave out") from error
        if owner != self._list_name() or not isinstance(after, str) or not can_exist("-", after):
            raise BadRequestError(f"{name} {token[:40]!r} belongs to another list")
        return after

    def _list_name(self) -> str:
        return "/".join([self.operation, *self.path.values()])


def public(document: Mapping[str, Any]) -> dict[str, Any]:
    """A document without the service's own members (names that begin with `_`)."""
    return {name: value for name, value in document.items() if not name.startswith("_")}
