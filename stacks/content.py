"""Stack `content`: files that everybody may read, for emails and landing pages. Needs no other stack."""

from collections.abc import Mapping
from typing import Any

from components.building_blocks.account import Account
from components.simple_cms import SimpleCms, SimpleCmsArgs, SimpleCmsConfig
from stacks import dashboards, keys

ARCHITECTURES = {"simpleCms": SimpleCmsConfig}
MODELS = {**keys.OF_EVERY_STACK, **ARCHITECTURES}

EXPORTS = SimpleCms.exported()


def compose(settings: Mapping[str, Any], account: Account) -> dict[str, Any]:
    """Makes the architectures that are enabled; returns their exports."""
    if not settings["simpleCms"].enabled:
        return {}
    return SimpleCms("simple-cms", SimpleCmsArgs(config=settings["simpleCms"], account=account)).exports()


@dashboards.drawn
async def program(environment: str) -> dict[str, Any]:
    """Exports what EXPORTS describes, of the architectures that are enabled."""
    settings = keys.load(MODELS)
    return compose(settings, Account.current()) if settings["simpleCms"].enabled else {}
