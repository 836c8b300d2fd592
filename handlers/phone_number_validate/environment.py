"""What the functions of this architecture are told by their component."""

from __future__ import annotations

from dataclasses import dataclass

from handlers.shared.environment import flag, required, whole_number


@dataclass(frozen=True)
class ValidateEnvironment:
    """The state machine's task function.

    segment_id: the unverified endpoints. validation_region: whose PhoneNumberValidate is called. country: ISO 3166-1 alpha-2, whose
    numbers those without a country code are, where their endpoint's Location.Country is empty; "" = nobody's. max_concurrent_calls:
    validations that overlap in one process.
    max_chunks: into how many parts, worked off side by side, an export is divided at the most.
    """

    application_id: str
    segment_id: str
    role_arn: str
    bucket: str
    validation_region: str
    country: str
    max_concurrent_calls: int
    max_chunks: int

    @classmethod
    def read(cls) -> ValidateEnvironment:
        return cls(
            application_id=required("APPLICATION_ID"),
            segment_id=required("SEGMENT_ID"),
            role_arn=required("EXPORT_ROLE_ARN"),
            bucket=required("WORK_BUCKET"),
            validation_region=required("VALIDATION_REGION"),
            country=required("DEFAULT_COUNTRY") if flag("ASSUME_US") else "",
            max_concurrent_calls=whole_number("MAX_CONCURRENT_CALLS", minimum=1),
            max_chunks=whole_number("MAX_CHUNKS", minimum=1),
        )


@dataclass(frozen=True)
class SegmentEnvironment:
    """The function that makes the segment of unverified endpoints."""

    application_id: str

    @classmethod
    def read(cls) -> SegmentEnvironment:
        return cls(application_id=required("APPLICATION_ID"))
