"""The event database's table and views: what Glue and Athena are told, as plain values."""
