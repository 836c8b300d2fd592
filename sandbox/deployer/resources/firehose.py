"""Firehose delivery streams to S3."""

import time
from typing import Any

from sandbox.deployer.clients import Clients
from sandbox.deployer.resource import Created, Inputs, Outputs, Resource, pascal, tag_list, unless_gone, update_tags

DESTINATION = "extended_s3"
SPECIAL = {
    "roleArn": "RoleARN",
    "bucketArn": "BucketARN",
    "kinesisStreamArn": "KinesisStreamARN",
    "kmsKeyArn": "AWSKMSKeyARN",
    "cloudwatchLoggingOptions": "CloudWatchLoggingOptions",
    "customTimeZone": "CustomTimeZone",
}
S3_INPUTS = frozenset(
    (
        "roleArn",
        "bucketArn",
        "prefix",
        "errorOutputPrefix",
        "bufferingSize",
        "bufferingInterval",
        "compressionFormat",
        "cloudwatchLoggingOptions",
        "processingConfiguration",
        "fileExtension",
        "customTimeZone",
        "s3BackupMode",
    )
)
READY_SECONDS = 30


def _s3(given: Inputs) -> dict[str, Any]:
    """The destination in the API's form. Raises ValueError for what the sandbox does not carry out."""
    if unknown := sorted(set(given) - S3_INPUTS):
        raise ValueError(
            f"the sandbox does not know extendedS3Configuration's {unknown} (it knows {sorted(S3_INPUTS)})"
        )
    hints = {"SizeInMBs": int(given.get("bufferingSize") or 5)}
    hints["IntervalInSeconds"] = int(given.get("bufferingInterval") or 300)
    plain = {name: value for name, value in given.items() if name not in ("bufferingSize", "bufferingInterval")}
    return {**pascal(plain, SPECIAL), "BufferingHints": hints}


class FirehoseDeliveryStream(Resource):
    pulumi_type = "aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream"
    inputs = frozenset(("name", "destination", "kinesisSourceConfiguration", "extendedS3Configuration", "tags"))
    required = frozenset(("destination", "extendedS3Configuration"))
    replace_on = frozenset(("destination", "kinesisSourceConfiguration"))
    name_input = "name"
    name_limit = 64

    def create(self, aws: Clients, inputs: Inputs) -> Created:
        firehose, name = aws("firehose"), inputs["name"]
        if inputs["destination"] != DESTINATION:
            raise ValueError(f"the sandbox knows no destination {inputs['destination']!r} (it knows {DESTINATION!r})")
        source = inputs.get("kinesisSourceConfiguration")
        parameters: dict[str, Any] = {"DeliveryStreamType": "KinesisStreamAsSource" if source else "DirectPut"}
        if source:
            parameters["KinesisStreamSourceConfiguration"] = pascal(source, SPECIAL)
        if tags := tag_list(inputs):
            parameters["Tags"] = tags
        arn = firehose.create_delivery_stream(
            DeliveryStreamName=name,
            ExtendedS3DestinationConfiguration=_s3(inputs["extendedS3Configuration"]),
            **parameters,
        )["DeliveryStreamARN"]
        description = self._ready(firehose, name)
        return Created(
            arn,
            {
                "arn": arn,
                "versionId": description["VersionId"],
                "destinationId": description["Destinations"][0]["DestinationId"],
            },
        )

    def _ready(self, firehose: Any, name: str) -> dict[str, Any]:
        deadline = time.monotonic() + READY_SECONDS
        while True:
            found = firehose.describe_delivery_stream(DeliveryStreamName=name)["DeliveryStreamDescription"]
            if found["DeliveryStreamStatus"] == "ACTIVE":
                return found
            if time.monotonic() > deadline:
                raise TimeoutError(f"delivery stream {name} is {found['DeliveryStreamStatus']} after {READY_SECONDS} s")
            time.sleep(0.05)

    def update(self, aws: Clients, id: str, old: Inputs, new: Inputs, outputs: Outputs) -> Outputs:
        firehose = aws("firehose")
        if old["extendedS3Configuration"] != new["extendedS3Configuration"]:
            found = self._ready(firehose, new["name"])
            firehose.update_destination(
                DeliveryStreamName=new["name"],
                CurrentDeliveryStreamVersionId=found["VersionId"],
                DestinationId=found["Destinations"][0]["DestinationId"],
                ExtendedS3DestinationUpdate=_s3(new["extendedS3Configuration"]),
            )
        update_tags(aws, outputs["arn"], old, new)
        return {"versionId": self._ready(firehose, new["name"])["VersionId"]}

    def delete(self, aws: Clients, id: str, inputs: Inputs, outputs: Outputs) -> None:
        unless_gone(aws("firehose").delete_delivery_stream, DeliveryStreamName=inputs["name"])
