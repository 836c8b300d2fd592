"""What the functions of this architecture are told by their component."""

from __future__ import annotations

from dataclasses import dataclass

from handlers.shared.environment import Environment, variable


@dataclass(frozen=True, kw_only=True)
class ValidateEnvironment(Environment):
    """The state machine's task function.

    segment_id: the unverified endpoints. validation_region: whose PhoneNumberValidate is called. default_country: ISO 3166-1 alpha-2, whose
    numbers those without a country code are, where their endpoint's Location.Country is empty and assume_us is true. max_concurrent_calls:
    validations that overlap in one process.
    max_chunks: into how many parts, worked off side by side, an export is divided at the most.
    """

    application_id: str
    segment_id: str
    role_arn: str = variable("EXPORT_ROLE_ARN")
    bucket: str = variable("WORK_BUCKET")
    validation_region: str
    default_country: str
    assume_us: bool
    max_concurrent_calls: int = variable(minimum=1)
    max_chunks: int = variable(minimum=1)

    @property
    def country(self) -> str:
        """Whose numbers those without a country code are; "" = nobody's."""
        return self.default_country if self.assume_us else ""


@dataclass(frozen=True, kw_only=True)
class SegmentEnvironment(Environment):
    """The function that makes the segment of unverified endpoints."""

    application_id: str
