"""S3 buckets and their settings."""

from typing import Any
from urllib.parse import urlencode

from sandbox.deployer.clients import Clients
from sandbox.deployer.resource import Created, Inputs, Outputs, Resource, chosen, content, pascal, tag_list, unless_gone


class Bucket(Resource):
    """Deleting it deletes what it holds: nothing in the sandbox is anyone's only copy."""

    pulumi_type = "aws:s3/bucket:Bucket"
    inputs = frozenset(("bucket", "forceDestroy", "tags"))
    name_input = "bucket"
    name_limit = 63

    def create(self, aws: Clients, inputs: Inputs) -> Created:
        name = inputs["bucket"]
        aws("s3").create_bucket(Bucket=name)
        self._tag(aws, inputs)
        domain = f"{name}.s3.amazonaws.com"
        outputs = {
            "arn": f"arn:aws:s3:::{name}",
            "bucketDomainName": domain,
            "bucketRegionalDomainName": f"{name}.s3.{aws.region}.amazonaws.com",
            "region": aws.region,
        }
        return Created(name, outputs)

    def _tag(self, aws: Clients, inputs: Inputs) -> None:
        if inputs.get("tags"):
            aws("s3").put_bucket_tagging(Bucket=inputs["bucket"], Tagging={"TagSet": tag_list(inputs)})
        else:
            aws("s3").delete_bucket_tagging(Bucket=inputs["bucket"])

    def update(self, aws: Clients, id: str, old: Inputs, new: Inputs, outputs: Outputs) -> Outputs:
        if old.get("tags") != new.get("tags"):
            self._tag(aws, new)
        return {}

    def refusal(self, aws: Clients, id: str, inputs: Inputs) -> str:
        if inputs.get("forceDestroy"):
            return ""
        held = aws("s3").list_object_versions(Bucket=id, MaxKeys=1)
        full = held.get("Versions") or held.get("DeleteMarkers")
        return f"bucket {id} is not empty, and forceDestroy is not set" if full else ""

    def delete(self, aws: Clients, id: str, inputs: Inputs, outputs: Outputs) -> None:
        s3 = aws("s3")
        unless_gone(lambda: _empty(s3, id))
        unless_gone(s3.delete_bucket, Bucket=id)


def _empty(s3: Any, bucket: str) -> None:
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
        found = [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]
        if found:
            objects = [{"Key": item["Key"], "VersionId": item["VersionId"]} for item in found]
            s3.delete_objects(Bucket=bucket, Delete={"Objects": objects, "Quiet": True})


class _BucketSetting(Resource):
    """A setting of a bucket as a resource of its own."""

    required = frozenset(("bucket",))
    replace_on = frozenset(("bucket",))

    def put(self, s3: Any, inputs: Inputs) -> None:
        raise NotImplementedError

    def remove(self, s3: Any, bucket: str) -> None:
        raise NotImplementedError

    def create(self, aws: Clients, inputs: Inputs) -> Created:
        self.put(aws("s3"), inputs)
        return Created(inputs["bucket"], {})

    def update(self, aws: Clients, id: str, old: Inputs, new: Inputs, outputs: Outputs) -> Outputs:
        self.put(aws("s3"), new)
        return {}

    def delete(self, aws: Clients, id: str, inputs: Inputs, outputs: Outputs) -> None:
        unless_gone(lambda: self.remove(aws("s3"), inputs["bucket"]))


class BucketVersioning(_BucketSetting):
    pulumi_type = "aws:s3/bucketVersioning:BucketVersioning"
    inputs = frozenset(("bucket", "versioningConfiguration"))

    def put(self, s3: Any, inputs: Inputs) -> None:
        s3.put_bucket_versioning(
            Bucket=inputs["bucket"],
            VersioningConfiguration={"Status": inputs["versioningConfiguration"]["status"]},
        )

    def remove(self, s3: Any, bucket: str) -> None:
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Suspended"})


class BucketServerSideEncryptionConfiguration(_BucketSetting):
    pulumi_type = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
    inputs = frozenset(("bucket", "rules"))

    def put(self, s3: Any, inputs: Inputs) -> None:
        special = {"sseAlgorithm": "SSEAlgorithm", "kmsMasterKeyId": "KMSMasterKeyID"}
        s3.put_bucket_encryption(
            Bucket=inputs["bucket"], ServerSideEncryptionConfiguration={"Rules": pascal(inputs["rules"], special)}
        )

    def remove(self, s3: Any, bucket: str) -> None:
        s3.delete_bucket_encryption(Bucket=bucket)


class BucketPublicAccessBlock(_BucketSetting):
    pulumi_type = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
    inputs = frozenset(("bucket", "blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"))

    def put(self, s3: Any, inputs: Inputs) -> None:
        configuration = chosen(
            inputs,
            BlockPublicAcls="blockPublicAcls",
            BlockPublicPolicy="blockPublicPolicy",
            IgnorePublicAcls="ignorePublicAcls",
            RestrictPublicBuckets="restrictPublicBuckets",
        )
        s3.put_public_access_block(Bucket=inputs["bucket"], PublicAccessBlockConfiguration=configuration)

    def remove(self, s3: Any, bucket: str) -> None:
        s3.delete_public_access_block(Bucket=bucket)


class BucketOwnershipControls(_BucketSetting):
    pulumi_type = "aws:s3/bucketOwnershipControls:BucketOwnershipControls"
    inputs = frozenset(("bucket", "rule"))

    def put(self, s3: Any, inputs: Inputs) -> None:
        s3.put_bucket_ownership_controls(
            Bucket=inputs["bucket"],
            OwnershipControls={"Rules": [{"ObjectOwnership": inputs["rule"]["objectOwnership"]}]},
        )

    def remove(self, s3: Any, bucket: str) -> None:
        s3.delete_bucket_ownership_controls(Bucket=bucket)


class BucketPolicy(_BucketSetting):
    pulumi_type = "aws:s3/bucketPolicy:BucketPolicy"
    inputs = frozenset(("bucket", "policy"))
    required = inputs

    def put(self, s3: Any, inputs: Inputs) -> None:
        s3.put_bucket_policy(Bucket=inputs["bucket"], Policy=inputs["policy"])

    def remove(self, s3: Any, bucket: str) -> None:
        s3.delete_bucket_policy(Bucket=bucket)


class BucketLifecycleConfiguration(_BucketSetting):
    pulumi_type = "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"
    inputs = frozenset(("bucket", "rules"))

    def put(self, s3: Any, inputs: Inputs) -> None:
        rules = [self._rule(rule) for rule in inputs["rules"]]
        s3.put_bucket_lifecycle_configuration(Bucket=inputs["bucket"], LifecycleConfiguration={"Rules": rules})

    @staticmethod
    def _rule(given: Inputs) -> dict[str, Any]:
        rule = pascal(_whole(given), {"id": "ID"})
        rule.setdefault("Filter", {"Prefix": ""})
        return rule

    def remove(self, s3: Any, bucket: str) -> None:
        s3.delete_bucket_lifecycle(Bucket=bucket)


def _whole(value: Any) -> Any:
    """Numbers arrive as floats; S3 takes whole ones."""
    if isinstance(value, dict):
        return {key: _whole(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_whole(item) for item in value]
    return int(value) if isinstance(value, float) else value


class BucketNotification(_BucketSetting):
    """All of a bucket's notifications, as the provider has it: whatever else the bucket had is replaced."""

    pulumi_type = "aws:s3/bucketNotification:BucketNotification"
    inputs = frozenset(("bucket", "eventbridge"))

    def put(self, s3: Any, inputs: Inputs) -> None:
        configuration = {"EventBridgeConfiguration": {}} if inputs.get("eventbridge") else {}
        s3.put_bucket_notification_configuration(Bucket=inputs["bucket"], NotificationConfiguration=configuration)

    def remove(self, s3: Any, bucket: str) -> None:
        s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={})


class BucketLogging(_BucketSetting):
    pulumi_type = "aws:s3/bucketLogging:BucketLogging"
    inputs = frozenset(("bucket", "targetBucket", "targetPrefix"))
    required = inputs

    def put(self, s3: Any, inputs: Inputs) -> None:
        target = {"TargetBucket": inputs["targetBucket"], "TargetPrefix": inputs["targetPrefix"]}
        s3.put_bucket_logging(Bucket=inputs["bucket"], BucketLoggingStatus={"LoggingEnabled": target})

    def remove(self, s3: Any, bucket: str) -> None:
        s3.put_bucket_logging(Bucket=bucket, BucketLoggingStatus={})


class BucketObject(Resource):
    pulumi_type = "aws:s3/bucketObjectv2:BucketObjectv2"
    inputs = frozenset(("bucket", "key", "source", "contentType", "tags"))
    required = frozenset(("bucket", "key", "source"))
    replace_on = frozenset(("bucket", "key"))

    def _put(self, aws: Clients, inputs: Inputs) -> Outputs:
        parameters: dict[str, Any] = chosen(inputs, ContentType="contentType")
        if inputs.get("tags"):
            parameters["Tagging"] = urlencode(inputs["tags"])
        answer = aws("s3").put_object(
            Bucket=inputs["bucket"], Key=inputs["key"], Body=content(inputs["source"]), **parameters
        )
        return {"etag": answer["ETag"].strip('"'), "versionId": answer.get("VersionId", "")}

    def create(self, aws: Clients, inputs: Inputs) -> Created:
        return Created(inputs["key"], self._put(aws, inputs))

    def update(self, aws: Clients, id: str, old: Inputs, new: Inputs, outputs: Outputs) -> Outputs:
        if {**old, "tags": None} == {**new, "tags": None}:
            tags = {"TagSet": tag_list(new)}
            aws("s3").put_object_tagging(Bucket=new["bucket"], Key=new["key"], Tagging=tags)
            return {}
        return self._put(aws, new)

    def delete(self, aws: Clients, id: str, inputs: Inputs, outputs: Outputs) -> None:
        unless_gone(aws("s3").delete_object, Bucket=inputs["bucket"], Key=inputs["key"])
