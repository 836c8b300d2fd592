"""Tags of applications, segments, campaigns, journeys and templates, by their ARNs."""

import re
from collections.abc import Callable
from typing import Any

from handlers.engagement.api.call import Call
from handlers.engagement.errors import BadRequestError, NotFoundError
from handlers.engagement.store.registry import Campaigns, Collection, Journeys, Segments

ARN = re.compile(r"arn:aws[a-z-]*:mobiletargeting:[a-z0-9-]*:\d*:/?(?P<path>.+)\Z")
COLLECTIONS = {"segments": Segments, "campaigns": Campaigns, "journeys": Journeys}
TAGS = 50


def list_tags_for_resource(call: Call) -> dict[str, Any]:
    """ListTagsForResource."""
    return {"tags": _change(call, lambda tags: None)}


def tag_resource(call: Call) -> None:
    """TagResource."""
    tags = call.body["tags"]
    for name, value in tags.items():
        if not 1 <= len(name) <= 128 or len(value) > 256:
            raise BadRequestError(
                f"The tag {name[:130]!r} is too long; names have 1 to 128 characters, values at most 256"
            )

    def add(held: dict[str, str]) -> None:
        held.update(tags)
        if len(held) > TAGS:
            raise BadRequestError(f"The resource would have more than {TAGS} tags, which are as many as are allowed")

    _change(call, add)


def untag_resource(call: Call) -> None:
    """UntagResource."""
    names = call.query.get("tagKeys", [])
    if not names:
        raise BadRequestError("tagKeys is missing; needed is at least one name")

    def drop(held: dict[str, str]) -> None:
        for name in names:
            held.pop(name, None)

    _change(call, drop)


def _change(call: Call, alter: Callable[[dict[str, str]], None]) -> dict[str, str]:
    """The resource's tags after `alter`."""
    arn = call.path["resource-arn"]
    found = ARN.match(arn)
    if not found:
        raise BadRequestError(f"resource-arn is {arn[:200]!r}; needed is the ARN of a Pinpoint resource")
    parts = found["path"].split("/")

    def change(document: dict[str, Any]) -> None:
        document["tags"] = dict(document.get("tags") or {})
        alter(document["tags"])

    if parts[0] == "templates" and len(parts) == 3:
        document = call.service.templates.change_head(parts[1], parts[2], change)
    else:
        collection, identifier = _collection(call, arn, parts)
        document = collection.update(identifier, change)
    if document is None:
        raise NotFoundError(f"The resource {arn[:200]} does not exist")
    return document["tags"]


def _collection(call: Call, arn: str, parts: list[str]) -> tuple[Collection, str]:
    if parts[0] == "apps" and len(parts) == 2:
        return call.service.apps, parts[1]
    if parts[0] == "apps" and len(parts) == 4 and parts[2] in COLLECTIONS:
        return COLLECTIONS[parts[2]](call.service.tables.registry, parts[1]), parts[3]
    raise BadRequestError(
        f"resource-arn is {arn[:200]!r}; allowed are apps/ID, apps/ID/segments|campaigns|journeys/ID and templates/NAME/TYPE"
    )
