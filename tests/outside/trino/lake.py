"""A data lake for the queries of federated segmentation: JSON lines with nulls, missing members, extreme times, numbers of
every size, and a view."""

import base64
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

DATABASE = "lake"
BUCKET = "the-lake"
HIVE = "org.apache.hive.hcatalog.data.JsonSerDe"
NOW = datetime.now(UTC).replace(tzinfo=None)
RED_SHOES = {"product": "shoes", "color": "red"}
NUMBERS = (0, -0.0, 1e-320, 5e-324, 0.005, 0.125, 1 / 3, 2.675, -2.5, 12345678.9, 1e15)
"""Amounts that a decimal(18, 2) can hold."""
FAR = ("0001-01-01 00:00:00.000", "1969-12-31 23:59:59.999", "9999-12-31 23:59:59.999")


def ago(**span: int) -> str:
    """A time so long ago, as Hive writes it."""
    return (NOW - timedelta(**span)).isoformat(" ", timespec="milliseconds")


def customers() -> list[dict[str, Any]]:
    """Customer n has endpoint en. What is odd about a customer is beside it."""
    found: list[dict[str, Any]] = [
        {"customer_id": n, "endpoint_id": f"e{n}", "stage": "Renewal" if n % 2 else "New", "tags": ["a", None]}
        for n in range(1, 21)
    ]
    return [
        *found,
        {"customer_id": 21, "endpoint_id": 'ü"21,\n', "stage": None, "tags": []},
        {"customer_id": 22, "endpoint_id": None, "stage": "Renewal", "tags": None},
        {"CUSTOMER_ID": 23, "Endpoint_Id": "e23", "stage": "renewal"},
        {"customer_id": -(2**63), "endpoint_id": "", "stage": ""},
        {"customer_id": None, "endpoint_id": "nobody", "stage": "Renewal"},
        {},
    ]


def purchases() -> list[dict[str, Any]]:
    """Customer 1 bought red shoes lately, customer 2 long ago; the others' amounts are of every size."""
    found: list[dict[str, Any]] = [
        {"customer_id": 1, **RED_SHOES, "purchased": ago(days=1), "amount": 12.5},
        {"customer_id": 1, **RED_SHOES, "purchased": ago(days=300), "amount": 1e7},
        {"customer_id": 2, **RED_SHOES, "purchased": ago(days=300), "amount": 0.1},
        {"customer_id": 3, **RED_SHOES, "purchased": ago(days=2)},
        {"customer_id": 4, "product": "hat", "color": None, "purchased": None, "amount": None},
        {"customer_id": None, **RED_SHOES, "purchased": ago(days=1), "amount": 5},
    ]
    found += [{"customer_id": 5 + at, "purchased": time, "amount": 1} for at, time in enumerate(FAR)]
    found += [{"customer_id": 10 + at, "product": "", "amount": amount} for at, amount in enumerate(NUMBERS)]
    return found


def activity() -> list[dict[str, Any]]:
    """Customers 1 and 3 opened 16 mails and looked at shoes; 2 did so long ago."""
    found: list[dict[str, Any]] = []
    for customer, days in ((1, 2), (2, 330), (3, 100)):
        found += [{"customer_id": customer, "kind": "email.open", "happened": ago(days=days)}] * 16
        found.append({"customer_id": customer, "kind": "page.shoes", "happened": ago(hours=days)})
    found += [{"customer_id": 1, "kind": None, "happened": time} for time in (*FAR, None)]
    return found


COLUMNS: Mapping[str, Mapping[str, str]] = {
    "customers": {"customer_id": "bigint", "endpoint_id": "string", "stage": "string", "tags": "array<string>"},
    "some_table": {"customer_id": "bigint", "endpoint_id": "string", "stage": "string", "tags": "array<string>"},
    "purchases": {
        "customer_id": "bigint", "product": "string", "color": "string", "purchased": "timestamp", "amount": "double",
    },
    "activity": {"customer_id": "bigint", "kind": "string", "happened": "timestamp"},
}  # fmt: skip
VIEW = ("the_view", {"endpoint_id": "varchar", "red": "varchar"})
VIEW_TEXT = (
    "SELECT endpoint_id, IF(stage = 'Renewal', 'True', 'False') AS red FROM lake.customers WHERE customer_id > 0"
)


def fill(clients: Any) -> None:
    """Makes the database, its files, its tables and its view."""
    clients("s3").create_bucket(Bucket=BUCKET)
    clients("glue").create_database(DatabaseInput={"Name": DATABASE})
    rows = {"customers": customers(), "some_table": customers(), "purchases": purchases(), "activity": activity()}
    for name, columns in COLUMNS.items():
        lines = [json.dumps(row, ensure_ascii=False) for row in rows[name]]
        table(clients, DATABASE, name, columns, lines)
    name, types = VIEW
    view(clients, name, types, VIEW_TEXT)


def table(
    clients: Any,
    database: str,
    name: str,
    columns: Mapping[str, str],
    lines: Sequence[str],
    serde: Mapping[str, Any] | None = None,
) -> None:
    """A table of one object. serde: Glue's SerdeInfo, Hive's for JSON unless another is given."""
    location = f"{database}/{name}"
    clients("s3").put_object(
        Bucket=BUCKET, Key=f"{location}/part-0", Body="".join(f"{line}\n" for line in lines).encode()
    )
    clients("glue").create_table(
        DatabaseName=database,
        TableInput={
            "Name": name,
            "TableType": "EXTERNAL_TABLE",
            "Parameters": {"classification": "json"},
            "PartitionKeys": [],
            "StorageDescriptor": {
                "Location": f"s3://{BUCKET}/{location}/",
                "Columns": [{"Name": column, "Type": kind} for column, kind in columns.items()],
                "InputFormat": "org.apache.hadoop.mapred.TextInputFormat",
                "OutputFormat": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
                "SerdeInfo": dict(serde or {"SerializationLibrary": HIVE}),
            },
        },
    )


def view(clients: Any, name: str, columns: Mapping[str, str], text: str) -> None:
    """A view as Athena stores it."""
    described = {
        "originalSql": text,
        "catalog": "awsdatacatalog",
        "schema": DATABASE,
        "columns": [{"name": column, "type": kind} for column, kind in columns.items()],
        "owner": "test",
        "runAsInvoker": False,
    }
    encoded = base64.b64encode(json.dumps(described).encode()).decode()
    clients("glue").create_table(
        DatabaseName=DATABASE,
        TableInput={
            "Name": name,
            "TableType": "VIRTUAL_VIEW",
            "Parameters": {"presto_view": "true", "comment": "Presto View"},
            "ViewOriginalText": f"/* Presto View: {encoded} */",
            "ViewExpandedText": "/* Presto View */",
            "StorageDescriptor": {
                "Columns": [{"Name": column, "Type": "string"} for column in columns],
                "SerdeInfo": {"Name": "-", "SerializationLibrary": "-"},
            },
        },
    )
