"""The table `all_events`: one row an event, as the delivery's function writes it.

Columns, types and order are those of the Digital User Engagement Events Database v1.0.0, with `failure` (why an email
could not be rendered) as the last member of `mail_event`, then three of ours: `event_id` (the same for copies of one event), `metric_values` (every metric, not the price alone) and `raw` (the whole
event as it arrived, so that no field of anybody's own events is lost). The partition is the UTC hour of delivery.
"""

TABLE = "all_events"
PARTITION = "ingest_hour"
PARTITION_FORMAT = "yyyy/MM/dd/HH"
EVENTS = "events/"

MAIL = (
    "struct<message_id:string,message_send_timestamp:bigint,from_address:string,destination:array<string>,"
    "headers_truncated:boolean,headers:array<map<string,string>>,"
    "common_headers:struct<from:string,to:array<string>,subject:string>>"
)
MAIL_EVENT = (
    f"struct<mail:{MAIL},send:map<string,string>,"
    "delivery:struct<smtp_response:string,reporting_mta:string,recipients:array<string>,processing_time_millis:int>,"
    "open:struct<ip_address:string,user_agent:string>,"
    "click:struct<ip_address:string,user_agent:string,link:string,"
    "link_tags:struct<unsubscribelinktag:array<string>>>,"
    "reject:struct<reason:string>,"
    "complaint:struct<complained_recipients:array<struct<email_address:string>>,feedback_id:string,"
    "user_agent:string,complaint_feedback_type:string>,"
    "bounce:struct<bounce_type:string,bounce_sub_type:string,"
    "bounced_recipients:array<struct<email_address:string,action:string,status:string,diagnostic_code:string>>,"
    "feedback_id:string,reporting_mta:string>,"
    "failure:struct<error_message:string,template_name:string>>"
)
EVENT_COLUMNS: dict[str, str] = {
    "event_type": "string",
    "event_timestamp": "bigint",
    "arrival_timestamp": "bigint",
    "event_version": "string",
    "application": "struct<app_id:string,sdk:map<string,string>>",
    "client": "struct<client_id:string,cognito_id:string>",
    "device": "struct<platform:map<string,string>>",
    "session": "map<string,string>",
    "attributes": "map<string,string>",
    "client_context": "struct<custom:map<string,string>>",
    "awsaccountid": "string",
    "facets": f"struct<email_channel:struct<mail_event:{MAIL_EVENT}>>",
    "metrics": "struct<price_in_millicents_usd:double>",
}
"""Read from the event's member of the same name (in any case)."""
ADDED_COLUMNS: dict[str, str] = {"event_id": "string", "metric_values": "map<string,double>", "raw": "string"}
COLUMNS: dict[str, str] = {**EVENT_COLUMNS, **ADDED_COLUMNS}

FORMAT: dict[str, str] = {
    "input": "org.apache.hadoop.mapred.TextInputFormat",
    "output": "org.apache.hadoop.hive.ql.io.IgnoreKeyTextOutputFormat",
    "serde": "org.apache.hive.hcatalog.data.JsonSerDe",
}
"""Hive's JSON SerDe, which finds columns in any case and leaves keys of maps as they are. Amazon Athena User Guide, "OpenX
JSON SerDe": with that one "the number of results and their values can be non-deterministic", to be avoided by Hive's.
A line that does not fit the columns fails every query that reads it, with either: only the function writes `events/`.
"""
SERDE_PARAMETERS: dict[str, str] = {"serialization.format": "1"}


def parameters(location: str, first_hour: str) -> dict[str, str]:
    """The table's parameters: partitions follow from the clock, none is ever registered.

    location: `s3://BUCKET/events/`. first_hour: start of the range, a time in the partition's format or `NOW-90DAYS`.
    Source: Amazon Athena User Guide, "Supported types for partition projection".
    """
    return {
        "EXTERNAL": "TRUE",
        "classification": "json",
        "projection.enabled": "true",
        f"projection.{PARTITION}.type": "date",
        f"projection.{PARTITION}.format": PARTITION_FORMAT,
        f"projection.{PARTITION}.interval": "1",
        f"projection.{PARTITION}.interval.unit": "HOURS",
        f"projection.{PARTITION}.range": f"{first_hour},NOW",
        "storage.location.template": f"{location}${{{PARTITION}}}/",
    }
