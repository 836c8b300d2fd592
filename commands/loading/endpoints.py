"""Endpoints: rows are checked, gathered to batches of the API's size, and written by calls that overlap."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from typing import Any, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from commands.loading.contents import CSV, Document
from commands.loading.report import Place, Report
from commands.loading.sources import Line, Source
from handlers.engagement.jobs.rows import (
    csv_endpoint,
    decoded,
    earlier_endpoint_id,
    endpoint_id,
    is_user_reference,
    parse_json_row,
)
from handlers.engagement.store.endpoint_rules import STATUSES, merge, problems, record_problems
from handlers.shared.addresses.normal_form import is_normal
from handlers.shared.aws_errors import cause_of, code_of, is_refusal
from handlers.shared.overlapped import overlapped
from handlers.shared.records.dialect import BYTE_ORDER_MARK, NOT_TEXT, dialect_of, sampled
from handlers.shared.records.endpoint_columns import Header, checked_choice, csv_columns
from handlers.shared.records.errors import RowError
from handlers.shared.records.lines import LINE_LIMIT
from handlers.shared.records.quotes import QuoteScan
from handlers.shared.records.reading import read_records

KIND = "endpoints"
BATCH = 100
"""Endpoints of one UpdateEndpointsBatch call. They hold 15 KB each at most, so a batch is below every limit of bytes."""
WAVE = 32 * BATCH
"""Endpoints that are under way at once."""

NOT_FOUND = 404
USELESS = frozenset({"ForbiddenException", "AccessDeniedException", "NotFoundException", "UnrecognizedClientException"})
"""Answers that every other call would get too."""

Endpoint = dict[str, Any]


class Row(NamedTuple):
    """An endpoint that passed all checks that need no call."""

    place: Place
    endpoint: Endpoint


class Endpoints:
    """Writes rows into an application, in waves. Of one endpoint's rows a later one is written after an earlier one.

    client: a Pinpoint client; None checks only. application_id: also makes the ids of rows that have none.
    """

    def __init__(self, client: Any, application_id: str, report: Report) -> None:
        self._client, self._application_id, self._report = client, application_id, report
        self._wave: dict[str, Row] = {}
        self._later: list[Row] = []

    def load(self, source: Source, form: str) -> None:
        """Loads a file of rows. form: CSV or JSON_LINES. Raises FileError, and UNREADABLE after what came before it."""
        try:
            for row in self._rows(source, form):
                self._add(row)
        finally:
            self.flush()

    def add(self, document: Document) -> None:
        """Takes one endpoint of a document; `flush` writes it."""
        row = self._checked(document.place, lambda: _of_object(document.content))
        if row:
            self._add(row)

    def flush(self) -> None:
        """Writes what is left."""
        while self._wave:
            self._write()

    def _rows(self, source: Source, form: str) -> Iterator[Row]:
        if form == CSV:
            yield from self._csv_rows(source)
            return
        for line in source.lines():
            if line.data is not None and not line.data.strip():
                continue
            row = self._checked(Place(source.name, line.number), lambda line=line: _parse_json(_text(line)))
            if row:
                yield row

    def _csv_rows(self, source: Source) -> Iterator[Row]:
        """The file is read twice: where its quotes leave open which lines are rows, nothing of it is loaded."""
        with closing(source.blocks()) as whole:
            sample, blocks = sampled(whole)
            dialect = dialect_of(sample, Header())
            scan = QuoteScan(dialect)
            for block in blocks:
                scan.feed(block)
            scan.close()
        with closing(source.blocks(dialect.start.offset)) as rest:
            records = read_records(rest, dialect, dialect.start)
            columns = csv_columns(next(records), dialect)
            for record in records:
                place = Place(source.name, record.line)
                row = self._checked(place, lambda record=record: csv_endpoint(record, columns))
                if row:
                    yield row

    def _checked(self, place: Place, read: Callable[[], Endpoint]) -> Row | None:
        """The row, or None where it is reported."""
        try:
            endpoint = self._identified(read())
        except RowError as error:
            self._report.problem(place, str(error), KIND)
            return None
        place = place._replace(id=str(endpoint["Id"])[:100])
        user = endpoint.get("User", {}).get("UserAttributes", {})
        wrong = problems(endpoint) or record_problems(merge(None, endpoint, "", ""), user)
        if wrong:
            self._report.problem(place, "; ".join(wrong), KIND)
            return None
        return Row(place, endpoint)

    def _identified(self, endpoint: Endpoint) -> Endpoint:
        """The endpoint with an id. Raises RowError."""
        if is_user_reference(endpoint):
            raise RowError("names a user and no endpoint; needed are Id, or ChannelType and Address")
        if "Id" not in endpoint:
            missing = [name for name in ("ChannelType", "Address") if name not in endpoint]
            if missing:
                raise RowError(f"{' and '.join(missing)} missing (a row without Id needs ChannelType and Address)")
            endpoint["Id"] = endpoint_id(self._application_id, endpoint)
        return endpoint

    def _add(self, row: Row) -> None:
        identity = row.endpoint["Id"].lower()
        if identity in self._wave:
            self._later.append(row)
        else:
            self._wave[identity] = row
        if len(self._wave) == WAVE or len(self._later) == WAVE:
            self._write()

    def _write(self) -> None:
        """Writes the wave; rows whose endpoint was in it make the next one, as far as each is another endpoint's."""
        rows, later = list(self._wave.values()), self._later
        self._wave, self._later = {}, []
        for row in later:
            if self._wave.setdefault(row.endpoint["Id"].lower(), row) is not row:
                self._later.append(row)
        if self._client is None:
            self._report.done(KIND, "checked", len(rows))
            return
        batches = [rows[start : start + BATCH] for start in range(0, len(rows), BATCH)]
        for batch, refused in zip(batches, overlapped(self._update, batches), strict=True):
            if isinstance(refused, ClientError | BotoCoreError):
                raise refused
            for row, reason in refused:
                self._report.problem(row.place, reason, KIND)
            if len(batch) > len(refused):
                self._report.done(KIND, "loaded", len(batch) - len(refused))

    def _update(self, rows: Sequence[Row]) -> list[tuple[Row, str]]:
        """One call; a refused one is halved until the rows that are refused stand alone. Returns these, with the reason."""
        for row in rows:
            try:
                self._keep_earlier_id(row.endpoint)
            except (ClientError, BotoCoreError) as error:
                if isinstance(error, ClientError) and code_of(error) in USELESS:
                    raise
                reason = cause_of(error) if isinstance(error, ClientError) else type(error).__name__
                rest = [other for other in rows if other is not row]
                return [(row, f"{reason}: load the file again"), *(self._update(rest) if rest else [])]
        request = {"Item": [row.endpoint for row in rows]}
        try:
            self._client.update_endpoints_batch(ApplicationId=self._application_id, EndpointBatchRequest=request)
        except ClientError as error:
            if code_of(error) in USELESS:
                raise
            if is_refusal(error) and len(rows) > 1:
                middle = len(rows) // 2
                return self._update(rows[:middle]) + self._update(rows[middle:])
            return [(row, cause_of(error)) for row in rows]
        except BotoCoreError as error:
            return [(row, f"{type(error).__name__}: load the file again") for row in rows]
        return []

    def _keep_earlier_id(self, endpoint: Endpoint) -> None:
        """Gives an endpoint that came without an id the one that an earlier release made for the address as it is written, where there
        is such an endpoint, as an import does: it holds what is known of the person. Raises ClientError."""
        channel_type, address = endpoint.get("ChannelType"), endpoint.get("Address")
        if not channel_type or not address or is_normal(channel_type, address):
            return
        if endpoint["Id"] != endpoint_id(self._application_id, endpoint):
            return
        earlier = earlier_endpoint_id(self._application_id, endpoint)
        try:
            self._client.get_endpoint(ApplicationId=self._application_id, EndpointId=earlier)
        except ClientError as error:
            if error.response.get("ResponseMetadata", {}).get("HTTPStatusCode") != NOT_FOUND:
                raise
        else:
            endpoint["Id"] = earlier


def _text(line: Line) -> str:
    if line.data is None:
        raise RowError(f"is longer than {LINE_LIMIT} bytes")
    text = decoded(line.data.removeprefix(BYTE_ORDER_MARK) if line.number == 1 else line.data)
    if text is None:
        raise RowError(NOT_TEXT)
    return text


def _parse_json(text: str) -> Endpoint:
    """The endpoint of a line. Unlike an import job's, it may be INACTIVE."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return parse_json_row(text)
    return _of_object(value) if isinstance(value, dict) else parse_json_row(text)


def _of_object(value: Mapping[str, Any]) -> Endpoint:
    status = value.get("EndpointStatus")
    rest = {name: member for name, member in value.items() if name != "EndpointStatus"}
    endpoint = parse_json_row(json.dumps(rest))
    if status is not None:
        endpoint["EndpointStatus"] = checked_choice("EndpointStatus", status, STATUSES)
    return endpoint
