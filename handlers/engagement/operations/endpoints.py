"""Endpoints: single, in batches, by user, by address; and the attributes that an application no longer takes.

UpdateEndpointsBatch stores every good item. If some are bad it answers 400 BadRequestException that names each bad one
and says that the others were stored (Pinpoint answers 202 and drops bad ones silently). Sending the whole batch again is
safe: updates are idempotent. With the header `x-engagement-existing-only: true`, which Pinpoint does not know, endpoints
that do not exist are passed over, and EndpointStatus stays as it is where an item names none; the answer's `Unknown`
lists the ids that were passed over. With `x-engagement-expected-addresses` beside it (a fingerprint for each item, in
order, separated by commas; nothing for an item that may have any address) an item is passed over where its endpoint has
another address by now; the answer's `Changed` lists those. The fingerprint is `handlers.shared.addresses.normal_form`'s.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from handlers.engagement.api.call import Call
from handlers.engagement.errors import BadRequestError, NotFoundError, TooManyRequestsError
from handlers.engagement.store.endpoints import UpsertResult

BATCH = 100
EXISTING_ONLY = "x-engagement-existing-only"
EXPECTED_ADDRESSES = "x-engagement-expected-addresses"
FOUND = ("Id", "Address", "ChannelType", "EndpointStatus", "OptOut")
ATTRIBUTE_TYPES = ("endpoint-custom-attributes", "endpoint-metric-attributes", "endpoint-user-attributes")


def update_endpoint(call: Call) -> dict[str, Any]:
    """UpdateEndpoint."""
    identifier = call.path["endpoint-id"]
    item = {**call.body, "Id": identifier}
    result = call.service.endpoints(call.application_id).upsert([item], request_id=call.request_id)[0]
    if result.error is not None:
        kind = TooManyRequestsError if result.retryable else BadRequestError
        raise kind(f"Endpoint {identifier[:100]!r}: {result.error}")
    return call.accepted()


def update_endpoints_batch(call: Call) -> dict[str, Any]:
    """UpdateEndpointsBatch."""
    items = call.body["Item"]
    if not 1 <= len(items) <= BATCH:
        raise BadRequestError(f"Item has {len(items)} endpoints; allowed are 1 to {BATCH}")
    existing_only = call.switch(EXISTING_ONLY)
    store = call.service.endpoints(call.application_id)
    expected = _expected(call, items)
    results = store.upsert(items, request_id=call.request_id, existing_only=existing_only, expected=expected)
    failed = [(at, result) for at, result in enumerate(results) if result.error is not None]
    if failed:
        refuse(failed, len(items))
    if not existing_only:
        return call.accepted()
    return {
        **call.accepted(),
        "Unknown": [result.id for result in results if result.unknown],
        "Changed": [result.id for result in results if result.changed],
    }


def _expected(call: Call, items: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """The fingerprint of the address that an endpoint must still have, by endpoint id."""
    given = call.headers.get(EXPECTED_ADDRESSES)
    if not given:
        return {}
    if not call.switch(EXISTING_ONLY):
        raise BadRequestError(f"header {EXPECTED_ADDRESSES} needs {EXISTING_ONLY}: true beside it")
    listed = given.split(",")
    if len(listed) != len(items):
        raise BadRequestError(f"header {EXPECTED_ADDRESSES} has {len(listed)} entries for {len(items)} endpoints")
    return {item["Id"]: entry for item, entry in zip(items, listed, strict=True) if entry and item.get("Id")}


def refuse(failed: Sequence[tuple[int, UpsertResult]], count: int) -> None:
    """Raises the error that names each endpoint that was not stored."""
    reasons = "; ".join(f"Item[{at}] (Id {result.id[:100]!r}): {result.error}" for at, result in failed)
    stored = "; the others were stored" if len(failed) < count else ""
    kind = TooManyRequestsError if all(result.retryable for _, result in failed) else BadRequestError
    raise kind(f"{len(failed)} of {count} endpoints were not stored{stored}: {reasons}")


def search_endpoints(call: Call) -> dict[str, Any]:
    """SearchEndpoints: the endpoints of a channel that have one of the addresses now, or those with the ids; active or not, each with FOUND."""
    store = call.service.endpoints(call.application_id)
    given = [name for name in ("Addresses", "EndpointIds") if name in call.body]
    if len(given) != 1:
        raise BadRequestError(f"a search takes Addresses or EndpointIds; given are {' and '.join(given) or 'neither'}")
    wanted = call.body[given[0]]
    if not 1 <= len(wanted) <= BATCH:
        raise BadRequestError(f"{given[0]} has {len(wanted)} entries; allowed are 1 to {BATCH}")
    if given == ["EndpointIds"]:
        found = list(store.get(wanted, users=False).values())
    elif "ChannelType" in call.body:
        found = store.by_address(call.body["ChannelType"], wanted)
    else:
        raise BadRequestError("a search by Addresses needs their ChannelType")
    return {"Item": [{name: endpoint[name] for name in FOUND if name in endpoint} for endpoint in found]}


def get_endpoint(call: Call) -> dict[str, Any]:
    """GetEndpoint."""
    identifier = call.path["endpoint-id"]
    found = call.service.endpoints(call.application_id).get([identifier])
    if identifier not in found:
        raise NotFoundError(f"Endpoint {identifier!r} does not exist in application {call.application_id}")
    return found[identifier]


def delete_endpoint(call: Call) -> dict[str, Any]:
    """DeleteEndpoint."""
    identifier = call.path["endpoint-id"]
    deleted = call.service.endpoints(call.application_id).delete(identifier)
    if deleted is None:
        raise NotFoundError(f"Endpoint {identifier!r} does not exist in application {call.application_id}")
    return deleted


def get_user_endpoints(call: Call) -> dict[str, Any]:
    """GetUserEndpoints. A user without endpoints does not exist."""
    found = call.service.endpoints(call.application_id).by_user(call.path["user-id"])
    if not found:
        raise NotFoundError(f"User {call.path['user-id']!r} has no endpoints in application {call.application_id}")
    return {"Item": found}


def delete_user_endpoints(call: Call) -> dict[str, Any]:
    """DeleteUserEndpoints."""
    deleted = call.service.endpoints(call.application_id).delete_user(call.path["user-id"])
    if not deleted:
        raise NotFoundError(f"User {call.path['user-id']!r} has no endpoints in application {call.application_id}")
    return {"Item": deleted}


def remove_attributes(call: Call) -> dict[str, Any]:
    """RemoveAttributes: values that endpoints have stay; new values of these names are no longer taken."""
    kind = call.path["attribute-type"]
    if kind not in ATTRIBUTE_TYPES:
        raise BadRequestError(f"attribute-type is {kind!r}; allowed are {', '.join(ATTRIBUTE_TYPES)}")
    resource = {
        "ApplicationId": call.application_id,
        "AttributeType": kind,
        "Attributes": call.body.get("Blacklist") or [],
    }
    call.service.apps.put_refused_attributes(call.application_id, resource)
    call.service.forget_application(call.application_id)
    return resource
