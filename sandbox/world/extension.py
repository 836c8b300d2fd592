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

from sandbox.world.numbers import validate

SMS_VOICE = "pinpoint-sms-voice-v2"
VALIDATE_PATHS = (r"{0}/v1/phone/number/validate$", r"{0}/v1/phone/number/validate/$")


def install() -> None:
    """Adds pinpoint-sms-voice-v2, and PhoneNumberValidate to pinpoint. Doing it again changes nothing."""
    module = SMS_VOICE.replace("-", "")
    if f"moto.{module}" in sys.modules:
        return
    package = importlib.import_module("sandbox.world.sms_voice")
    for name in ("models", "responses", "urls"):
        sys.modules[f"moto.{module}.{name}"] = importlib.import_module(f"sandbox.world.sms_voice.{name}")
    sys.modules[f"moto.{module}"] = package
    setattr(package, f"{module}_backends", package.sms_voice_backends)
    backend_index.backend_url_patterns.append((SMS_VOICE, re.compile(package.urls.url_bases[0])))
    for path in VALIDATE_PATHS:
        pinpoint_urls.url_paths[path] = PinpointResponse.dispatch
    PinpointResponse.phone_number_validate = phone_number_validate  # type: ignore[attr-defined] moto has no such method


def phone_number_validate(self: Any) -> ActionResult:
    """PhoneNumberValidate, as a method of moto's pinpoint responses."""
    given = json.loads(self.body or "{}")
    answer = validate(given.get("PhoneNumber", ""), given.get("IsoCountryCode", ""))
    return ActionResult({"NumberValidateResponse": answer})
