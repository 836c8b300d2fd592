"""How fast origination identities may send, as a person configures it."""

import json

import pydantic

from components.config import ConfigModel

IDENTITY = r"\+[1-9][0-9]{6,14}|[0-9]{3,8}|[A-Za-z0-9_-]{1,11}"


class NumberRateConfig(ConfigModel):
    """The rate of one origination identity."""

    number: str = pydantic.Field(
        pattern=f"^({IDENTITY})$",
        description="A phone number (+12065550100), short code or sender id, as messages name it.",
    )
    per_second: int = pydantic.Field(ge=1, le=1000, description="Message parts a second.")


class RatesConfig(ConfigModel):
    """Message parts a second, by the type of the origination identity."""

    long_code: int = pydantic.Field(default=1, ge=1, le=1000, description="Of a long code, and of what is not known.")
    toll_free: int = pydantic.Field(default=3, ge=1, le=1000, description="Of a toll-free number.")
    ten_dlc: int = pydantic.Field(default=10, ge=1, le=1000, description="Of a 10DLC number: what its campaign allows.")
    short_code: int = pydantic.Field(default=100, ge=1, le=1000, description="Of a short code: what it was leased for.")
    sender_id: int = pydantic.Field(default=10, ge=1, le=1000, description="Of a sender id.")
    numbers: tuple[NumberRateConfig, ...] = pydantic.Field(
        default=(), description="Rates of single numbers, which overrule those of their types."
    )

    @pydantic.field_validator("numbers")
    @classmethod
    def each_number_once(cls, numbers: tuple[NumberRateConfig, ...]) -> tuple[NumberRateConfig, ...]:
        names = [entry.number for entry in numbers]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"{', '.join(twice)} has more than one rate; allowed is one")
        return numbers

    def as_json(self) -> str:
        """As functions read it (handlers/shared/origination_rates.py)."""
        types = {
            "LONG_CODE": self.long_code,
            "TOLL_FREE": self.toll_free,
            "TEN_DLC": self.ten_dlc,
            "SHORT_CODE": self.short_code,
            "SENDER_ID": self.sender_id,
        }
        return json.dumps({"types": types, "numbers": {entry.number: entry.per_second for entry in self.numbers}})
