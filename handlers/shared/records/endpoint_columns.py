"""The columns of an import file: which names it may use, and where each one's value belongs in an endpoint."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from handlers.shared.addresses.written import trimmed
from handlers.shared.records.dialect import Dialect, names_of
from handlers.shared.records.errors import FileError, RowError
from handlers.shared.records.numbers import SCIENTIFIC, is_scientific
from handlers.shared.records.reading import Record

CHANNEL_TYPES = (
    "PUSH", "GCM", "APNS", "APNS_SANDBOX", "APNS_VOIP", "APNS_VOIP_SANDBOX", "ADM", "SMS", "VOICE", "EMAIL", "BAIDU",
    "CUSTOM", "IN_APP",
)  # fmt: skip
OPT_OUTS = ("ALL", "NONE")
CHOICES = {"ChannelType": CHANNEL_TYPES, "OptOut": OPT_OUTS}
TOP_LEVEL = ("Id", "Address", "ChannelType", "OptOut", "RequestId", "EffectiveDate")
LOCATION = ("City", "Country", "Latitude", "Longitude", "PostalCode", "Region")
DEMOGRAPHIC = ("AppVersion", "Locale", "Make", "Model", "ModelVersion", "Platform", "PlatformVersion", "Timezone")
COORDINATES = ("Latitude", "Longitude")
USER_ID = "User.UserId"
ADDRESS = "Address"

ALLOWED = (
    f"{', '.join(TOP_LEVEL)}, Attributes.<name>, Metrics.<name>, {USER_ID}, User.UserAttributes.<name>, "
    f"Location.<{'|'.join(LOCATION)}>, Demographic.<{'|'.join(DEMOGRAPHIC)}>"
)

Setter = Callable[[dict[str, Any], str], None]


class Header:
    """What an import file's header may be (handlers/shared/records/dialect.py)."""

    def knows(self, name: str) -> bool:
        return is_known(name)

    def is_complete(self, names: Sequence[str]) -> bool:
        return bool({"Address", "Id", USER_ID} & set(names)) and all(is_known(name) for name in names)


class Columns:
    """A CSV file's header: how its rows become endpoints. Raises FileError where the header is not usable.

    Args:
        names: The header's values.
        dialect: How the file is written.
    """

    def __init__(self, names: Sequence[str], dialect: Dialect | None = None) -> None:
        self.dialect = dialect or Dialect()
        self.names = names_of(names)
        self._width = len(names)
        unknown = [name for name in self.names if not is_known(name)]
        if unknown:
            shown = ", ".join(repr(name[:60]) for name in unknown[:5])
            read = "" if self.dialect.separator == "," else f", read as separated by {self.dialect.separated},"
            raise FileError(f"the header{read} has {_counted(unknown)} {shown}; allowed are {ALLOWED}")
        if "Address" not in self.names and "Id" not in self.names and USER_ID not in self.names:
            raise FileError(
                "the Address column is missing from the header (a file of known endpoints needs Id instead)"
            )
        repeated = sorted({name for name in self.names if self.names.count(name) > 1 and not _is_multi_valued(name)})
        if repeated:
            raise FileError(f"the header repeats {', '.join(repeated)}; only attributes may have several columns")
        if "Address" in self.names and "ChannelType" not in self.names and "Id" not in self.names:
            raise FileError("the ChannelType column is missing from the header")
        self.only_users = self.names == [USER_ID]
        if "Address" not in self.names and "Id" not in self.names and not self.only_users:
            raise FileError(f"the Address column is missing from the header (or leave {USER_ID} as its only column)")
        self._setters = [_setter(name) for name in self.names]

    def endpoint(self, values: list[str]) -> dict[str, Any]:
        """The endpoint that a row describes. An empty value leaves out its field, and so does one that is missing at the
        row's end. Raises RowError."""
        if len(values) != len(self._setters):
            values = self.dialect.fitted(values, len(self._setters), self._width)
        endpoint: dict[str, Any] = {}
        for put, value in zip(self._setters, values, strict=True):
            if value:
                put(endpoint, value)
        self._refuse_scientific(endpoint)
        return endpoint

    def _refuse_scientific(self, endpoint: dict[str, Any]) -> None:
        numbers = ("Id", "Address") if endpoint.get("ChannelType") in ("SMS", "VOICE") else ("Id",)
        for name in numbers:
            if "+" in (value := endpoint.get(name, "")) and is_scientific(value):
                raise RowError(f"{name} {SCIENTIFIC}")
        user = endpoint.get("User")
        if user and is_scientific(user.get("UserId", "")):
            raise RowError(f"{USER_ID} {SCIENTIFIC}")


def csv_columns(header: Record, dialect: Dialect) -> Columns:
    """The columns of a CSV file by its header. Raises FileError."""
    if header.problem:
        raise FileError(f"has a header that {header.problem}")
    return Columns(header.values, dialect)


def is_known(name: str) -> bool:
    """Whether an import file may have a column of this name."""
    group, dot, rest = name.partition(".")
    if not dot:
        return name in TOP_LEVEL
    if group in ("Attributes", "Metrics"):
        return bool(rest)
    if group == "User":
        return rest == "UserId" or (rest.startswith("UserAttributes.") and len(rest) > len("UserAttributes."))
    return rest in {"Location": LOCATION, "Demographic": DEMOGRAPHIC}.get(group, ())


def checked_choice(name: str, value: object, allowed: Sequence[str]) -> str:
    """The value, if it is one of those allowed. Raises RowError that names it and them."""
    if not isinstance(value, str) or value not in allowed:
        raise RowError(f"{name} is {str(value)[:40]!r}; allowed are {', '.join(allowed)}")
    return value


def checked_number(name: str, value: object) -> float:
    """The value as a finite number. Raises RowError."""
    try:
        number = float(value) if isinstance(value, str | int | float) else math.nan
    except (ValueError, OverflowError):  # a JSON number may be longer than a float holds
        number = math.nan
    if not math.isfinite(number) or isinstance(value, bool):
        raise RowError(f"{name} is {str(value)[:40]!r}; allowed is a number")
    return number


def _setter(name: str) -> Setter:
    group, _, rest = name.partition(".")
    if name in CHOICES:
        return lambda endpoint, value: endpoint.__setitem__(name, checked_choice(name, value, CHOICES[name]))
    if not rest:
        return _put_address if name == ADDRESS else lambda endpoint, value: endpoint.__setitem__(name, value)
    if group == "Attributes":
        return lambda endpoint, value: endpoint.setdefault("Attributes", {}).setdefault(rest, []).append(value)
    if group == "Metrics" or rest in COORDINATES:
        return lambda endpoint, value: endpoint.setdefault(group, {}).__setitem__(rest, checked_number(name, value))
    if rest.startswith("UserAttributes."):
        attribute = rest.removeprefix("UserAttributes.")
        return lambda endpoint, value: (
            endpoint.setdefault("User", {}).setdefault("UserAttributes", {}).setdefault(attribute, []).append(value)
        )
    return lambda endpoint, value: endpoint.setdefault(group, {}).__setitem__(rest, value)


def _put_address(endpoint: dict[str, Any], value: str) -> None:
    if address := trimmed(value):
        endpoint[ADDRESS] = address


def _is_multi_valued(name: str) -> bool:
    return name.startswith(("Attributes.", "User.UserAttributes."))


def _counted(unknown: Sequence[str]) -> str:
    return "the unknown column" if len(unknown) == 1 else f"{len(unknown)} unknown columns, among them"
