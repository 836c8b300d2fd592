"""Fixtures of every test that runs a stack's program, and what makes every test faster."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import settings

from stacks import audience, campaigns, content, email, events, everything, foundation, pipeline, sms
from tests import quicker
from tests.recorder import REGION, Recorder, record

quicker.share_models()
quicker.tell_no_places()

# An example that takes long says what else the machine does, not what is wrong.
settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")

ROOT = Path(__file__).parents[1]
WITH_SERVERS = [ROOT / "tests" / part for part in ("sandbox", "engine", "outside")]
"""Their tests start other programs, which have work of their own and need all cores."""
CONFIG = ROOT / "stacks" / "config"
PROGRAMS = {
    "foundation": foundation,
    "audience": audience,
    "campaigns": campaigns,
    "email": email,
    "events": events,
    "content": content,
    "sms": sms,
    "pipeline": pipeline,
    "everything": everything,
}


@pytest.hookimpl(trylast=True)
def pytest_collection_finish(session: pytest.Session) -> None:
    quicker.collect_less()
    if not any(item.path.is_relative_to(part) for item in session.items for part in WITH_SERVERS):
        quicker.take_one_core()


def committed_config(stack: str) -> dict[str, Any]:
    """What Pulumi.<stack>.yaml says, by key."""
    given = yaml.safe_load((CONFIG / f"Pulumi.{stack}.yaml").read_text())["config"]
    return {key.removeprefix("engagement:"): value for key, value in given.items()}


def whole_config(stack: str) -> dict[str, Any]:
    """What Pulumi.<stack>.yaml says, with every architecture, the translation of events, push and the dashboard switched on."""
    config = committed_config(stack)
    for key in getattr(PROGRAMS[stack], "ARCHITECTURES", {}):
        config[key] = {**config.get(key, {}), "enabled": True}
    config["dashboard"] = {"enabled": True}
    if "project" in config:
        more = {"events": {"translation": True}, "push": {"applicationId": "ab" * 16}}
        config["project"] = {**config["project"], **more}
    return config


def run_stack(
    name: str,
    config: dict[str, Any] | None = None,
    stacks: dict[str, Any] | None = None,
    environment: str = "",
    region: str = REGION,
    partition: str = "aws",
    organization: str = "organization",
) -> Recorder:
    """Runs a stack's program, with its committed config unless another is given."""
    return record(
        lambda: PROGRAMS[name].program(environment),
        stack=f"{name}-{environment}" if environment else name,
        config=committed_config(name) if config is None else config,
        stacks=stacks,
        region=region,
        partition=partition,
        organization=organization,
    )


@pytest.fixture(scope="session")
def all_stacks() -> dict[str, Recorder]:
    """Every stack with all that it can have, the later ones on the outputs of the earlier ones."""
    built: dict[str, Recorder] = {}
    for name in PROGRAMS:
        built[name] = run_stack(name, whole_config(name), {up: recorder.outputs for up, recorder in built.items()})
    return built


@pytest.fixture
def push_application_id() -> str:
    """The push application of the engagement service's surroundings; tests of push override it."""
    return ""
