"""Lines of JSON as Athena's two JSON SerDes read them: what fits becomes a row, what does not fails the query.

Hive's takes an object a line, texts and numbers for texts, and nothing but a number for a number. OpenX's converts more,
makes a row of NULLs of what is no JSON where `ignore.malformed.json` says so, and fails on valid JSON of another shape all
the same. Sources: Trino's JsonDeserializer and OpenXJsonDeserializer (lib/trino-hive-formats), which state that they are
compatible with Hive's and OpenX's.
"""

import gzip
import json
import re
from codecs import BOM_UTF8
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from sandbox.repairs import hive_values as values
from sandbox.repairs.hive_values import BadLineError, Number, refused

OPENX = "org.openx.data.jsonserde.JsonSerDe"
Read = Callable[[Any], Any]
_GZIP = b"\x1f\x8b"
_PLACE = re.compile(r"_col(\d+)")
_EPOCH = re.compile(r"[+-]?[\d.]+([eE][+-]?\d+)?")
_DOUBLES = ("float", "real", "double")
_TIMES = {"timestamp": values.moment, "date": values.day}


def _no_constant(name: str) -> Any:
    raise ValueError(name)


_DECODER = json.JSONDecoder(parse_int=Number, parse_float=Number, parse_constant=_no_constant)


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
        for at, line in enumerate(gzip.GzipFile(fileobj=raw) if start == _GZIP else raw):
            yield read((line if at else line.removeprefix(BOM_UTF8)).rstrip(b"\r\n"))


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
    """The value that a line begins with; what follows it is not looked at."""
    try:
        return _DECODER.raw_decode(line.decode("utf-8-sig").lstrip())[0]
    except (ValueError, RecursionError) as error:
        raise BadLineError("HIVE_CURSOR_ERROR: Row is not a valid JSON Object") from error


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
        return self._nullable(self._scalar(kind.lower()))

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
        value = _decoded(line)
        if isinstance(value, dict) and len({key.lower() for key in value}) < len(value):
            twice = [name for name in self._columns if sum(name == key.lower() for key in value) > 1]
            if twice:
                raise BadLineError(f"HIVE_CURSOR_ERROR: a line has {', '.join(twice)} more than once")
        return self._fields(self._columns, value)

    @staticmethod
    def _fields(fields: Mapping[str, Read], value: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise BadLineError("HIVE_CURSOR_ERROR: Invalid JSON: start of object expected")
        row: dict[str, Any] = {}
        for key, entry in value.items():
            name = key.lower()
            if name not in fields and (place := _PLACE.fullmatch(name)) and int(place[1]) < len(fields):
                name = list(fields)[int(place[1])]
            if name in fields:
                row[name] = fields[name](entry)
        return row

    def _array(self, read: Read) -> Read:
        def array(value: Any) -> list[Any]:
            if not isinstance(value, list):
                raise refused("array", value)
            return [read(entry) for entry in value]

        return array

    def _map(self, read: Read) -> Read:
        def mapping(value: Any) -> dict[str, Any]:
            if not isinstance(value, dict):
                raise refused("map", value)
            return {key: read(entry) for key, entry in value.items()}

        return mapping

    def _struct(self, fields: Mapping[str, Read]) -> Read:
        return lambda value: self._fields(fields, value)

    def _scalar(self, kind: str) -> Read:
        def scalar(value: Any) -> Any:
            if isinstance(value, dict | list):
                raise refused(kind, value)
            if kind in values.WHOLE:
                return values.whole(value, kind)
            if kind in _DOUBLES:
                if not isinstance(value, Number):
                    raise refused(kind, value)
                return float(value)
            text = values.as_text(value)
            if kind.startswith("decimal"):
                return _decimal(value, kind)
            if kind in _TIMES:
                return self._time(_TIMES[kind](text), kind, value)
            return text.lower() == "true" if kind == "boolean" else text

        return scalar

    @staticmethod
    def _time(read: str | None, kind: str, value: Any) -> str:
        if read is None:
            raise refused(kind, value)
        return read


def _decimal(value: Any, kind: str) -> Any:
    try:
        return _exactly(values.fixed(value, kind))
    except OverflowError as error:
        raise BadLineError(f"HIVE_BAD_DATA: {error}") from error


def _exactly(number: Decimal | None) -> str | None:
    """As a text, which DuckDB reads as a decimal without going by a double."""
    return None if number is None else format(number, "f")


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
            raise refused("object", value)
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
                raise refused("map", value)
            return {key: read(entry) for key, entry in value.items()}

        return mapping

    def _struct(self, fields: Mapping[str, Read]) -> Read:
        return lambda value: self._fields(fields, value)

    def _scalar(self, kind: str) -> Read:
        def scalar(value: Any) -> Any:
            is_text = kind not in (*values.WHOLE, *_DOUBLES, *_TIMES) and not kind.startswith("decimal")
            if isinstance(value, dict | list) and not is_text:
                raise refused(kind, value)
            return _openx_text(value, kind) if is_text else _openx_value(value, kind)

        return scalar


def _openx_text(value: Any, kind: str) -> Any:
    text = values.as_text(_written_anew(value))
    return text.lower() == "true" if kind == "boolean" else text


def _openx_value(value: Any, kind: str) -> Any:
    """What can be converted, else NULL."""
    if kind in values.WHOLE:
        return values.whole_or_none(value, kind)
    if kind in _DOUBLES:
        return values.double_or_none(value)
    if kind in _TIMES:
        if _EPOCH.fullmatch(values.as_text(value)):
            raise BadLineError("the sandbox does not read OpenX's times that are numbers")
        text = values.as_text(value)
        return values.leading_day(text) if kind == "date" else values.moment(values.in_utc(text))
    try:
        return _exactly(values.fixed(value, kind))
    except OverflowError:
        return None


def _written_anew(value: Any) -> Any:
    if isinstance(value, Number):
        return values.written_anew(value)
    if isinstance(value, dict):
        return {key: _written_anew(entry) for key, entry in value.items()}
    return [_written_anew(entry) for entry in value] if isinstance(value, list) else value
