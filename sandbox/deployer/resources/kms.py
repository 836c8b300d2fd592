"""KMS keys and aliases."""

from sandbox.deployer.clients import Clients
from sandbox.deployer.resource import Created, Inputs, Outputs, Resource, chosen, unless_gone, update_tags


class Key(Resource):
    pulumi_type = "aws:kms/key:Key"
    inputs = frozenset(("description", "policy", "enableKeyRotation", "deletionWindowInDays", "tags"))

    def create(self, aws: Clients, inputs: Inputs) -> Created:
        kms = aws("kms")
        tags = [{"TagKey": key, "TagValue": value} for key, value in (inputs.get("tags") or {}).items()]
        made = kms.create_key(Tags=tags, **chosen(inputs, Description="description", Policy="policy"))["KeyMetadata"]
        if inputs.get("enableKeyRotation"):
            kms.enable_key_rotation(KeyId=made["KeyId"])
        return Created(made["KeyId"], {"arn": made["Arn"], "keyId": made["KeyId"]})

    def update(self, aws: Clients, id: str, old: Inputs, new: Inputs, outputs: Outputs) -> Outputs:
        kms = aws("kms")
        kms.update_key_description(KeyId=id, Description=new.get("description", ""))
        if new.get("policy") and new["policy"] != old.get("policy"):
            kms.put_key_policy(KeyId=id, PolicyName="default", Policy=new["policy"])
        if new.get("enableKeyRotation"):
            kms.enable_key_rotation(KeyId=id)
        else:
            kms.disable_key_rotation(KeyId=id)
        update_tags(aws, outputs["arn"], old, new)
        return {}

    def delete(self, aws: Clients, id: str, inputs: Inputs, outputs: Outputs) -> None:
        unless_gone(aws("kms").schedule_key_deletion, KeyId=id, PendingWindowInDays=7)


class Alias(Resource):
    pulumi_type = "aws:kms/alias:Alias"
    inputs = frozenset(("name", "targetKeyId"))
    required = frozenset(("targetKeyId",))
    name_input = "name"
    name_limit = 256

    def auto_name(self, name: str, inputs: Inputs) -> str:
        return f"alias/{super().auto_name(name, inputs)}"

    def create(self, aws: Clients, inputs: Inputs) -> Created:
        aws("kms").create_alias(AliasName=inputs["name"], TargetKeyId=inputs["targetKeyId"])
        return Created(inputs["name"], {"arn": f"arn:aws:kms:{aws.region}:{aws.account}:{inputs['name']}"})

    def update(self, aws: Clients, id: str, old: Inputs, new: Inputs, outputs: Outputs) -> Outputs:
        aws("kms").update_alias(AliasName=id, TargetKeyId=new["targetKeyId"])
        return {}

    def delete(self, aws: Clients, id: str, inputs: Inputs, outputs: Outputs) -> None:
        unless_gone(aws("kms").delete_alias, AliasName=id)
