"""Makes endpoints what their newest events say, whatever the order in which these arrive and however often.

Attributes that all rules give the same values need no order: they are written. Contested ones go through the memory:
remember what is newer, write what is remembered, and look again, since another batch may have remembered something
newer in between. An older event writes what is remembered too: so a batch that was killed between two steps is made
good when it is tried again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from botocore.exceptions import BotoCoreError, ClientError

from handlers.event_based_segmentation.memory import Memory, MemoryBusyError
from handlers.event_based_segmentation.rules import Rules, Wish, Wishes
from handlers.shared.aws_errors import code_of
from handlers.shared.logging import logger
from handlers.shared.project_endpoints import Endpoint, ProjectEndpoints, Updates

ROUNDS = 5
LONGEST_ID = 1000
"""Bytes: a longer id is no endpoint's, and no key of the memory either."""


@dataclass
class Outcome:
    """What became of wishes, by endpoint id: `refused` never succeed, `failed` may succeed later."""

    refused: dict[str, str] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)


class Segmentation:
    """Applies wishes to the endpoints of one project."""

    def __init__(self, rules: Rules, memory: Memory, endpoints: ProjectEndpoints) -> None:
        self._rules, self._memory, self._endpoints = rules, memory, endpoints

    def apply(self, wishes: Wishes) -> Outcome:
        """Applies the newest wish of each endpoint and attribute. Raises nothing for what AWS answers."""
        outcome = Outcome()
        wanted: Wishes = {}
        for endpoint_id, attributes in wishes.items():
            if len(endpoint_id.encode()) > LONGEST_ID:
                outcome.refused[endpoint_id] = f"client.client_id has more than {LONGEST_ID} bytes"
            else:
                wanted[endpoint_id] = attributes
        try:
            self._apply(wanted, outcome)
        except (ClientError, BotoCoreError, MemoryBusyError) as error:
            reason = f"{error.operation_name}: {code_of(error)}" if isinstance(error, ClientError) else str(error)
            outcome.failed |= {key: reason for key in wanted if key not in outcome.refused}
        logger.info(
            "applied",
            extra={"endpoints": len(wishes), "refused": len(outcome.refused), "failed": len(outcome.failed)},
        )
        return outcome

    def _apply(self, wishes: Wishes, outcome: Outcome) -> None:
        contested = self._contested(wishes)
        remembered = self._memory.merge(contested) if contested else {}
        current: Wishes = {key: {**attributes, **remembered.get(key, {})} for key, attributes in wishes.items()}
        _add(outcome, self._endpoints.update([_item(key, current[key]) for key in current]))
        for _ in range(ROUNDS):
            contested = {key: names for key, names in contested.items() if key not in outcome.refused}
            overtaken = self._overtaken(contested, remembered) if contested else {}
            if not overtaken:
                return
            _add(outcome, self._endpoints.update([_item(key, newer) for key, newer in overtaken.items()]))
            for key, newer in overtaken.items():
                remembered[key] = {**remembered[key], **newer}
        outcome.failed |= dict.fromkeys(contested, f"overtaken {ROUNDS} times in a row")

    def _contested(self, wishes: Wishes) -> Wishes:
        found: Wishes = {}
        for key, attributes in wishes.items():
            kept = {name: wish for name, wish in attributes.items() if name in self._rules.contested}
            if kept:
                found[key] = kept
        return found

    def _overtaken(self, contested: Wishes, written: Mapping[str, Mapping[str, Wish]]) -> Wishes:
        """What is remembered by now and is newer than what this batch wrote."""
        overtaken: Wishes = {}
        for key, remembered in self._memory.recall(contested).items():
            newer = {name: wish for name, wish in remembered.items() if wish.order > written[key][name].order}
            if newer:
                overtaken[key] = newer
        return overtaken


def _item(endpoint_id: str, attributes: Mapping[str, Wish]) -> Endpoint:
    return {"Id": endpoint_id, "Attributes": {name: list(wish.values) for name, wish in attributes.items()}}


def _add(outcome: Outcome, updates: Updates) -> None:
    outcome.refused |= updates.refused
    outcome.failed |= updates.failed
