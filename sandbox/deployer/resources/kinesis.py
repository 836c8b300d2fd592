"""Kinesis streams."""

from sandbox.deployer.clients import Clients
from sandbox.deployer.resource import Created, Inputs, Outputs, Resource, chosen, unless_gone, update_tags


class Stream(Resource):
    """A change of its mode makes another stream, since MiniStack has no UpdateStreamMode; AWS changes it in place."""

    pulumi_type = "aws:kinesis/stream:Stream"
    inputs = frozenset(
        (
            "name",
            "shardCount",
            "streamModeDetails",
            "retentionPeriod",
            "encryptionType",
            "kmsKeyId",
            "enforceConsumerDeletion",
            "tags",
        )
    )
    replace_on = frozenset(("streamModeDetails",))
    name_input = "name"
    name_limit = 128

    def create(self, aws: Clients, inputs: Inputs) -> Created:
        kinesis = aws("kinesis")
        parameters = chosen(inputs, StreamModeDetails="streamModeDetails")
        if inputs.get("shardCount"):
            parameters["ShardCount"] = int(inputs["shardCount"])
        kinesis.create_stream(StreamName=inputs["name"], **parameters)
        kinesis.get_waiter("stream_exists").wait(
            StreamName=inputs["name"], WaiterConfig={"Delay": 0.2, "MaxAttempts": 100}
        )
        arn = f"arn:aws:kinesis:{aws.region}:{aws.account}:stream/{inputs['name']}"
        self._settings(aws, {}, inputs)
        if inputs.get("tags"):
            kinesis.add_tags_to_stream(StreamName=inputs["name"], Tags=inputs["tags"])
        return Created(arn, {"arn": arn})

    def _settings(self, aws: Clients, old: Inputs, new: Inputs) -> None:
        kinesis, name = aws("kinesis"), new["name"]
        before, after = int(old.get("retentionPeriod") or 24), int(new.get("retentionPeriod") or 24)
        if after > before:
            kinesis.increase_stream_retention_period(StreamName=name, RetentionPeriodHours=after)
        elif after < before:
            kinesis.decrease_stream_retention_period(StreamName=name, RetentionPeriodHours=after)
        if new.get("encryptionType") == "KMS" and new.get("kmsKeyId") != old.get("kmsKeyId"):
            kinesis.start_stream_encryption(StreamName=name, EncryptionType="KMS", KeyId=new["kmsKeyId"])

    def update(self, aws: Clients, id: str, old: Inputs, new: Inputs, outputs: Outputs) -> Outputs:
        self._settings(aws, old, new)
        if new.get("shardCount") and new["shardCount"] != old.get("shardCount"):
            aws("kinesis").update_shard_count(
                StreamName=new["name"], TargetShardCount=int(new["shardCount"]), ScalingType="UNIFORM_SCALING"
            )
        update_tags(aws, outputs["arn"], old, new)
        return {}

    def delete(self, aws: Clients, id: str, inputs: Inputs, outputs: Outputs) -> None:
        unless_gone(aws("kinesis").delete_stream, StreamName=inputs["name"], EnforceConsumerDeletion=True)
