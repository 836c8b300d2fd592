"""Endpoints of the engagement project beyond what the Pinpoint API offers: by address, by many ids, opted out by address,
and updated only if they exist.

UpdateEndpointsBatch creates what it does not know and makes every endpoint ACTIVE, which takes an address back from the
endpoint that has it now. A pattern that reacts to an event wants neither; and what it learned of an address it wants
to write only where the endpoint still has that address.

- Hosted service: the header `x-engagement-existing-only: true` on UpdateEndpointsBatch (the answer's `Unknown` lists the
  ids that no endpoint has), with `x-engagement-expected-addresses` (a fingerprint for each item, in order, or nothing: the
  answer's `Changed` lists the ids whose endpoint has another address by now), and the route
  `POST /v1/apps/{app}/endpoint-search` (`{"ChannelType", "Addresses": [at most 100]}` or
  `{"EndpointIds": [at most 100]}` -> `{"Item": [{"Id", "Address", "ChannelType", "EndpointStatus", "OptOut"}]}`), signed like any other call. So is
  `POST /v1/apps/{app}/address-opt-outs` (`{"ChannelType", "By", "Item": [{"Address", "OptOut"}, at most 100]}`), which
  opts addresses out or in, and with them the endpoints that have them or come to have them, and
  `POST /v1/apps/{app}/address-opt-out-search` (`{"ChannelType", "Addresses"}`, or `{"Token"}` for a page of all).
  `POST /v1/apps/{app}/message-opt-outs` (`{"Item": [{"MessageId", "Timestamp"}, at most 100]}`) counts them for campaigns.
- Amazon Pinpoint: each endpoint is read just before it is written. It has no search: only endpoints whose ids events gave
  (`candidates`) can be found by address.
"""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from handlers.shared.addresses.normal_form import by_normal_form, fingerprint, normal_form
from handlers.shared.aws_errors import cause_of, code_of, is_refusal
from handlers.shared.clients import ENGAGEMENT_ENDPOINT_VARIABLE, engagement_client
from handlers.shared.json_objects import json_object
from handlers.shared.overlapped import overlapped
from handlers.shared.signed_post import forget_session, signed_post

if TYPE_CHECKING:
    from botocore.awsrequest import AWSResponse
    from botocore.client import BaseClient

EXISTING_ONLY_HEADER = "x-engagement-existing-only"
EXPECTED_ADDRESSES_HEADER = "x-engagement-expected-addresses"
ITEMS = 100
"""Endpoints of one UpdateEndpointsBatch call, addresses of one search."""
_NOT_FOUND = 404
REFUSALS = frozenset({400, 413, 422})
"""Statuses by which the service refuses what it was asked. 403 and 404 are about the caller's rights or the application, 409 and
429 are of the moment: all of those may be mended."""

Endpoint = dict[str, Any]
_expected: ContextVar[str] = ContextVar("expected", default="")


class SearchFailedError(Exception):
    """The service did not find endpoints, or opt out, by address; trying again may help, unless it `is_refusal`."""

    is_refusal = False
    """Whether the service refused what it was asked, for good: another call with the same addresses changes nothing."""


@dataclass
class OptOuts:
    """Reasons by address that is not opted out, or in: `refused` never succeed, `failed` may succeed later."""

    refused: dict[str, str] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)


@dataclass
class Updates:
    """What became of endpoint updates, by endpoint id: `refused` never succeed, `failed` may succeed later. `unknown`:
    those of `done` that no endpoint has; `changed`: those of `done` that were passed over, as the address is another one."""

    done: set[str] = field(default_factory=set)
    unknown: set[str] = field(default_factory=set)
    changed: set[str] = field(default_factory=set)
    refused: dict[str, str] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)


class ProjectEndpoints:
    """The endpoints of one application."""

    def __init__(self, application_id: str) -> None:
        self.application_id = application_id
        self.hosted = bool(os.environ.get(ENGAGEMENT_ENDPOINT_VARIABLE))

    def by_address(self, channel_type: str, candidates: Mapping[str, Collection[str]]) -> dict[str, list[Endpoint]]:
        """Endpoints of this channel by address (any of its spellings), each with Id, EndpointStatus and OptOut.

        candidates: addresses, each with the endpoint ids that events named for it. Raises SearchFailedError.
        """
        found = self._searched(channel_type, list(candidates)) if self.hosted else self._read_candidates(candidates)
        addresses = by_normal_form(channel_type, candidates)
        result: dict[str, list[Endpoint]] = {}
        for endpoint in found:
            if endpoint.get("ChannelType") != channel_type:
                continue
            for address in addresses.get(normal_form(channel_type, str(endpoint.get("Address", ""))), ()):
                result.setdefault(address, []).append(endpoint)
        return result

    def by_id(self, ids: Collection[str]) -> dict[str, Endpoint]:
        """Those endpoints that exist, by id as given, each with ChannelType, Address, EndpointStatus and OptOut, 100 a call.

        Raises SearchFailedError and BotoCoreError.
        """
        distinct = list(dict.fromkeys(ids))
        if self.hosted:
            chunks = [distinct[start : start + ITEMS] for start in range(0, len(distinct), ITEMS)]
            found = self._all("endpoint-search", overlapped(self._with_ids, chunks))
        else:
            answers = overlapped(self._get, distinct)
            found = self._all("GetEndpoint", [[answer] if isinstance(answer, dict) else answer for answer in answers])
        known = {endpoint["Id"].lower(): endpoint for endpoint in found}
        return {identifier: known[identifier.lower()] for identifier in distinct if identifier.lower() in known}

    def update(self, items: Sequence[Endpoint], addresses: Mapping[str, str] | None = None) -> Updates:
        """Updates those endpoints that exist, 100 a call; their EndpointStatus stays unless an item sets it.

        items: EndpointBatchItem dicts with distinct ids. One that does not exist is done, as there is nothing to
        change, and unknown. addresses: by id, the address that an endpoint had when it was read; where it has another
        one by now, its item is passed over: done, and changed.
        """
        updates = Updates()
        known = addresses or {}
        present = list(items) if self.hosted else self._existing(items, known, updates)
        batches = [present[start : start + ITEMS] for start in range(0, len(present), ITEMS)]
        for part in overlapped(lambda batch: self._update_batch(batch, known), batches):
            if isinstance(part, ClientError | BotoCoreError):
                raise part
            updates.done |= part.done
            updates.unknown |= part.unknown
            updates.changed |= part.changed
            updates.refused |= part.refused
            updates.failed |= part.failed
        return updates

    def set_opt_outs(self, wanted: Mapping[str, str], candidates: Mapping[str, Collection[str]]) -> dict[str, str]:
        """Sets OptOut of all SMS endpoints with these numbers, 100 numbers a call. Returns reasons by number that failed.

        wanted: ALL or NONE by number. candidates: endpoint ids that a number's endpoint may have. On the hosted platform
        the number itself remembers, so that endpoints made later are out too; Amazon Pinpoint knows endpoints alone.
        """
        if self.hosted:
            outs = self.opt_out_addresses("SMS", wanted)
            return outs.refused | outs.failed
        try:
            found = self.by_address("SMS", {address: candidates[address] for address in wanted})
        except (SearchFailedError, BotoCoreError) as error:
            return dict.fromkeys(wanted, f"endpoints not found: {error}")
        address_of = {
            endpoint["Id"]: address
            for address, endpoints in found.items()
            for endpoint in endpoints
            if endpoint.get("OptOut") != wanted[address]
        }
        stored = {endpoint["Id"]: endpoint["Address"] for endpoints in found.values() for endpoint in endpoints}
        items = [{"Id": id_, "OptOut": wanted[address]} for id_, address in address_of.items()]
        updates = self.update(items, stored)
        return {address_of[id_]: reason for id_, reason in (updates.refused | updates.failed).items()}

    def opt_out_addresses(self, channel_type: str, wanted: Mapping[str, str], by: str = "") -> OptOuts:
        """Opts addresses of a channel out (ALL) or in (NONE) by address, 100 a call, on the hosted platform alone.

        wanted: distinct addresses. by: who asks.
        """
        items = [{"Address": address, "OptOut": opt_out} for address, opt_out in wanted.items()]
        chunks = [items[start : start + ITEMS] for start in range(0, len(items), ITEMS)]
        outs = OptOuts()
        for part in overlapped(lambda chunk: self._opt_out(channel_type, chunk, by), chunks):
            if not isinstance(part, OptOuts):
                raise part
            outs.refused |= part.refused
            outs.failed |= part.failed
        return outs

    def _opt_out(self, channel_type: str, items: list[dict[str, str]], by: str) -> OptOuts:
        """One call; a refused one is halved until the addresses that the service refuses stand alone."""
        who = {"By": by} if by else {}
        try:
            self._post("address-opt-outs", {"ChannelType": channel_type, "Item": items, **who})
        except SearchFailedError as error:
            if not error.is_refusal:
                return OptOuts(failed={item["Address"]: str(error) for item in items})
            if len(items) == 1:
                return OptOuts(refused={items[0]["Address"]: str(error)})
            middle = len(items) // 2
            one, other = (self._opt_out(channel_type, half, by) for half in (items[:middle], items[middle:]))
            return OptOuts(one.refused | other.refused, one.failed | other.failed)
        except BotoCoreError as error:
            return OptOuts(failed={item["Address"]: type(error).__name__ for item in items})
        return OptOuts()

    def opted_out_addresses(self, channel_type: str, addresses: Sequence[str]) -> list[dict[str, str]]:
        """Those of at most 100 addresses that are opted out by address: ChannelType, Address, Since, By. Hosted platform alone.

        Raises SearchFailedError.
        """
        return self._post("address-opt-out-search", {"ChannelType": channel_type, "Addresses": list(addresses)})["Item"]

    def count_opt_outs(self, answered: Mapping[str, str]) -> None:
        """Tells the hosted platform which messages were answered by an opt-out, 100 a call; Amazon Pinpoint counts by itself.

        answered: when (ISO 8601) by the message's id. Raises SearchFailedError.
        """
        if not self.hosted:
            return
        items = [{"MessageId": message, "Timestamp": at} for message, at in answered.items()]
        for start in range(0, len(items), ITEMS):
            self._post("message-opt-outs", {"Item": items[start : start + ITEMS]})

    def all_opted_out_addresses(self) -> Iterator[dict[str, str]]:
        """All of them, as above."""
        token = ""
        while True:
            answer = self._post("address-opt-out-search", {"Token": token})
            yield from answer["Item"]
            if not (token := answer.get("NextToken", "")):
                return

    def _update_batch(self, items: list[Endpoint], addresses: Mapping[str, str]) -> Updates:
        """One call; a refused one is halved until the items that the service refuses stand alone."""
        ids = {item["Id"] for item in items}
        expected = [fingerprint(addresses[item["Id"]]) if item["Id"] in addresses else "" for item in items]
        token = _expected.set(",".join(expected) if any(expected) else "")
        try:
            answer = _client().update_endpoints_batch(
                ApplicationId=self.application_id, EndpointBatchRequest={"Item": [dict(item) for item in items]}
            )
        except ClientError as error:
            if not is_refusal(error) or code_of(error) in {
                "ForbiddenException",
                "AccessDeniedException",
                "NotFoundException",
            }:
                return Updates(failed=dict.fromkeys(ids, cause_of(error)))
            if len(items) == 1:
                return Updates(refused=dict.fromkeys(ids, cause_of(error)))
            middle = len(items) // 2
            one, other = self._update_batch(items[:middle], addresses), self._update_batch(items[middle:], addresses)
            return Updates(
                one.done | other.done,
                one.unknown | other.unknown,
                one.changed | other.changed,
                one.refused | other.refused,
                one.failed | other.failed,
            )
        except BotoCoreError as error:
            return Updates(failed=dict.fromkeys(ids, type(error).__name__))
        finally:
            _expected.reset(token)
        unknown, changed = (ids.intersection(answer.get(name, ())) for name in ("Unknown", "Changed"))
        return Updates(done=ids, unknown=unknown, changed=changed)

    def _existing(self, items: Sequence[Endpoint], addresses: Mapping[str, str], updates: Updates) -> list[Endpoint]:
        """The items whose endpoints exist, and have the address that they had; each with the EndpointStatus that it has."""
        present: list[Endpoint] = []
        for item, answer in zip(items, overlapped(self._get, [item["Id"] for item in items]), strict=True):
            if isinstance(answer, dict):
                if answer.get("Address", "") != addresses.get(item["Id"], answer.get("Address", "")):
                    updates.done.add(item["Id"])
                    updates.changed.add(item["Id"])
                    continue
                status = answer.get("EndpointStatus")
                present.append({**({"EndpointStatus": status} if status else {}), **item})
            elif answer is None:
                updates.done.add(item["Id"])
                updates.unknown.add(item["Id"])
            elif isinstance(answer, ClientError) and is_refusal(answer):
                updates.refused[item["Id"]] = cause_of(answer)
            else:
                updates.failed[item["Id"]] = type(answer).__name__
        return present

    def _get(self, endpoint_id: str) -> Endpoint | None:
        try:
            answer = _client().get_endpoint(ApplicationId=self.application_id, EndpointId=endpoint_id)
        except ClientError as error:
            if error.response.get("ResponseMetadata", {}).get("HTTPStatusCode") == _NOT_FOUND:
                return None
            raise
        return answer["EndpointResponse"]

    def _read_candidates(self, candidates: Mapping[str, Collection[str]]) -> list[Endpoint]:
        ids = sorted({endpoint_id for known in candidates.values() for endpoint_id in known})
        answers = overlapped(self._get, ids)
        return self._all("GetEndpoint", [[answer] if isinstance(answer, dict) else answer for answer in answers])

    def _searched(self, channel_type: str, addresses: list[str]) -> list[Endpoint]:
        chunks = [addresses[start : start + ITEMS] for start in range(0, len(addresses), ITEMS)]
        return self._all("endpoint-search", overlapped(lambda chunk: self._search(channel_type, chunk), chunks))

    @staticmethod
    def _all(what: str, parts: Iterable[list[Endpoint] | Exception | None]) -> list[Endpoint]:
        found: list[Endpoint] = []
        for part in parts:
            if isinstance(part, Exception):
                raise SearchFailedError(f"{what}: {part}") from part
            found += part or []
        return found

    def _search(self, channel_type: str, addresses: list[str]) -> list[Endpoint]:
        return self._post("endpoint-search", {"ChannelType": channel_type, "Addresses": addresses})["Item"]

    def _with_ids(self, ids: list[str]) -> list[Endpoint]:
        return self._post("endpoint-search", {"EndpointIds": ids})["Item"]

    def _post(self, route: str, document: Mapping[str, Any]) -> dict[str, Any]:
        """Calls a route of the hosted service that botocore does not know."""
        client = _client()
        url = f"{client.meta.endpoint_url.rstrip('/')}/v1/apps/{self.application_id}/{route}"
        # The client's own credentials, which botocore refreshes.
        status, text = signed_post(url, document, client._request_signer._credentials, client.meta.region_name)
        if status < 300:
            return json.loads(text)
        error = SearchFailedError(f"{route} of application {self.application_id} answered {status}: {text[:200]}")
        error.is_refusal = status in REFUSALS
        raise error


@cache
def _client() -> BaseClient:
    # A client of its own (by its user agent), so that the header is on no other caller's requests.
    client = engagement_client(user_agent_extra="existing-only")
    if os.environ.get(ENGAGEMENT_ENDPOINT_VARIABLE):
        client.meta.events.register("before-call.pinpoint.UpdateEndpointsBatch", _ask_for_existing_only)
        client.meta.events.register("after-call.pinpoint.UpdateEndpointsBatch", _keep_unknown)
    return client


def _ask_for_existing_only(params: dict[str, Any], **_: object) -> None:
    params["headers"][EXISTING_ONLY_HEADER] = "true"
    if expected := _expected.get():
        params["headers"][EXPECTED_ADDRESSES_HEADER] = expected


def _keep_unknown(http_response: AWSResponse, parsed: dict[str, Any], **_: object) -> None:
    # Pinpoint's model does not have these members, so botocore leaves them out of what it parses.
    if http_response.status_code < 300:
        answer = json_object(http_response.text)
        parsed |= {name: answer.get(name, []) for name in ("Unknown", "Changed")}


def forget_clients() -> None:
    """Drops the client made so far (for tests)."""
    _client.cache_clear()
    forget_session()
