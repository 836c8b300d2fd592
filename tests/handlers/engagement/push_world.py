"""AWS End User Messaging Push as the service's functions meet it in process: the sandbox's own, on moto."""

from __future__ import annotations

import json

import boto3

from sandbox.world.extension import install
from sandbox.world.outbox import OUTBOX
from sandbox.world.push import push_messages
from tests.handlers.engagement.conftest import ACCOUNT, REGION

PUSH_APPLICATION = "9f" * 16


class PushWorld:
    """What reached devices, and what happens to tokens. Made before moto starts."""

    def __init__(self):
        install()
        OUTBOX.clear()

    @property
    def service(self):
        return push_messages(ACCOUNT, REGION)

    def states(self, **states):
        """By token: a state, or (state, new token)."""
        told = {token: (state if isinstance(state, tuple) else (state, None)) for token, state in states.items()}
        self.service.set_states({token: {"State": state, "Token": new} for token, (state, new) in told.items()})

    def got(self):
        """Token -> (title, body) of what arrived, in order; each message once."""
        found = [message for message in OUTBOX.messages() if message.channel == "PUSH"]
        assert len({message.to for message in found}) == len(found), "a token got two messages"
        return {message.to: (message.subject, message.body) for message in found}

    def messages(self):
        """Token -> all members of the message that arrived."""
        return {message.to: json.loads(message.raw) for message in OUTBOX.messages()}

    def contexts(self):
        return {message.to: message.context for message in OUTBOX.messages()}

    @staticmethod
    def service_client():
        """A client of the push service itself."""
        return boto3.client("pinpoint")
