"""Starts MiniStack with its repairs, run by the embedded AWS's interpreter: `python launch.py`.

The sandbox speaks HTTP on the loopback address. Policies that refuse plain HTTP (`aws:SecureTransport`) would refuse
all; here the loopback link counts as secure, so that everything else in those policies is enforced.
"""
# MiniStack lives in an environment of its own, out of the type checker's sight.
# pyright: reportMissingImports=false

import contextvars
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ministack.core import iam_evaluator
from ministack.services import sns

_ORIGIN: contextvars.ContextVar[tuple[str, bool]] = contextvars.ContextVar("origin", default=("127.0.0.1", True))


def _pin(source_ip: str, secure_transport: bool) -> None:
    _ORIGIN.set((source_ip, True))


iam_evaluator._request_origin = _ORIGIN
iam_evaluator.pin_request_origin = _pin

# A state machine's `sns:publish` carries MessageAttributes as an object; MiniStack reads only the query form of them.
_parse = sns._parse_message_attributes


def _message_attributes(parameters: Mapping[str, Any]) -> dict[str, Any]:
    attributes = parameters.get("MessageAttributes")
    return dict(attributes) if isinstance(attributes, Mapping) else _parse(parameters)


sns._parse_message_attributes = _message_attributes

if __name__ == "__main__":
    # In the place of this file's folder, whose modules must not stand for others of the same name.
    sys.path[0] = str(Path(__file__).resolve().parents[1])

    from ministack.app import main

    from sandbox.repairs import install

    install()
    main()
