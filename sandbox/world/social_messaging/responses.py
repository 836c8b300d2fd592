"""From requests to the model and back."""

import json
from typing import Any

from moto.core.responses import BaseResponse

from sandbox.world.faults import ServiceError
from sandbox.world.social_messaging.models import social_messaging_backends


class SocialMessagingResponse(BaseResponse):
    """Answers socialmessaging."""

    def __init__(self) -> None:
        super().__init__(service_name="socialmessaging")

    def send_whats_app_message(self) -> Any:
        """SendWhatsAppMessage."""
        backend = social_messaging_backends[self.current_account][self.region]
        try:
            return json.dumps(backend.send(json.loads(self.body or "{}")))
        except ServiceError as error:
            return error.status, {"status": error.status, "x-amzn-errortype": error.code}, json.dumps(error.body())
