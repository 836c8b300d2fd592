"""Stack `everything`: all of it in one stack, wired directly, for small teams and the demo."""

from typing import Any

from components import config
from components.building_blocks import failures
from components.building_blocks.layer import Layer
from components.engagement.project import no_stream
from stacks import audience, campaigns, content, dashboards, email, events, foundation, keys, pipeline, sms

PARTS = (audience, campaigns, email, events, sms, content, pipeline)
ARCHITECTURES = {key: model for part in PARTS for key, model in part.ARCHITECTURES.items()}
MODELS = {**foundation.MODELS, **campaigns.SHARED, **ARCHITECTURES}
EXPORTS = {name: text for part in (foundation, *PARTS) for name, text in part.EXPORTS.items()}

NEEDS = {"importValidateCampaign": ("s3TriggeredImport", "phoneNumberValidate", "campaignCreate")}
"""Architectures that chain others, and which."""


@dashboards.drawn
@failures.listed
async def program(environment: str) -> dict[str, Any]:
    """Exports what EXPORTS describes, of the architectures that are enabled."""
    settings = keys.load(MODELS)
    _check_needs(settings)
    _check_readers(settings)
    campaigns.check(settings)
    hosted = settings["project"].platform == "hosted"
    needs_layer = hosted or any(settings[key].enabled for key in ARCHITECTURES)
    project, exports = foundation.compose(settings["project"], Layer("functions").arn if needs_layer else "")
    exports |= audience.compose(settings, project)
    exports |= campaigns.compose(settings, project)
    exports |= email.compose(settings, project)
    exports |= events.compose(settings, project)
    exports |= content.compose(settings, project.account)
    exports |= sms.compose(settings, project)
    return exports | pipeline.compose(settings, project, exports)


def _check_readers(settings: dict[str, Any]) -> None:
    readers = [key for key in (*audience.READERS, *events.READERS) if settings[key].enabled]
    if settings["project"].events.stream.mode == "none" and readers:
        raise config.problems_error([no_stream(key) for key in readers])


def _check_needs(settings: dict[str, Any]) -> None:
    missing = [
        f"engagement:{needed}.enabled: false, but {key} chains it; allowed: true, or turn {key} off"
        for key, needs in NEEDS.items()
        if settings[key].enabled
        for needed in needs
        if not settings[needed].enabled
    ]
    if missing:
        raise config.problems_error(missing)
