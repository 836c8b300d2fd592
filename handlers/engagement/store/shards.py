"""Spreading keys over partitions by a stable hash."""

import hashlib

SHARDS = 16


def shard_of(key: str) -> int:
    """The shard 0..15 of a key; endpoint ids count in lower case."""
    return hashlib.blake2b(key.lower().encode(), digest_size=2).digest()[0] % SHARDS


def cohort_of(application_id: str, endpoint_id: str) -> str:
    """CohortId `0`..`99` of an endpoint: evenly spread, independent of the shard, always the same for one id."""
    digest = hashlib.blake2b(f"cohort/{application_id}/{endpoint_id.lower()}".encode(), digest_size=8).digest()
    return str(int.from_bytes(digest, "big") % 100)
