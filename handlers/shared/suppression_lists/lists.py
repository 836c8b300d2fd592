"""The lists that hold a message back, whoever sends it.

| list | what it holds back | calls |
|---|---|---|
| SES's account-level suppression list | every email of the account | one an address |
| opt-out lists of End User Messaging | every text from a number or pool that uses the list | one a number and list |
| opt-outs by address (hosted platform) | campaigns, by any channel and endpoint, now or later; PROMOTIONAL texts of SendMessages | 100 addresses and channel |

Calls overlap. Adding twice changes nothing but the date that SES shows. Source: Amazon SES API v2, PutSuppressedDestination; AWS
End User Messaging SMS and voice v2 API, PutOptedOutNumber, DeleteOptedOutNumber (a number once in 30 days).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from handlers.shared.addresses.normal_form import EMAIL, normal_form
from handlers.shared.aws_errors import cause_of, code_of, is_refusal
from handlers.shared.clients import aws_client
from handlers.shared.overlapped import overlapped
from handlers.shared.project_endpoints import ITEMS, ProjectEndpoints
from handlers.shared.suppression_lists.entries import SMS, Entry

if TYPE_CHECKING:
    from botocore.client import BaseClient

REASON = "COMPLAINT"
"""SES knows two reasons. Somebody asked for it: no bounce."""
CHANNELS = {EMAIL: (EMAIL, "CUSTOM"), SMS: (SMS, "VOICE", "CUSTOM")}
"""The channels by which an endpoint's message reaches the address."""
SES_LIST, OPT_OUT_LIST, BY_ADDRESS = "ses-suppression-list", "opt-out-list", "address-opt-outs"
DEFAULT_LIST = "Default"


@dataclass(frozen=True)
class Found:
    """An address on one list. since: ISO 8601. by: who asked, as far as the list tells."""

    channel: str
    address: str
    place: str
    since: str
    by: str = ""

    def public(self) -> dict[str, str]:
        """As it is shown."""
        return {"List": self.place, "Since": self.since, **({"By": self.by} if self.by else {})}


@dataclass
class Changes:
    """What became of entries, by position: `refused` never succeed, `failed` may succeed later. Without the addresses."""

    refused: dict[int, str] = field(default_factory=dict)
    failed: dict[int, str] = field(default_factory=dict)

    def done(self, count: int) -> list[int]:
        """Positions that are on all lists, or off them."""
        return [position for position in range(count) if position not in self.refused and position not in self.failed]


class SuppressionLists:
    """All lists of an account and a project.

    Args:
        application_id: The project; "" = without opt-outs by address.
        opt_out_lists: Names of opt-out lists.
    """

    def __init__(self, application_id: str, opt_out_lists: Sequence[str] = (DEFAULT_LIST,)) -> None:
        endpoints = ProjectEndpoints(application_id) if application_id else None
        self.endpoints = endpoints if endpoints is not None and endpoints.hosted else None
        self.opt_out_lists = list(opt_out_lists)

    def add(self, entries: Sequence[Entry], by: str) -> Changes:
        """Puts addresses on every list. by: who asks, at most 200 printable characters."""
        return self._change(entries, by, out=True)

    def remove(self, entries: Sequence[Entry]) -> Changes:
        """Takes addresses off every list. One that is on none is done. Endpoints that have it are opted in again."""
        return self._change(entries, "", out=False)

    def find(self, entry: Entry) -> list[Found]:
        """The lists that the address is on. Raises ClientError, SearchFailedError."""
        found = self._on_ses(entry) if entry.channel == EMAIL else self._on_opt_out_lists(entry)
        if self.endpoints is not None:
            for channel in CHANNELS[entry.channel]:
                for item in self.endpoints.opted_out_addresses(channel, [entry.address]):
                    found.append(_by_address(item))
        return found

    def all(self) -> Iterator[Found]:
        """Everything that is on a list, list by list. Raises ClientError, SearchFailedError."""
        yield from _pages_of_ses()
        for name in self.opt_out_lists:
            yield from _pages_of_list(name)
        if self.endpoints is not None:
            for item in self.endpoints.all_opted_out_addresses():
                yield _by_address(item)

    def _change(self, entries: Sequence[Entry], by: str, *, out: bool) -> Changes:
        changes = Changes()
        positions: dict[tuple[str, str], list[int]] = {}
        for position, entry in enumerate(entries):
            positions.setdefault((entry.channel, entry.address), []).append(position)
        self._by_address(positions, by, changes, out=out)
        calls: list[tuple[list[int], Callable[[], Any]]] = []
        for (channel, address), same in positions.items():
            if channel == EMAIL:
                calls.append((same, lambda address=address: _set_on_ses(address, out=out)))
            else:
                calls += [
                    (same, lambda name=name, address=address: _set_on_list(name, address, out=out))
                    for name in self.opt_out_lists
                ]
        for (same, _), answer in zip(calls, overlapped(lambda call: call[1](), calls), strict=True):
            if isinstance(answer, ClientError | BotoCoreError):
                for_good = isinstance(answer, ClientError) and is_refusal(answer) and code_of(answer) in _REFUSED
                (changes.refused if for_good else changes.failed).update(dict.fromkeys(same, _reason(answer)))
        return changes

    def _by_address(self, positions: dict[tuple[str, str], list[int]], by: str, changes: Changes, *, out: bool) -> None:
        if self.endpoints is None:
            return
        wanted = "ALL" if out else "NONE"
        for channel, reached in CHANNELS.items():
            addresses = [address for kind, address in positions if kind == channel]
            for reach in reached if addresses else ():
                outs = self.endpoints.opt_out_addresses(reach, dict.fromkeys(addresses, wanted), by)
                for kept, reasons in ((changes.refused, outs.refused), (changes.failed, outs.failed)):
                    for address, reason in reasons.items():
                        kept.update(dict.fromkeys(positions[channel, address], reason))

    def _on_ses(self, entry: Entry) -> list[Found]:
        try:
            answer = aws_client("sesv2").get_suppressed_destination(EmailAddress=entry.address)
        except ClientError as error:
            if code_of(error) == "NotFoundException":
                return []
            raise
        return [_of_ses(answer["SuppressedDestination"])]

    def _on_opt_out_lists(self, entry: Entry) -> list[Found]:
        found = []
        for name in self.opt_out_lists:
            try:
                answer = _texting().describe_opted_out_numbers(OptOutListName=name, OptedOutNumbers=[entry.address])
            except ClientError as error:
                if error.response.get("ResourceType") == "opted-out-number":
                    continue
                raise
            found += [_of_list(name, item) for item in answer["OptedOutNumbers"]]
        return found


_REFUSED = frozenset({"BadRequestException", "ValidationException", "ConflictException"})
"""What is said of one address; other refusals are about the caller or the list, and may be mended."""


def _texting() -> BaseClient:
    return aws_client("pinpoint-sms-voice-v2", retry_mode="adaptive", max_attempts=8)


def _set_on_ses(address: str, *, out: bool) -> None:
    client = aws_client("sesv2", max_attempts=8)
    if out:
        client.put_suppressed_destination(EmailAddress=address, Reason=REASON)
        return
    try:
        client.delete_suppressed_destination(EmailAddress=address)
    except ClientError as error:
        if code_of(error) != "NotFoundException":
            raise


def _set_on_list(name: str, number: str, *, out: bool) -> None:
    call = _texting().put_opted_out_number if out else _texting().delete_opted_out_number
    try:
        call(OptOutListName=name, OptedOutNumber=number)
    except ClientError as error:
        if out or error.response.get("ResourceType") != "opted-out-number":
            raise


def _pages_of_ses() -> Iterator[Found]:
    request: dict[str, Any] = {"PageSize": 1000}
    while True:
        answer = aws_client("sesv2").list_suppressed_destinations(**request)
        for item in answer["SuppressedDestinationSummaries"]:
            yield _of_ses(item)
        if not answer.get("NextToken"):
            return
        request["NextToken"] = answer["NextToken"]


def _pages_of_list(name: str) -> Iterator[Found]:
    request: dict[str, Any] = {"OptOutListName": name, "MaxResults": ITEMS}
    while True:
        answer = _texting().describe_opted_out_numbers(**request)
        for item in answer["OptedOutNumbers"]:
            yield _of_list(name, item)
        if not answer.get("NextToken"):
            return
        request["NextToken"] = answer["NextToken"]


def _of_ses(item: dict[str, Any]) -> Found:
    address = normal_form(EMAIL, item["EmailAddress"])
    return Found(EMAIL, address, f"{SES_LIST} {item['Reason']}", item["LastUpdateTime"].isoformat())


def _of_list(name: str, item: dict[str, Any]) -> Found:
    by = "the number's owner" if item.get("EndUserOptedOut") else ""
    return Found(SMS, item["OptedOutNumber"], f"{OPT_OUT_LIST} {name}", item["OptedOutTimestamp"].isoformat(), by)


def _by_address(item: dict[str, str]) -> Found:
    channel = item["ChannelType"]
    kind = EMAIL if "@" in item["Address"] else SMS
    return Found(kind, item["Address"], f"{BY_ADDRESS} {channel}", item["Since"], item.get("By", ""))


def _reason(error: ClientError | BotoCoreError) -> str:
    """Without AWS's own words where these may repeat the address."""
    if not isinstance(error, ClientError):
        return type(error).__name__
    if code_of(error) in _REFUSED:
        return f"{error.operation_name}: {code_of(error)} {error.response.get('Reason', '')}".rstrip()
    return cause_of(error)
