"""Athena workgroups."""

from typing import Any

from sandbox.deployer.clients import Clients
from sandbox.deployer.resource import (
    Created,
    Inputs,
    Outputs,
    Resource,
    chosen,
    pascal,
    tag_list,
    unless_gone,
    update_tags,
)

SPECIAL = {
    "enforceWorkgroupConfiguration": "EnforceWorkGroupConfiguration",
    "publishCloudwatchMetricsEnabled": "PublishCloudWatchMetricsEnabled",
    "kmsKeyArn": "KmsKey",
}


class Workgroup(Resource):
    """Deleted with its history of queries, as the provider does with forceDestroy: nothing outlives the sandbox."""

    pulumi_type = "aws:athena/workgroup:Workgroup"
    inputs = frozenset(("name", "configuration", "description", "forceDestroy", "state", "tags"))
    name_input = "name"
    name_limit = 128

    def _configuration(self, inputs: Inputs) -> dict[str, Any]:
        # The provider's defaults, which are not the API's.
        given = {
            "enforceWorkgroupConfiguration": True,
            "publishCloudwatchMetricsEnabled": True,
            **(inputs.get("configuration") or {}),
        }
        result = given.pop("resultConfiguration", None)
        configuration = pascal(given, SPECIAL)
        if result:
            encryption = result.get("encryptionConfiguration")
            configuration["ResultConfiguration"] = {
                **chosen(result, OutputLocation="outputLocation", ExpectedBucketOwner="expectedBucketOwner"),
                **({"EncryptionConfiguration": pascal(encryption, SPECIAL)} if encryption else {}),
            }
        return configuration

    def create(self, aws: Clients, inputs: Inputs) -> Created:
        aws("athena").create_work_group(
            Name=inputs["name"],
            Configuration=self._configuration(inputs),
            Tags=tag_list(inputs),
            **chosen(inputs, Description="description"),
        )
        if inputs.get("state", "ENABLED") != "ENABLED":
            aws("athena").update_work_group(WorkGroup=inputs["name"], State=inputs["state"])
        arn = f"arn:aws:athena:{aws.region}:{aws.account}:workgroup/{inputs['name']}"
        return Created(inputs["name"], {"arn": arn})

    def update(self, aws: Clients, id: str, old: Inputs, new: Inputs, outputs: Outputs) -> Outputs:
        configuration = self._configuration(new)
        updates = {name: value for name, value in configuration.items() if name != "ResultConfiguration"}
        if result := configuration.get("ResultConfiguration"):
            updates["ResultConfigurationUpdates"] = result
        aws("athena").update_work_group(
            WorkGroup=id,
            Description=new.get("description", ""),
            State=new.get("state", "ENABLED"),
            ConfigurationUpdates=updates,
        )
        update_tags(aws, outputs["arn"], old, new)
        return {}

    def delete(self, aws: Clients, id: str, inputs: Inputs, outputs: Outputs) -> None:
        unless_gone(aws("athena").delete_work_group, WorkGroup=id, RecursiveDeleteOption=True)
