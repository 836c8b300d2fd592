"""DynamoDB tables."""

from typing import Any

from sandbox.deployer.clients import Clients
from sandbox.deployer.resource import Created, Inputs, Outputs, Resource, tag_list, unless_gone, update_tags


def _keys(given: Inputs) -> list[dict[str, str]]:
    keys = [{"AttributeName": given["hashKey"], "KeyType": "HASH"}]
    return keys + ([{"AttributeName": given["rangeKey"], "KeyType": "RANGE"}] if given.get("rangeKey") else [])


def _attributes(given: Inputs) -> list[dict[str, str]]:
    return [{"AttributeName": each["name"], "AttributeType": each["type"]} for each in given["attributes"]]


def _indexes(given: Inputs) -> dict[str, dict[str, Any]]:
    return {each["name"]: _index(each) for each in given.get("globalSecondaryIndexes") or ()}


def _index(given: Inputs) -> dict[str, Any]:
    projection: dict[str, object] = {"ProjectionType": given["projectionType"]}
    if given.get("nonKeyAttributes"):
        projection["NonKeyAttributes"] = given["nonKeyAttributes"]
    if given.get("keySchemas"):
        keys = [{"AttributeName": key["attributeName"], "KeyType": key["keyType"]} for key in given["keySchemas"]]
    else:
        keys = _keys(given)
    return {"IndexName": given["name"], "KeySchema": keys, "Projection": projection}


def _keys_that_stay(old: Inputs, new: Inputs) -> set[str]:
    """The attributes that are keys of the table, and of the indexes that do not change."""
    before, after = _indexes(old), _indexes(new)
    staying = [index["KeySchema"] for name, index in after.items() if index == before.get(name)]
    return {key["AttributeName"] for keys in (_keys(new), *staying) for key in keys}


def _refuse_other_types(old: Inputs, new: Inputs) -> None:
    """Raises ValueError when a key that stays is to have another type.

    DynamoDB changes none, and the provider does not see it: on AWS, the table would quietly stay as it is
    (github.com/pulumi/pulumi-aws/issues/1057).
    """
    before, after = ({each["name"]: each["type"] for each in given["attributes"]} for given in (old, new))
    for name in sorted(_keys_that_stay(old, new) & before.keys() & after.keys()):
        if before[name] != after[name]:
            raise ValueError(
                f"the type of key {name!r} cannot change from {before[name]} to {after[name]}: "
                "on AWS the table would stay as it is; give the key or the index another name"
            )


class Table(Resource):
    pulumi_type = "aws:dynamodb/table:Table"
    inputs = frozenset(
        (
            "name",
            "attributes",
            "hashKey",
            "rangeKey",
            "billingMode",
            "globalSecondaryIndexes",
            "pointInTimeRecovery",
            "serverSideEncryption",
            "ttl",
            "deletionProtectionEnabled",
            "streamEnabled",
            "streamViewType",
            "tableClass",
            "tags",
        )
    )
    required = frozenset(("attributes", "hashKey"))
    replace_on = frozenset(("hashKey", "rangeKey"))
    name_input = "name"
    name_limit = 255

    def create(self, aws: Clients, inputs: Inputs) -> Created:
        dynamodb = aws("dynamodb")
        parameters: dict[str, object] = {}
        if inputs.get("globalSecondaryIndexes"):
            parameters["GlobalSecondaryIndexes"] = [_index(index) for index in inputs["globalSecondaryIndexes"]]
        if inputs.get("streamEnabled"):
            parameters["StreamSpecification"] = {
                "StreamEnabled": True,
                "StreamViewType": inputs["streamViewType"],
            }
        if encryption := inputs.get("serverSideEncryption"):
            parameters["SSESpecification"] = {
                "Enabled": bool(encryption.get("enabled")),
                **({"KMSMasterKeyId": encryption["kmsKeyArn"]} if encryption.get("kmsKeyArn") else {}),
            }
        table = dynamodb.create_table(
            TableName=inputs["name"],
            AttributeDefinitions=_attributes(inputs),
            KeySchema=_keys(inputs),
            BillingMode=inputs.get("billingMode", "PAY_PER_REQUEST"),
            DeletionProtectionEnabled=bool(inputs.get("deletionProtectionEnabled")),
            TableClass=inputs.get("tableClass", "STANDARD"),
            Tags=tag_list(inputs),
            **parameters,
        )["TableDescription"]
        dynamodb.get_waiter("table_exists").wait(
            TableName=inputs["name"], WaiterConfig={"Delay": 0.2, "MaxAttempts": 100}
        )
        self._settings(aws, {}, inputs)
        outputs = {"arn": table["TableArn"]}
        if inputs.get("streamEnabled"):
            outputs["streamArn"] = table["LatestStreamArn"]
        return Created(inputs["name"], outputs)

    def _settings(self, aws: Clients, old: Inputs, new: Inputs) -> None:
        dynamodb, name = aws("dynamodb"), new["name"]
        if new.get("ttl") != old.get("ttl"):
            ttl = new.get("ttl") or {**(old.get("ttl") or {}), "enabled": False}
            dynamodb.update_time_to_live(
                TableName=name,
                TimeToLiveSpecification={
                    "Enabled": bool(ttl.get("enabled", True)),
                    "AttributeName": ttl["attributeName"],
                },
            )
        if new.get("pointInTimeRecovery") != old.get("pointInTimeRecovery"):
            enabled = bool((new.get("pointInTimeRecovery") or {}).get("enabled"))
            dynamodb.update_continuous_backups(
                TableName=name, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": enabled}
            )

    def _indexes(self, aws: Clients, old: Inputs, new: Inputs) -> None:
        """Indexes come and go one a call, as DynamoDB has it; one that changes goes and comes."""
        before, after = _indexes(old), _indexes(new)
        gone = [{"Delete": {"IndexName": name}} for name in before if before[name] != after.get(name)]
        come = [{"Create": after[name]} for name in after if after[name] != before.get(name)]
        for change in (*gone, *come):
            aws("dynamodb").update_table(
                TableName=new["name"],
                AttributeDefinitions=_attributes(new),
                GlobalSecondaryIndexUpdates=[change],
            )

    def update(self, aws: Clients, id: str, old: Inputs, new: Inputs, outputs: Outputs) -> Outputs:
        _refuse_other_types(old, new)
        self._settings(aws, old, new)
        self._indexes(aws, old, new)
        if bool(new.get("deletionProtectionEnabled")) != bool(old.get("deletionProtectionEnabled")):
            aws("dynamodb").update_table(
                TableName=id, DeletionProtectionEnabled=bool(new.get("deletionProtectionEnabled"))
            )
        update_tags(aws, outputs["arn"], old, new)
        return {}

    def refusal(self, aws: Clients, id: str, inputs: Inputs) -> str:
        return f"table {id} is protected from deletion" if inputs.get("deletionProtectionEnabled") else ""

    def delete(self, aws: Clients, id: str, inputs: Inputs, outputs: Outputs) -> None:
        dynamodb = aws("dynamodb")
        if inputs.get("deletionProtectionEnabled"):
            unless_gone(dynamodb.update_table, TableName=id, DeletionProtectionEnabled=False)
        unless_gone(dynamodb.delete_table, TableName=id)
