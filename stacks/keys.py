"""Reads a stack's config, begins its guardrails, and knows whose the other stacks' keys are."""

import importlib
from collections.abc import Mapping
from typing import Any

from components import config
from components.building_blocks import guardrails
from components.building_blocks.account import Account
from components.building_blocks.dashboard import DashboardConfig
from components.building_blocks.guardrails_config import GuardrailsConfig
from stacks import dashboards

STACKS = ("foundation", "audience", "campaigns", "email", "events", "sms", "content", "pipeline", "everything")


GUARDRAILS = "guardrails"
DASHBOARD = "dashboard"
OF_EVERY_STACK: Mapping[str, type[config.ConfigModel]] = {GUARDRAILS: GuardrailsConfig, DASHBOARD: DashboardConfig}


def load(models: Mapping[str, type[config.ConfigModel]]) -> dict[str, Any]:
    """As `config.load`; a key that another stack has is told with that stack's name. The guardrails hold from then on,
    and the dashboard is drawn when the program ends."""
    settings = config.load(models, owners)
    asked: GuardrailsConfig = settings[GUARDRAILS]
    guardrails.apply(asked)
    dashboards.ask(settings[DASHBOARD])
    if asked != GuardrailsConfig():
        guardrails.check(asked, Account.current())
    return settings


def owners(key: str) -> list[str]:
    """The stacks that have a key."""
    return [stack for stack in STACKS if key in importlib.import_module(f"{__package__}.{stack}").MODELS]
