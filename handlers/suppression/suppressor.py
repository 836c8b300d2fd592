"""The suppression core: account-level suppression list, announcement, opt-out; overlapped, and safe to repeat.

Per recipient: SES v2 PutSuppressedDestination (one address a call is all that it takes), then a notification on the
status topic (ten a call), then OptOut ALL on the project's endpoints with that address (100 a call). Each step is done
again when a later one failed and the recipient comes back; none changes anything the second time. Of a recipient that
SES held back itself only the endpoints are opted out.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from handlers.shared.addresses.normal_form import EMAIL, normal_form
from handlers.shared.aws_errors import cause_of, code_of, is_refusal
from handlers.shared.clients import aws_client
from handlers.shared.logging import logger
from handlers.shared.overlapped import overlapped
from handlers.shared.project_endpoints import ProjectEndpoints, SearchFailedError
from handlers.suppression.environment import SuppressionEnvironment
from handlers.suppression.recipients import Recipient

NOTIFICATIONS = 10
"""Messages of one PublishBatch call."""
_NOT_A_RECIPIENT_S_FAULT = frozenset({"AccessDeniedException", "NotFoundException", "ExpiredTokenException"})


@dataclass
class Suppression:
    """What became of recipients, by position: `rejected` never succeed, `failed` may succeed later."""

    rejected: dict[int, str] = field(default_factory=dict)
    failed: dict[int, str] = field(default_factory=dict)
    opted_out: int = 0

    def open(self, count: int) -> list[int]:
        """Positions that are neither rejected nor failed."""
        return [position for position in range(count) if position not in self.rejected and position not in self.failed]


class Suppressor:
    """Suppresses recipients. One per process."""

    def __init__(self, environment: SuppressionEnvironment) -> None:
        self._topic_arn = environment.status_topic_arn
        self._endpoints = ProjectEndpoints(environment.application_id) if environment.application_id else None

    def suppress(self, recipients: Sequence[Recipient]) -> Suppression:
        """Does the steps for each recipient. One that fails stops no other. Raises nothing for what AWS answers."""
        outcome = Suppression()
        self._put(recipients, outcome)
        self._announce(recipients, outcome)
        if self._endpoints is not None:
            self._opt_out(self._endpoints, recipients, outcome)
        logger.info(
            "suppressed",
            extra={
                "recipients": len(recipients),
                "rejected": len(outcome.rejected),
                "failed": len(outcome.failed),
                "endpoints_opted_out": outcome.opted_out,
            },
        )
        return outcome

    def _put(self, recipients: Sequence[Recipient], outcome: Suppression) -> None:
        # Of several events about one address the last one's reason stays, whatever order the calls end in.
        positions: dict[str, list[int]] = {}
        for position, recipient in enumerate(recipients):
            if not recipient.held_back:
                positions.setdefault(normal_form(EMAIL, recipient.address), []).append(position)
        answers = overlapped(_put_suppressed, [recipients[same[-1]] for same in positions.values()])
        for same, answer in zip(positions.values(), answers, strict=True):
            if answer is None:
                continue
            refused = (
                isinstance(answer, ClientError)
                and is_refusal(answer)
                and code_of(answer) not in _NOT_A_RECIPIENT_S_FAULT
            )
            target = outcome.rejected if refused else outcome.failed
            target.update(dict.fromkeys(same, _reason(answer, personal=refused)))

    def _announce(self, recipients: Sequence[Recipient], outcome: Suppression) -> None:
        distinct: dict[str, list[int]] = {}
        for position in outcome.open(len(recipients)):
            if recipients[position].held_back:
                continue
            distinct.setdefault(recipients[position].notification_id, []).append(position)
        notifications = list(distinct)
        batches = [
            notifications[start : start + NOTIFICATIONS] for start in range(0, len(notifications), NOTIFICATIONS)
        ]

        def publish(batch: list[str]) -> dict[str, Any]:
            entries = [_entry(recipients[distinct[identifier][0]]) for identifier in batch]
            return aws_client("sns").publish_batch(TopicArn=self._topic_arn, PublishBatchRequestEntries=entries)

        for batch, answer in zip(batches, overlapped(publish, batches), strict=True):
            if isinstance(answer, dict):
                lost = {entry["Id"]: entry.get("Code", "unknown") for entry in answer.get("Failed", [])}
            else:
                lost = dict.fromkeys(batch, _reason(answer))
            for identifier, reason in lost.items():
                outcome.failed.update(dict.fromkeys(distinct[identifier], f"not announced: {reason}"))

    def _opt_out(self, endpoints: ProjectEndpoints, recipients: Sequence[Recipient], outcome: Suppression) -> None:
        candidates: dict[str, set[str]] = {}
        positions: dict[str, list[int]] = {}
        for position in outcome.open(len(recipients)):
            recipient = recipients[position]
            address = normal_form(EMAIL, recipient.address)
            positions.setdefault(address, []).append(position)
            known = candidates.setdefault(address, set())
            if recipient.endpoint_id:
                known.add(recipient.endpoint_id)
        if not candidates:
            return
        try:
            found = endpoints.by_address(EMAIL, candidates)
        except (SearchFailedError, BotoCoreError) as error:
            for same in positions.values():
                outcome.failed.update(dict.fromkeys(same, f"endpoints not found: {error}"))
            return
        address_of = {
            endpoint["Id"]: address
            for address, owners in found.items()
            for endpoint in owners
            if endpoint.get("OptOut") != "ALL"
        }
        stored = {endpoint["Id"]: endpoint["Address"] for owners in found.values() for endpoint in owners}
        updates = endpoints.update([{"Id": endpoint_id, "OptOut": "ALL"} for endpoint_id in address_of], stored)
        outcome.opted_out = len(updates.done)
        for endpoint_id, reason in (updates.refused | updates.failed).items():
            outcome.failed.update(
                dict.fromkeys(positions[address_of[endpoint_id]], f"endpoint {endpoint_id} not opted out: {reason}")
            )


def _put_suppressed(recipient: Recipient) -> None:
    aws_client("sesv2", max_attempts=8).put_suppressed_destination(
        EmailAddress=recipient.address, Reason=recipient.reason
    )


def _entry(recipient: Recipient) -> dict[str, Any]:
    message = {
        "Id": recipient.notification_id,
        "Status": recipient.reason,
        "EmailAddress": recipient.address,
        "MessageId": recipient.message_id,
        "FeedbackId": recipient.feedback_id,
        "EndpointId": recipient.endpoint_id,
    }
    return {
        "Id": recipient.notification_id,
        "Subject": "Recipient suppressed",
        "Message": json.dumps({name: value for name, value in message.items() if value}, ensure_ascii=False),
        "MessageAttributes": {"status": {"DataType": "String", "StringValue": recipient.reason}},
    }


def _reason(error: object, *, personal: bool = False) -> str:
    """An AWS error in words; without AWS's own where these may repeat the address."""
    if not isinstance(error, ClientError):
        return type(error).__name__
    return f"{error.operation_name}: {code_of(error)}" if personal else cause_of(error)
