"""Where the service answers."""

from sandbox.world.social_messaging.models import SEND_PATH
from sandbox.world.social_messaging.responses import SocialMessagingResponse

url_bases = [r"https?://social-messaging\.(.+)\.amazonaws\.com"]

url_paths = {f"{{0}}{SEND_PATH}$": SocialMessagingResponse.dispatch}
