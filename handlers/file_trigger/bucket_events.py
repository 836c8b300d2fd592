"""Switches on EventBridge delivery of a bucket that this stack did not create, and leaves the rest of it alone.

Called by a CRUD invocation with `{"Bucket", "Owner", "tf": {"action", "prev_input"}}`. A bucket's notification
configuration is one document: it is read, EventBridge is added, and all is written back. The bucket's tag
`engagement:eventbridge` remembers who needs the delivery: set only where it was off before us; several owners share it
(joined by spaces), and the last one to leave switches delivery off. Where it was on already, nothing is touched.
"""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from handlers.shared.aws_errors import code_of
from handlers.shared.clients import aws_client
from handlers.shared.crud import crud_handler
from handlers.shared.logging import logger

TAG = "engagement:eventbridge"

_DELIVERY = "EventBridgeConfiguration"
_SEPARATOR = " "


@crud_handler
def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Returns `{"Bucket", "EventBridge": bool}`: whether the bucket delivers to EventBridge now."""
    action = event["tf"]["action"]
    bucket, owner = event["Bucket"], event["Owner"]
    if _SEPARATOR in owner:
        raise ValueError(f"Owner is {owner!r}; it may hold no space")
    if action == "delete":
        return {"Bucket": bucket, "EventBridge": leave(bucket, owner)}
    previous = event["tf"].get("prev_input") or {}
    if action == "update" and (previous.get("Bucket"), previous.get("Owner")) != (bucket, owner):
        leave(previous["Bucket"], previous["Owner"])
    join(bucket, owner)
    return {"Bucket": bucket, "EventBridge": True}


def join(bucket: str, owner: str) -> None:
    """Makes sure of the delivery, and of the owner's name on it if it is there because of us."""
    configuration = _notifications(bucket)
    tags = _tags(bucket)
    ours = TAG in tags
    if _DELIVERY in configuration and not ours:
        logger.info("delivery was on before us", extra={"bucket": bucket})
        return
    # The tag comes first: if writing the configuration fails, a tag too many is harmless, a missing one is not.
    owners = _owners(tags)
    if owner not in owners:
        _write_tags(bucket, {**tags, TAG: _SEPARATOR.join([*owners, owner])})
    if _DELIVERY not in configuration:
        _write_notifications(bucket, {**configuration, _DELIVERY: {}})


def leave(bucket: str, owner: str) -> bool:
    """Takes the owner's name off, and the delivery with the last one. Returns whether the delivery is on now."""
    try:
        tags = _tags(bucket)
        configuration = _notifications(bucket)
    except ClientError as error:
        if code_of(error) == "NoSuchBucket":
            logger.info("the bucket is gone", extra={"bucket": bucket})
            return False
        raise
    owners = _owners(tags)
    if owner not in owners:
        return _DELIVERY in configuration
    remaining = [other for other in owners if other != owner]
    if not remaining and _DELIVERY in configuration:
        _write_notifications(bucket, {key: value for key, value in configuration.items() if key != _DELIVERY})
    kept = {key: value for key, value in tags.items() if key != TAG}
    _write_tags(bucket, {**kept, TAG: _SEPARATOR.join(remaining)} if remaining else kept)
    return bool(remaining)


def _notifications(bucket: str) -> dict[str, Any]:
    response = aws_client("s3").get_bucket_notification_configuration(Bucket=bucket)
    return {key: value for key, value in response.items() if key != "ResponseMetadata"}


def _write_notifications(bucket: str, configuration: dict[str, Any]) -> None:
    # S3 would otherwise try each destination that is already there, with rights that are not ours to have.
    aws_client("s3").put_bucket_notification_configuration(
        Bucket=bucket, NotificationConfiguration=configuration, SkipDestinationValidation=True
    )


def _tags(bucket: str) -> dict[str, str]:
    try:
        response = aws_client("s3").get_bucket_tagging(Bucket=bucket)
    except ClientError as error:
        if code_of(error) == "NoSuchTagSet":
            return {}
        raise
    return {tag["Key"]: tag["Value"] for tag in response["TagSet"]}


def _write_tags(bucket: str, tags: dict[str, str]) -> None:
    if not tags:
        aws_client("s3").delete_bucket_tagging(Bucket=bucket)
        return
    tag_set = [{"Key": key, "Value": value} for key, value in tags.items()]
    aws_client("s3").put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": tag_set})


def _owners(tags: dict[str, str]) -> list[str]:
    return tags.get(TAG, "").split()
