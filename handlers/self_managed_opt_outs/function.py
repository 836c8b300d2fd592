"""Handles a batch of messages that our numbers received: those that are keywords; others are left alone."""

from __future__ import annotations

from functools import cache
from typing import Any

from handlers.self_managed_opt_outs.changer import Changer, Work
from handlers.self_managed_opt_outs.environment import ChangerEnvironment
from handlers.self_managed_opt_outs.inbound import UnreadableError, inbound_of
from handlers.self_managed_opt_outs.keywords import Keywords
from handlers.shared.letters import Letters
from handlers.shared.logging import logger

_environment = cache(ChangerEnvironment.read)


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """SQS batch of notifications -> partial batch response."""
    letters = Letters(event["Records"], _environment().dead_letter_queue_url)
    works: dict[str, Work] = {}
    owners: dict[str, list[int]] = {}
    for position, record in enumerate(letters.records):
        try:
            message = inbound_of(record)
        except UnreadableError as error:
            letters.rejected[position] = str(error)
            continue
        keyword = _keywords().find(message.body)
        if keyword is None:
            continue
        works.setdefault(message.message_id, Work(message, keyword))
        owners.setdefault(message.message_id, []).append(position)
    if works:
        _changer().handle(list(works.values()))
    for identifier, work in works.items():
        if work.failure:
            letters.failed.update(dict.fromkeys(owners[identifier], work.failure))
        elif work.rejection:
            letters.rejected[owners[identifier][0]] = work.rejection
    logger.info("batch", extra={"messages": len(letters.records), "keywords": len(works)})
    return letters.finish()


@cache
def _keywords() -> Keywords:
    return Keywords(_environment().keywords)


@cache
def _changer() -> Changer:
    return Changer(_environment())


def forget() -> None:
    """Drops what was read from the environment (for tests)."""
    for cached in (_environment, _keywords, _changer):
        cached.cache_clear()
