"""The data lake of the demo: one table of customers, in CSV, in Glue and S3."""

from collections.abc import Sequence

from sandbox.deployer.clients import Clients

BUCKET = "example-lake"
DATABASE = "lake"
TABLE = "customers"
COLUMNS = {"endpoint_id": "string", "stage": "string", "offer": "string"}


def fill(aws: Clients, rows: Sequence[Sequence[str]]) -> None:
    """Makes bucket, database and table where they are not there yet, and the table hold these rows alone."""
    s3, glue = aws("s3"), aws("glue")
    if BUCKET not in {bucket["Name"] for bucket in s3.list_buckets()["Buckets"]}:
        s3.create_bucket(Bucket=BUCKET)
    if DATABASE not in {database["Name"] for database in glue.get_databases()["DatabaseList"]}:
        glue.create_database(DatabaseInput={"Name": DATABASE})
    if TABLE not in {table["Name"] for table in glue.get_tables(DatabaseName=DATABASE)["TableList"]}:
        glue.create_table(DatabaseName=DATABASE, TableInput=_table())
    lines = [",".join(row) for row in (list(COLUMNS), *rows)]
    s3.put_object(Bucket=BUCKET, Key=f"tables/{TABLE}/customers.csv", Body="\n".join(lines).encode())


def _table() -> dict[str, object]:
    hadoop = "org.apache.hadoop"
    return {
        "Name": TABLE,
        "TableType": "EXTERNAL_TABLE",
        "Parameters": {"classification": "csv", "skip.header.line.count": "1"},
        "StorageDescriptor": {
            "Location": f"s3://{BUCKET}/tables/{TABLE}/",
            "Columns": [{"Name": column, "Type": kind} for column, kind in COLUMNS.items()],
            "InputFormat": f"{hadoop}.mapred.TextInputFormat",
            "OutputFormat": f"{hadoop}.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
            "SerdeInfo": {"SerializationLibrary": f"{hadoop}.hive.serde2.OpenCSVSerde"},
        },
    }
