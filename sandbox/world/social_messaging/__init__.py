"""AWS End User Messaging Social (socialmessaging) in moto's form: WhatsApp messages."""

from sandbox.world.social_messaging import urls
from sandbox.world.social_messaging.models import social_messaging_backends

__all__ = ["social_messaging_backends", "urls"]
