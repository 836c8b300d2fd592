"""AWS End User Messaging (pinpoint-sms-voice-v2) in moto's form."""

from sandbox.world.sms_voice import urls
from sandbox.world.sms_voice.models import sms_voice_backends

__all__ = ["sms_voice_backends", "urls"]
