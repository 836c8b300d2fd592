"""Requests held to the service model."""

from sandbox.world.sms_voice.faults import Parameters, SmsVoiceError
from sandbox.world.validation import problems

MODEL = "pinpoint-sms-voice-v2"


def check(operation: str, parameters: Parameters) -> None:
    """Raises SmsVoiceError (ValidationException) naming every member that the model refuses."""
    found = problems(MODEL, operation, parameters)
    if found:
        raise SmsVoiceError(
            "ValidationException",
            "; ".join(said for _, said in found),
            Reason="FIELD_VALIDATION_FAILED",
            Fields=[{"Name": name, "Message": said} for name, said in found],
        )
