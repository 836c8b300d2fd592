"""Where the service answers."""

from sandbox.world.sms_voice.responses import SmsVoiceResponse

url_bases = [r"https?://sms-voice\.(.+)\.amazonaws\.com"]

url_paths = {"{0}/$": SmsVoiceResponse.dispatch}
