"""Templates by name, type and version. Names are the account's, as in Pinpoint.

The active version is the latest one, unless UpdateTemplateActiveVersion named one by number: that one then stays active
until another, or `latest`, is named.
"""

from collections.abc import Callable, Mapping
from typing import Any

from handlers.engagement.errors import BadRequestError, NotFoundError
from handlers.engagement.identifiers import arn, now, whole_number
from handlers.engagement.store.documents import Documents, Listing
from handlers.shared.tables import Table

KINDS = ("EMAIL", "SMS", "PUSH", "VOICE")
VERSIONS = 5000


class TemplateStore:
    """Message templates. `kind` is EMAIL, SMS, PUSH or VOICE; a version is a text: "1", "2", ...

    A template's own record has `TemplateName`, `TemplateType`, `Latest` (int), `Pinned` (int, 0 = the latest is active) and `tags`.
    """

    def __init__(self, table: Table) -> None:
        self.documents = Documents(table)

    def head(self, name: str, kind: str) -> dict[str, Any] | None:
        """The template's own record, or None."""
        return self.documents.get("TEMPLATES", f"{name}#{kind}")

    def get(self, name: str, kind: str, version: str | None = None) -> dict[str, Any] | None:
        """The *TemplateResponse of a version; None = the active one. None if there is no such template or version."""
        head = self.head(name, kind)
        if head is None:
            return None
        number = _number(version) if version is not None else active_version(head)
        # A version above the latest is left of a template of this name that was deleted while it was being changed.
        there = 1 <= number <= head["Latest"]
        found = self.documents.get(_versions(name, kind), f"{number:010d}") if there else None
        return None if found is None else found | ({"tags": head["tags"]} if head.get("tags") else {})

    def create(self, name: str, kind: str, content: Mapping[str, Any], account_id: str) -> dict[str, Any]:
        """Makes version 1.

        Raises:
            BadRequestError: the name is taken for this type.
        """
        head = {
            "TemplateName": name,
            "TemplateType": kind,
            "Arn": arn(account_id, f"templates/{name}/{kind}"),
            "Pinned": 0,
            "Latest": 1,
            "CreationDate": now(),
            **({"tags": content["tags"]} if content.get("tags") else {}),
        }
        if not self.documents.put("TEMPLATES", f"{name}#{kind}", head, new=True):
            raise BadRequestError(f"An {kind} template named {name!r} exists already; update it or take another name")
        document = self._document(head, content, 1)
        self.documents.put(_versions(name, kind), f"{1:010d}", document)
        return document

    def update(
        self, name: str, kind: str, content: Mapping[str, Any], *, new_version: bool = False, version: str | None = None
    ) -> dict[str, Any]:
        """Overwrites the latest version or adds a new one.

        Raises:
            NotFoundError: there is no such template.
            BadRequestError: `version` is not the latest, or there are 5,000 versions.
        """
        head = self.head(name, kind)
        if head is None:
            raise NotFoundError(f"There is no {kind} template named {name!r}")
        if version is not None and version != "latest" and _number(version) != head["Latest"]:
            raise BadRequestError(
                f"version is {version!r}; only the latest version ({head['Latest']}) of template {name!r} can be updated"
            )

        def change(record: dict[str, Any]) -> None:
            if new_version and record["Latest"] >= VERSIONS:
                raise BadRequestError(f"Template {name!r} has {VERSIONS:,} versions, which is as many as are allowed")
            if new_version:
                record["Latest"] += 1
            record["LastModifiedDate"] = now()

        head = self.documents.update("TEMPLATES", f"{name}#{kind}", change)
        if head is None:
            raise NotFoundError(f"The {kind} template named {name!r} was deleted meanwhile")
        document = self._document(head, content, head["Latest"])
        self.documents.put(_versions(name, kind), f"{head['Latest']:010d}", document)
        return document

    def activate(self, name: str, kind: str, version: str) -> None:
        """Makes a version (or `latest`) the active one.

        Raises:
            NotFoundError: there is no such template or version.
        """
        head = self.head(name, kind)
        if head is None:
            raise NotFoundError(f"There is no {kind} template named {name!r}")
        number = 0 if version == "latest" else _number(version)
        if version != "latest" and self.documents.get(_versions(name, kind), f"{number:010d}") is None:
            raise NotFoundError(f"{kind} template {name!r} has no version {version!r}; it has 1 to {head['Latest']}")
        if self.change_head(name, kind, lambda record: record.update(Pinned=number)) is None:
            raise NotFoundError(f"The {kind} template named {name!r} was deleted meanwhile")

    def delete(self, name: str, kind: str) -> bool:
        """Deletes a template with all its versions. False: there is none."""
        if self.head(name, kind) is None:
            return False
        self.documents.clear(_versions(name, kind))
        self.documents.delete("TEMPLATES", f"{name}#{kind}")
        return True

    def change_head(self, name: str, kind: str, change: Callable[[dict[str, Any]], None]) -> dict[str, Any] | None:
        """Applies `change` to the template's own record in place, safe against concurrent writers. None: there is none."""
        return self.documents.update("TEMPLATES", f"{name}#{kind}", change)

    def list(self, *, after: str | None, limit: int, prefix: str = "") -> Listing:
        """One page of the templates' own records, by name."""
        return self.documents.list("TEMPLATES", after=after, limit=limit, prefix=prefix)

    def versions(self, name: str, kind: str, *, after: str | None, limit: int) -> Listing:
        """One page of the versions (*TemplateResponse), newest first."""
        return self.documents.list(_versions(name, kind), after=after, limit=limit, newest_first=True)

    def _document(self, head: Mapping[str, Any], content: Mapping[str, Any], version: int) -> dict[str, Any]:
        own = {name: value for name, value in content.items() if name != "tags"}
        return own | {
            "Arn": head["Arn"],
            "TemplateName": head["TemplateName"],
            "TemplateType": head["TemplateType"],
            "Version": str(version),
            "CreationDate": head["CreationDate"],
            "LastModifiedDate": now(),
        }


def active_version(head: Mapping[str, Any]) -> int:
    """The number of the active version, from the template's own record."""
    return head["Pinned"] or head["Latest"]


def _versions(name: str, kind: str) -> str:
    return f"TEMPLATE#{name}#{kind}"


def _number(version: str) -> int:
    return whole_number(version) or 0
