"""How a state machine waits for a job: how often it looks, and when it gives up."""

import math
from typing import Self

import pydantic

from components.building_blocks.notified_flow import POLLS_AT_MOST
from components.config import ConfigModel


class PollingConfig(ConfigModel):
    """Looks every `pollSeconds`, for `timeoutMinutes` at the most; a run that is given up ends in a failure message."""

    poll_seconds: int = pydantic.Field(default=10, ge=1, le=3600, description="Seconds between two looks at the job.")
    timeout_minutes: int = pydantic.Field(
        default=240, ge=1, le=10_080, description="Minutes after which a job that has not ended counts as failed."
    )

    @property
    def max_polls(self) -> int:
        return math.ceil(self.timeout_minutes * 60 / self.poll_seconds)

    @pydantic.model_validator(mode="after")
    def fits_into_a_history(self) -> Self:
        if self.max_polls > POLLS_AT_MOST:
            raise ValueError(
                f"timeoutMinutes {self.timeout_minutes} at pollSeconds {self.poll_seconds} are {self.max_polls} looks; "
                f"allowed: {POLLS_AT_MOST}, which a run's history has room for"
            )
        return self
