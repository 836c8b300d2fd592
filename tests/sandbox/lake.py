"""A data lake of a million rows in the sandbox: customers in Parquet by region, what they did in CSV."""

from pathlib import Path
from typing import Any

import duckdb

BUCKET = "the-lake"
DATABASE = "lake"
CUSTOMERS = 1_000_000
ACTIONS = 1_000_000
PARQUET = "org.apache.hadoop.hive.ql.io.parquet"
CUSTOMER_COLUMNS = {"customer_id": "bigint", "endpoint_id": "string", "stage": "string", "value": "string"}
ACTION_COLUMNS = {"customer_id": "bigint", "kind": "string", "color": "string", "days_ago": "int"}


def fill(aws: Any, folder: Path) -> None:
    """Makes the bucket, its files and its tables. Customer n has endpoint e{n}; every tenth stands before a renewal."""
    aws("s3").create_bucket(Bucket=BUCKET)
    with duckdb.connect(":memory:") as connection:
        for region, rest in (("north", 0), ("south", 1)):
            connection.execute(
                f"""COPY (SELECT range AS customer_id, 'e' || range AS endpoint_id,
                    CASE WHEN range % 10 = 0 THEN 'Renewal' ELSE 'New' END AS stage,
                    CASE WHEN range % 4 = 0 THEN 'High' ELSE 'Low' END AS value
                    FROM range({CUSTOMERS}) WHERE range % 2 = {rest})
                    TO '{folder}/{region}.parquet' (FORMAT parquet)"""
            )
            key = f"tables/customers/region={region}/part-0.parquet"
            aws("s3").upload_file(str(folder / f"{region}.parquet"), BUCKET, key)
        connection.execute(
            f"""COPY (SELECT range % 1000 AS customer_id, CASE WHEN range % 3 = 0 THEN 'purchase' ELSE 'open' END,
                CASE WHEN range % 5 = 0 THEN 'red' ELSE 'blue, light' END, range % 400
                FROM range({ACTIONS})) TO '{folder}/actions.csv' (FORMAT csv, HEADER true)"""
        )
        aws("s3").upload_file(str(folder / "actions.csv"), BUCKET, "tables/actions/part-0.csv")
    glue = aws("glue")
    glue.create_database(DatabaseInput={"Name": DATABASE})
    formats = {
        "InputFormat": f"{PARQUET}.MapredParquetInputFormat",
        "OutputFormat": f"{PARQUET}.MapredParquetOutputFormat",
        "SerdeInfo": {"SerializationLibrary": f"{PARQUET}.serde.ParquetHiveSerDe"},
    }
    _table(glue, "customers", CUSTOMER_COLUMNS, formats, {"classification": "parquet"}, {"region": "string"})
    formats = {
        "InputFormat": "org.apache.hadoop.mapred.TextInputFormat",
        "OutputFormat": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
        "SerdeInfo": {"SerializationLibrary": "org.apache.hadoop.hive.serde2.OpenCSVSerde"},
    }
    _table(glue, "actions", ACTION_COLUMNS, formats, {"classification": "csv", "skip.header.line.count": "1"}, {})


def _table(
    glue: Any,
    name: str,
    columns: dict[str, str],
    formats: dict[str, Any],
    parameters: dict[str, str],
    keys: dict[str, str],
) -> None:
    glue.create_table(
        DatabaseName=DATABASE,
        TableInput={
            "Name": name,
            "TableType": "EXTERNAL_TABLE",
            "Parameters": parameters,
            "PartitionKeys": [{"Name": key, "Type": kind} for key, kind in keys.items()],
            "StorageDescriptor": {
                "Location": f"s3://{BUCKET}/tables/{name}/",
                "Columns": [{"Name": column, "Type": kind} for column, kind in columns.items()],
                **formats,
            },
        },
    )
