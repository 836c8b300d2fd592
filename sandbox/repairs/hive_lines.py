"""Lines of JSON as Athena's two JSON SerDes read them: what fits becomes a row, what does not fails the query.

Hive's takes an object a line, texts and numbers for texts, and nothing but a number for a number. OpenX's converts more,
makes a row of NULLs of what is no JSON where `ignore.malformed.json` says so, and fails on valid JSON of another shape all
the same. Sources: Trino's JsonDeserializer and OpenXJsonDeserializer (lib/trino-hive-formats), which state that they are
compatible with Hive's and OpenX's.
"""

import gzip
import json
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

OPENX = "org.openx.data.jsonserde.JsonSerDe"
Read = Callable[[Any], Any]
_GZIP = b"\x1f\x8b"
_WHOLE = {"tinyint": 8, "smallint": 16, "int": 32, "integer": 32, "bigint": 64}
_DECIMALS = ("float", "double", "decimal")


class BadLineError(ValueError):
    """A line that fails the query."""


class Number(str):
    """A JSON number, as it is written."""

    __slots__ = ()


def rows(file: Path, columns: Mapping[str, str], serde: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The rows of a file of lines, gzip or plain.

    columns: name -> Hive type. serde: Glue's SerdeInfo. Raises BadLineError.
    """
    parameters = serde.get("Parameters") or {}
    lenient = parameters.get("ignore.malformed.json", "").lower() == "true"
    read = _OpenX(columns, lenient) if serde.get("SerializationLibrary") == OPENX else _Hive(columns)
    with file.open("rb") as raw:
        start = raw.read(len(_GZIP))
        raw.seek(0)
        for line in gzip.GzipFile(fileobj=raw) if start == _GZIP else raw:
            yield read(line.rstrip(b"\r\n"))


def members(inside: str) -> list[str]:
    """The parts between commas that are in no angle brackets or parentheses."""
    found, depth = [""], 0
    for character in inside:
        depth += (character in "<(") - (character in ">)")
        if character == "," and depth == 0:
            found.append("")
        else:
            found[-1] += character
    return found


def _decoded(line: bytes) -> Any:
    try:
        return json.loads(line.decode("utf-8"), parse_int=Number, parse_float=Number, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise BadLineError("HIVE_CURSOR_ERROR: Row is not a valid JSON Object") from error


def _no_constant(name: str) -> Any:
    raise ValueError(name)


def _bad(kind: str, value: Any) -> BadLineError:
    return BadLineError(f"HIVE_BAD_DATA: Error Parsing a column in the table: a JSON {_name(value)} is no {kind}")


def _name(value: Any) -> str:
    if isinstance(value, Number):
        return "number"
    return {str: "text", bool: "boolean", dict: "object", list: "array"}[type(value)]


class _Serde:
    """What both have in common: types, and rows by the names of columns in any case."""

    def __init__(self, columns: Mapping[str, str]) -> None:
        self._columns = {name.lower(): self._reader(kind.strip()) for name, kind in columns.items()}

    def _reader(self, hive: str) -> Read:
        kind, _, rest = hive.partition("<")
        inside = members(rest.removesuffix(">")) if rest else []
        if kind.lower() == "array":
            return self._nullable(self._array(self._reader(inside[0].strip())))
        if kind.lower() == "map":
            return self._nullable(self._map(self._reader(inside[1].strip())))
        if kind.lower() == "struct":
            parts = [member.partition(":") for member in inside]
            return self._nullable(
                self._struct({name.strip().lower(): self._reader(of.strip()) for name, _, of in parts})
            )
        return self._nullable(self._scalar(kind.lower().partition("(")[0]))

    @staticmethod
    def _nullable(read: Read) -> Read:
        return lambda value: None if value is None else read(value)

    def _array(self, read: Read) -> Read:
        raise NotImplementedError

    def _map(self, read: Read) -> Read:
        raise NotImplementedError

    def _struct(self, fields: Mapping[str, Read]) -> Read:
        raise NotImplementedError

    def _scalar(self, kind: str) -> Read:
        raise NotImplementedError


class _Hive(_Serde):
    """org.apache.hive.hcatalog.data.JsonSerDe."""

    def __call__(self, line: bytes) -> dict[str, Any]:
        return self._fields(self._columns, _decoded(line))

    @staticmethod
    def _fields(fields: Mapping[str, Read], value: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise BadLineError("HIVE_CURSOR_ERROR: Invalid JSON: start of object expected")
        row: dict[str, Any] = {}
        for key, entry in value.items():
            name = key.lower()
            if name in fields:
                row[name] = fields[name](entry)
        return row

    def _array(self, read: Read) -> Read:
        def array(value: Any) -> list[Any]:
            if not isinstance(value, list):
                raise _bad("array", value)
            return [read(entry) for entry in value]

        return array

    def _map(self, read: Read) -> Read:
        def mapping(value: Any) -> dict[str, Any]:
            if not isinstance(value, dict):
                raise _bad("map", value)
            return {key: read(entry) for key, entry in value.items()}

        return mapping

    def _struct(self, fields: Mapping[str, Read]) -> Read:
        return lambda value: self._fields(fields, value)

    def _scalar(self, kind: str) -> Read:
        def scalar(value: Any) -> Any:
            if isinstance(value, dict | list):
                raise _bad(kind, value)
            if kind in _WHOLE:
                return _whole(value, kind)
            if kind in _DECIMALS:
                if not isinstance(value, Number) and kind != "decimal":
                    raise _bad(kind, value)
                return _raw(value)
            return _as_text(value).lower() == "true" if kind == "boolean" else _as_text(value)

        return scalar


class _OpenX(_Serde):
    """org.openx.data.jsonserde.JsonSerDe."""

    def __init__(self, columns: Mapping[str, str], lenient: bool) -> None:
        super().__init__(columns)
        self._lenient = lenient

    def __call__(self, line: bytes) -> dict[str, Any]:
        if not line.strip().startswith((b"{", b"[")):
            return {}
        try:
            value = _decoded(line)
        except BadLineError:
            if self._lenient:
                return {}
            raise
        return self._fields(self._columns, value)

    @staticmethod
    def _fields(fields: Mapping[str, Read], value: Any) -> dict[str, Any]:
        if isinstance(value, list):
            return {name: read(entry) for (name, read), entry in zip(fields.items(), value, strict=False)}
        if not isinstance(value, dict):
            if isinstance(value, str) and not value.strip():
                return {}
            raise _bad("object", value)
        lowered = {key.lower(): entry for key, entry in value.items()}
        return {name: read(lowered.get(name)) for name, read in fields.items()}

    def _array(self, read: Read) -> Read:
        def array(value: Any) -> list[Any] | None:
            if value == "":
                return None
            return [read(entry) for entry in value] if isinstance(value, list) else [read(value)]

        return array

    def _map(self, read: Read) -> Read:
        def mapping(value: Any) -> dict[str, Any] | None:
            if isinstance(value, str) and not value.strip():
                return None
            if not isinstance(value, dict):
                raise _bad("map", value)
            return {key: read(entry) for key, entry in value.items()}

        return mapping

    def _struct(self, fields: Mapping[str, Read]) -> Read:
        return lambda value: self._fields(fields, value)

    def _scalar(self, kind: str) -> Read:
        def scalar(value: Any) -> Any:
            if kind in _WHOLE or kind in _DECIMALS:
                if isinstance(value, dict | list):
                    raise _bad(kind, value)
                return _converted(value, kind)
            if kind == "boolean":
                return _as_text(value).lower() == "true"
            return _as_text(value)

        return scalar


def _whole(value: Any, kind: str) -> int:
    """Hive takes the whole part of a number, and no text."""
    if not isinstance(value, Number):
        raise _bad(kind, value)
    number = int(Decimal(value))
    bound = 2 ** (_WHOLE[kind] - 1)
    if not -bound <= number < bound:
        raise BadLineError(f"HIVE_BAD_DATA: Numeric value out of range of {kind}")
    return number


def _converted(value: Any, kind: str) -> Any:
    """OpenX makes a number of a text where it can, else NULL."""
    try:
        number = Decimal(_as_text(value))
    except ArithmeticError:
        return None
    if kind not in _WHOLE:
        return _raw(value)
    bound = 2 ** (_WHOLE[kind] - 1)
    return int(number) if -bound <= number < bound else None


def _raw(value: Any) -> Any:
    return float(value) if isinstance(value, str) else value


def _as_text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return str(value)
    if isinstance(value, dict):
        return (
            "{"
            + ",".join(f"{json.dumps(key, ensure_ascii=False)}:{_as_json(entry)}" for key, entry in value.items())
            + "}"
        )
    return "[" + ",".join(_as_json(entry) for entry in value) + "]"


def _as_json(value: Any) -> str:
    """A member as JSON again, its numbers as they were written."""
    plain = value is None or (isinstance(value, str) and not isinstance(value, Number))
    return json.dumps(value, ensure_ascii=False) if plain else _as_text(value)
