"""The base of custom channels: a campaign's endpoints go into a queue, from which each is reached once.

A channel is a module `handlers/PACKAGE/channel.py` with `make() -> Channel` (see channel.py here).
"""
