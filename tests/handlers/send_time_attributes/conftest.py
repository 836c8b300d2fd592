"""The campaign hook's world, of which this architecture is a part."""

from tests.handlers.campaign_hook.conftest import aws, watch

__all__ = ["aws", "watch"]
