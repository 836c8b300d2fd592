"""What a deployment is asked to do."""

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Order:
    """What to do. project: the name that the program's Pulumi.yaml says. stacks: folder of the states. config: Pulumi config values as strings (JSON for objects)."""

    action: str
    stack: str
    program: str
    project: str
    stacks: str
    endpoint: str
    region: str
    access_key_id: str
    secret_access_key: str
    endpoints: dict[str, str] = field(default_factory=dict)
    config: dict[str, str] = field(default_factory=dict)

    @property
    def state_path(self) -> Path:
        return Path(self.stacks) / f"{self.stack}.json"
