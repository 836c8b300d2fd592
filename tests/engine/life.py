"""The whole life of every stack under Pulumi's engine, lived once; the tests are about what happened in it."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from sandbox.demos import clients
from tests.conftest import PROGRAMS, whole_config
from tests.engine.engine import Done, Engine
from tests.engine.inventory import inventory

WHOLE = "everything"
"""The stack of those who want but one: after the others are gone."""
ORDER = [name for name in PROGRAMS if name != WHOLE]
ON_FOUNDATION = [name for name in ORDER if name not in ("foundation", "pipeline")]
ARCHITECTURES = {key: stack for stack in ORDER for key in getattr(PROGRAMS[stack], "ARCHITECTURES", {})}
"""The stack of each architecture."""
TAKEN = "due_eventdb"
STRANGER = "arn:aws:lambda:us-east-1:000000000000:function:stranger"
SECRET = "hush-hush-hush"

CHANGES: dict[str, dict[str, Any]] = {
    "project": {"hosted": {"concurrency": 5, "retainData": False}},
    "s3TriggeredImport": {"prefix": "incoming/"},
    "phoneNumberValidate": {"assumeUs": False},
    "eventBasedSegmentation": {"memoryDays": 30},
    "federatedSegmentation": {"resultDays": 14},
    "campaignCreate": {"timeoutMinutes": 120},
    "sendTimeAttributes": {"seconds": 2},
    "externalTemplates": {"defaultLanguage": "de"},
    "connectChannel": {"callsPerSecond": 40},
    "whatsAppChannel": {"template": {"name": "order_update", "parameters": ["{{Message}}"]}},
    "sesEventProcessing": {"overwriteExisting": True},
    "sesAutoReply": {"quietHours": 12},
    "pinpointEventProcessing": {"bufferSeconds": 120},
    "eventDatabase": {"resultDays": 14},
    "messageArchiver": {"prefix": "kept/"},
    "simpleCms": {"cacheSeconds": 60},
    "selfManagedOptOuts": {"memoryDays": 30},
    "smsS3Drop": {"prefix": "drop/"},
    "importValidateCampaign": {"smsTemplateName": "hello"},
}
"""A change of config for each architecture, by its key."""


def changed_config(stack: str) -> dict[str, Any]:
    """The stack's whole config with all changes that are its."""
    config = whole_config(stack)
    return {key: {**value, **CHANGES.get(key, {})} for key, value in config.items()}


def without(config: dict[str, Any], keys: Iterable[str]) -> dict[str, Any]:
    """The config with these architectures off."""
    return config | {key: {**config[key], "enabled": False} for key in keys if key in config}


@dataclass
class Life:
    """What happened, by phase and stack (or architecture)."""

    engine: Engine
    done: dict[str, dict[str, Done]] = field(default_factory=dict)
    before: dict[str, set[str]] = field(default_factory=dict)
    after: dict[str, set[str]] = field(default_factory=dict)
    states: dict[str, str] = field(default_factory=dict)

    def live(self) -> None:
        """All phases, in their order."""
        engine = self.engine
        self.before = inventory(engine.aws)
        for stack in ORDER:
            engine.configure(stack, whole_config(stack))
        engine.pulumi("config", "set", "--secret", "aws:secretKey", SECRET, "--stack", "foundation")
        self._first()
        self._each("again", ORDER, engine.unchanged)
        self._each("and again", ORDER, lambda stack: engine.preview(stack, "--expect-no-changes"))
        for stack in ORDER:
            engine.configure(stack, changed_config(stack))
        self._in_order("changed", self._up)
        self.states = {stack: engine.state(stack) for stack in ORDER}
        self._toggles()
        self._each("destroyed", ["pipeline"], engine.destroy)
        self._each("destroyed", reversed(ON_FOUNDATION), engine.destroy)
        self._each("destroyed", ["foundation"], engine.destroy)
        self._whole()
        self.after = inventory(engine.aws)

    def _first(self) -> None:
        """The database of one stack is somebody else's at first."""
        glue = self.engine.aws("glue")
        glue.create_database(DatabaseInput={"Name": TAKEN})
        self._in_order("first", self._preview_and_up)
        self.done["half"] = {"events": self.done["first"]["events"]}
        glue.delete_database(Name=TAKEN)
        self.done["first"]["events"] = self._up("events")

    def _preview_and_up(self, stack: str) -> Done:
        self.done.setdefault("previewed", {})[stack] = self.engine.preview(stack)
        return self.engine.up(stack, "--skip-preview", shortcuts=stack == WHOLE)

    def _up(self, stack: str) -> Done:
        return self.engine.up(stack, "--skip-preview")

    def _toggles(self) -> None:
        some = [stack for stack in reversed(ORDER) if stack != "foundation"]
        self.done["off"] = {}
        self._each("all off", some, self._switch_off)
        for stack in ORDER:
            self.engine.configure(stack, changed_config(stack))
        self._stranger()
        self._in_order("on", self._up)

    def _switch_off(self, stack: str) -> Done:
        """One after the other in previews, then all of them."""
        keys = [key for key, owner in ARCHITECTURES.items() if owner == stack]
        for key in keys:
            self.engine.configure(stack, without(changed_config(stack), [key]))
            self.done["off"][key] = self.engine.preview(stack)
        self.engine.configure(stack, without(changed_config(stack), keys))
        return self._up(stack)

    def _stranger(self) -> None:
        """Somebody else's campaign hook is there when the stack wants to set its own."""
        outputs = self.engine.outputs("foundation")
        pinpoint = clients.engagement_client(self.engine.servers, outputs["endpointUrl"])
        hook: dict[str, str]
        for hook in ({"LambdaFunctionName": STRANGER, "Mode": "FILTER"}, {}):
            pinpoint.update_application_settings(
                ApplicationId=outputs["applicationId"], WriteApplicationSettingsRequest={"CampaignHook": hook}
            )
            if hook:
                self.done["stranger"] = {"campaigns": self._up("campaigns")}

    def _whole(self) -> None:
        self.engine.configure(WHOLE, whole_config(WHOLE))
        self._each("first", [WHOLE], self._preview_and_up)
        self._each("again", [WHOLE], self.engine.unchanged)
        self._each("and again", [WHOLE], lambda stack: self.engine.preview(stack, "--expect-no-changes"))
        self._each("destroyed", [WHOLE], self.engine.destroy)

    def _in_order(self, phase: str, act: Callable[[str], Done]) -> None:
        self._each(phase, ["foundation"], act)
        self._each(phase, ON_FOUNDATION, act)
        self._each(phase, ["pipeline"], act)

    def _each(self, phase: str, stacks: Iterable[str], act: Callable[[str], Done]) -> None:
        """Two at a time: most of an engine's time it waits for others."""
        stacks = list(stacks)
        with ThreadPoolExecutor(2) as pool:
            self.done.setdefault(phase, {}).update(zip(stacks, pool.map(act, stacks), strict=True))
