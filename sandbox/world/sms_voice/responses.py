"""From requests to the model's operations and back."""

import json
from typing import Any

from moto.core.responses import BaseResponse

from sandbox.world.sms_voice.models import OPERATIONS, SmsVoiceBackend, SmsVoiceError, sms_voice_backends


class SmsVoiceResponse(BaseResponse):
    """Answers pinpoint-sms-voice-v2: every operation takes and returns the members of the service model."""

    def __init__(self) -> None:
        super().__init__(service_name="pinpoint-sms-voice-v2")

    @property
    def backend(self) -> SmsVoiceBackend:
        """The model of this account and region."""
        return sms_voice_backends[self.current_account][self.region]

    def answer(self, operation: str) -> Any:
        """Carries out one operation."""
        try:
            result = self.backend.call(operation, json.loads(self.body or "{}"))
        except SmsVoiceError as error:
            headers = {"status": error.status, "x-amzn-errortype": error.code}
            return error.status, headers, json.dumps(error.body())
        return json.dumps(result)


def _operation(name: str) -> Any:
    def method(self: SmsVoiceResponse) -> Any:
        return self.answer(name)

    return method


for _name, _method in OPERATIONS.items():
    setattr(SmsVoiceResponse, _method, _operation(_name))
