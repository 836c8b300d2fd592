"""SendMessages and SendUsersMessages: to addresses, endpoints or users, with a result for each.

EndpointStatus and OptOut of endpoints are ignored, as Pinpoint documents; the SMS opt-out list is not (OPT_OUT). Nor is what a
number itself remembers (OptOutAddresses): promotional texts to it are OPT_OUT, from the opt-out's acknowledgement on.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from handlers.engagement.api.call import Call
from handlers.engagement.errors import BadRequestError
from handlers.engagement.messages.direct import DirectMessage, Recipient
from handlers.engagement.messages.tokens import settle_tokens
from handlers.shared.messages.push_content import is_push
from handlers.shared.messages.result import OPT_OUT, DeliveryResult
from handlers.shared.overlapped import overlap

RECIPIENTS = 100


def send_messages(call: Call) -> dict[str, Any]:
    """SendMessages."""
    addresses, endpoint_ids = call.body.get("Addresses") or {}, call.body.get("Endpoints") or {}
    if not 1 <= len(addresses) + len(endpoint_ids) <= RECIPIENTS:
        raise BadRequestError(
            f"Addresses and Endpoints have {len(addresses) + len(endpoint_ids)} entries; allowed are 1 to {RECIPIENTS}"
        )
    message = _message(call)
    stored = call.service.endpoints(call.application_id).get(endpoint_ids) if endpoint_ids else {}
    recipients: list[Recipient | None] = [
        Recipient(
            address, own.get("ChannelType") or "", {"Address": address, "ChannelType": own.get("ChannelType")}, own
        )
        for address, own in addresses.items()
    ]
    recipients += [_recipient(stored.get(identifier), own) for identifier, own in endpoint_ids.items()]
    results = _sent(call, message, recipients)
    answer: dict[str, Any] = {"ApplicationId": call.application_id, "RequestId": call.request_id}
    if addresses:
        answer["Result"] = {name: result.response() for name, result in zip(addresses, results, strict=False)}
    if endpoint_ids:
        answer["EndpointResult"] = {
            identifier: _with_address(result, stored.get(identifier))
            for identifier, result in zip(endpoint_ids, results[len(addresses) :], strict=True)
        }
    return answer


def send_users_messages(call: Call) -> dict[str, Any]:
    """SendUsersMessages: to every endpoint of each user that the message has content for. A user without any has an empty result."""
    users = call.body["Users"]
    if not 1 <= len(users) <= RECIPIENTS:
        raise BadRequestError(f"Users has {len(users)} users; allowed are 1 to {RECIPIENTS}")
    message = _message(call)
    found = call.service.endpoints(call.application_id).by_users(users)
    targets = [
        (user, endpoint)
        for user, endpoints in found.items()
        for endpoint in endpoints
        if message.has_content(endpoint.get("ChannelType", ""), users[user])
    ]
    results = _sent(call, message, [_recipient(endpoint, users[user]) for user, endpoint in targets])
    answer: dict[str, dict[str, Any]] = {user: {} for user in users}
    for (user, endpoint), result in zip(targets, results, strict=True):
        answer[user][endpoint["Id"]] = _with_address(result, endpoint)
    return {"ApplicationId": call.application_id, "RequestId": call.request_id, "Result": answer}


def _sent(call: Call, message: DirectMessage, recipients: Sequence[Recipient | None]) -> list[DeliveryResult]:
    """Sends to all that may be sent to, overlapped; one read tells which numbers are opted out."""
    out: set[tuple[str, str]] = set()
    if message.is_promotional:
        numbers = {(each.channel, each.address) for each in recipients if each is not None and each.channel == "SMS"}
        out = call.service.endpoints(call.application_id).opted_out_among(numbers)

    def send(recipient: Recipient | None) -> DeliveryResult:
        if recipient is not None and (recipient.channel, recipient.address) in out:
            return DeliveryResult(OPT_OUT, 400, "The number has opted out")
        return message.send(recipient)

    pushed = [each for each in recipients if each is not None and is_push(each.channel)]
    by_push = iter(_pushed(call, message, pushed))
    others = iter(overlap(send, [each for each in recipients if each is None or not is_push(each.channel)]))
    return [next(by_push if each is not None and is_push(each.channel) else others) for each in recipients]


def _pushed(call: Call, message: DirectMessage, recipients: Sequence[Recipient]) -> list[DeliveryResult]:
    """Sends push messages, and settles the tokens of those that are endpoints."""
    if not recipients:
        return []
    results = message.send_push(recipients)
    known = [
        (each.variables, result) for each, result in zip(recipients, results, strict=True) if each.variables.get("Id")
    ]
    settle_tokens(call.service.endpoints(call.application_id), known)
    return results


def _message(call: Call) -> DirectMessage:
    shared = call.service
    return DirectMessage(
        call.body.get("MessageConfiguration") or {},
        call.body.get("TemplateConfiguration") or {},
        call.body.get("Context") or {},
        application_id=call.application_id,
        store=shared.templates,
        sms=shared.sms,
        email=shared.email,
        push=shared.push,
        trace_id=call.body.get("TraceId"),
    )


def _recipient(endpoint: Mapping[str, Any] | None, own: Mapping[str, Any]) -> Recipient | None:
    if endpoint is None:
        return None
    return Recipient(endpoint.get("Address") or "", endpoint.get("ChannelType") or "", endpoint, own)


def _with_address(result: DeliveryResult, endpoint: Mapping[str, Any] | None) -> dict[str, Any]:
    address = (endpoint or {}).get("Address")
    return {**({"Address": address} if address else {}), **result.response()}
