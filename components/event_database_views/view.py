"""A view: columns over the events of one type, as Trino SQL and as the Glue catalog keeps views of Athena.

SQL here obeys three rules that a test checks: maps are read by `element_at` (a subscript fails on a missing key),
whatever can fail on bad data stands in TRY or is TRY_CAST, and both sides of map_concat are coalesced (NULL in, NULL out).
"""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass

from components.event_database_views.table import PARTITION, TABLE

VARCHAR = "varchar"
TIMESTAMP = "timestamp(3)"
INSTANT = "timestamp(3) with time zone"
TAGS = "map(varchar, varchar)"
METRICS = "map(varchar, double)"
TEXTS = "array(varchar)"

HIVE_TYPES = {
    VARCHAR: "string",
    TIMESTAMP: "timestamp",
    INSTANT: "timestamp",
    TAGS: "map<string,string>",
    METRICS: "map<string,double>",
    TEXTS: "array<string>",
    "double": "double",
    "integer": "int",
    "bigint": "bigint",
}


@dataclass(frozen=True)
class Column:
    """A column: its name, the Trino expression that makes it, and the Trino type of that expression."""

    name: str
    expression: str
    type: str = VARCHAR

    @property
    def hive_type(self) -> str:
        return HIVE_TYPES[self.type]


@dataclass(frozen=True)
class View:
    """A view over the events that `condition` selects. unnest: an array of arrays, one row for each, as `element`."""

    name: str
    condition: str
    columns: Sequence[Column]
    unnest: str = ""

    def sql(self) -> str:
        """The SELECT. A copy of an event, delivered again within the hour, is left out.

        The hour is among the keys of the window, so that a filter by ingest_timestamp still reaches the partitions.
        """
        columns = ",\n  ".join(f"{column.expression} AS {column.name}" for column in self.columns)
        unnest = f"\nLEFT JOIN UNNEST({self.unnest}) AS recipients (element) ON TRUE" if self.unnest else ""
        return (
            f"SELECT\n  {columns}\nFROM (\n"  # noqa: S608 all of it is written in this package
            f"  SELECT *, row_number() OVER (PARTITION BY event_id, {PARTITION}) AS copy_number\n"
            f"  FROM {TABLE}\n  WHERE {self.condition}\n) AS events{unnest}\n"
            "WHERE copy_number = 1 OR event_id IS NULL"
        )

    def original_text(self, database: str) -> str:
        """What Athena reads the view from: Glue's ViewOriginalText."""
        definition = {
            "originalSql": self.sql(),
            "catalog": "awsdatacatalog",
            "schema": database,
            "columns": [{"name": column.name, "type": column.type} for column in self.columns],
        }
        return f"/* Presto View: {base64.b64encode(json.dumps(definition).encode()).decode()} */"


EXPANDED_TEXT = "/* Presto View */"
PARAMETERS = {"presto_view": "true", "comment": "Presto View"}
"""By these Athena and Trino tell a view from a table. A description of the Glue table would stand in the comment's place."""
OWNER = "hadoop"
"""Whom Athena names as owner; open Trino refuses a view that has none."""
NO_SERDE = "-"
"""Athena refuses a view whose storage has no SerDe, and the Pulumi provider sends none that is empty: this one is never
used. Source: hashicorp/terraform-provider-aws#28517."""


FIRST_MILLISECOND = -62_135_596_800_000
LAST_MILLISECOND = 253_402_300_799_999
"""0001-01-01 to 9999-12-31: the years that every client of Athena can read."""


def instant(milliseconds: str) -> str:
    """An expression for the instant of epoch milliseconds, milliseconds kept; NULL outside of the years 1 to 9999.

    from_unixtime alone fails on nanoseconds and on Infinity, and makes 1970 of NaN.
    """
    return (
        f"CASE WHEN {milliseconds} BETWEEN {FIRST_MILLISECOND} AND {LAST_MILLISECOND} "
        f"THEN from_unixtime({milliseconds} / 1e3) END"
    )


def json_texts(json_text: str) -> str:
    """An expression for the members of a JSON object as texts: one that is nested stays JSON, one that is null is left
    out. NULL where there is no JSON object. (A cast to map(varchar, varchar) fails on the first nested value.)"""
    members = f"CAST(json_parse({json_text}) AS map(varchar, json))"
    given = f"map_filter({members}, (name, member) -> json_format(member) <> 'null')"
    text = "coalesce(json_extract_scalar(member, '$'), json_format(member))"
    return f"TRY(transform_values({given}, (name, member) -> {text}))"


def attribute(key: str, column: str = "attributes") -> str:
    """An expression for the value of a key of a map, NULL where the key is missing."""
    return f"element_at({column}, '{key}')"


INGESTED = Column("ingest_timestamp", f"date_parse({PARTITION}, '%Y/%m/%d/%H')", TIMESTAMP)
EVENT_TIME = Column("event_timestamp", instant("event_timestamp"), INSTANT)
ARRIVAL_TIME = Column("arrival_timestamp", instant("arrival_timestamp"), INSTANT)
APPLICATION = Column("application_id", "application.app_id")
ENDPOINT = Column("endpoint_id", "client.client_id")
ACCOUNT = Column("aws_account_id", "awsaccountid")
LEADING = (
    EVENT_TIME,
    ARRIVAL_TIME,
    APPLICATION,
    ENDPOINT,
    Column("pinpoint_campaign_id", attribute("campaign_id")),
    Column("pinpoint_treatment_id", attribute("treatment_id")),
    ACCOUNT,
)
"""The columns that open every view except journey_send."""
MERGED_TAGS = Column(
    "message_tags", "map_concat(coalesce(client_context.custom, MAP()), coalesce(attributes, MAP()))", TAGS
)
"""The message's tags and the event's attributes; on equal keys the attributes win."""
