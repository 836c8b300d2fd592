"""Makes moto know the services that the world adds to it."""

import importlib
import json
import re
import sys
from typing import Any

from moto import backend_index
from moto.core.responses import ActionResult
from moto.pinpoint import urls as pinpoint_urls
from moto.pinpoint.responses import PinpointResponse

from sandbox.world import connect, push
from sandbox.world.numbers import validate

ADDED = {
    "pinpoint-sms-voice-v2": (f"{__package__}.sms_voice", "sms_voice_backends"),
    "socialmessaging": (f"{__package__}.social_messaging", "social_messaging_backends"),
}
"""Services that moto lacks: where they are made, and the name of their backends there."""
VALIDATE_PATHS = (r"{0}/v1/phone/number/validate$", r"{0}/v1/phone/number/validate/$")


def install() -> None:
    """Adds the services of `ADDED`, PhoneNumberValidate and push messages to pinpoint, and outbound calls to connect.

    Doing it again changes nothing.
    """
    if "moto.socialmessaging" in sys.modules:
        return
    for service, (package, backends) in ADDED.items():
        _add(service, package, backends)
    connect.install()
    push.install()
    for path in VALIDATE_PATHS:
        pinpoint_urls.url_paths[path] = PinpointResponse.dispatch
    PinpointResponse.phone_number_validate = phone_number_validate  # type: ignore[attr-defined] moto has no such method


def _add(service: str, package: str, backends: str) -> None:
    name = service.replace("-", "")
    made = importlib.import_module(package)
    for part in ("models", "responses", "urls"):
        sys.modules[f"moto.{name}.{part}"] = importlib.import_module(f"{package}.{part}")
    sys.modules[f"moto.{name}"] = made
    setattr(made, f"{name}_backends", getattr(made, backends))
    backend_index.backend_url_patterns.append((service, re.compile(made.urls.url_bases[0])))


def phone_number_validate(self: Any) -> ActionResult:
    """PhoneNumberValidate, as a method of moto's pinpoint responses."""
    given = json.loads(self.body or "{}")
    answer = validate(given.get("PhoneNumber", ""), given.get("IsoCountryCode", ""))
    return ActionResult({"NumberValidateResponse": answer})
