"""Glue databases, tables and views."""

from typing import Any

from sandbox.deployer.clients import Clients
from sandbox.deployer.resource import Created, Inputs, Outputs, Resource, chosen, pascal, unless_gone, update_tags


class CatalogDatabase(Resource):
    pulumi_type = "aws:glue/catalogDatabase:CatalogDatabase"
    inputs = frozenset(("name", "description", "locationUri", "parameters", "tags"))
    name_input = "name"
    name_limit = 255

    def _input(self, inputs: Inputs) -> dict[str, Any]:
        parameters = {"Parameters": inputs["parameters"]} if inputs.get("parameters") else {}
        return {
            "Name": inputs["name"],
            **chosen(inputs, Description="description", LocationUri="locationUri"),
            **parameters,
        }

    def create(self, aws: Clients, inputs: Inputs) -> Created:
        aws("glue").create_database(DatabaseInput=self._input(inputs), Tags=inputs.get("tags") or {})
        arn = f"arn:aws:glue:{aws.region}:{aws.account}:database/{inputs['name']}"
        return Created(f"{aws.account}:{inputs['name']}", {"arn": arn, "catalogId": aws.account})

    def update(self, aws: Clients, id: str, old: Inputs, new: Inputs, outputs: Outputs) -> Outputs:
        aws("glue").update_database(Name=new["name"], DatabaseInput=self._input(new))
        update_tags(aws, outputs["arn"], old, new)
        return {}

    def delete(self, aws: Clients, id: str, inputs: Inputs, outputs: Outputs) -> None:
        unless_gone(aws("glue").delete_database, Name=inputs["name"])


class CatalogTable(Resource):
    pulumi_type = "aws:glue/catalogTable:CatalogTable"
    inputs = frozenset(
        (
            "name",
            "databaseName",
            "description",
            "owner",
            "parameters",
            "partitionKeys",
            "retention",
            "storageDescriptor",
            "tableType",
            "viewExpandedText",
            "viewOriginalText",
        )
    )
    required = frozenset(("databaseName",))
    replace_on = frozenset(("databaseName",))
    name_input = "name"
    name_limit = 255

    def _input(self, inputs: Inputs) -> dict[str, Any]:
        found = chosen(
            inputs,
            Description="description",
            Owner="owner",
            PartitionKeys="partitionKeys",
            TableType="tableType",
            ViewExpandedText="viewExpandedText",
            ViewOriginalText="viewOriginalText",
        )
        if inputs.get("parameters"):
            found["Parameters"] = inputs["parameters"]
        if storage := inputs.get("storageDescriptor"):
            found["StorageDescriptor"] = _storage(storage)
        return {"Name": inputs["name"], **found}

    def create(self, aws: Clients, inputs: Inputs) -> Created:
        database, name = inputs["databaseName"], inputs["name"]
        aws("glue").create_table(DatabaseName=database, TableInput=self._input(inputs))
        arn = f"arn:aws:glue:{aws.region}:{aws.account}:table/{database}/{name}"
        return Created(f"{aws.account}:{database}:{name}", {"arn": arn, "catalogId": aws.account})

    def update(self, aws: Clients, id: str, old: Inputs, new: Inputs, outputs: Outputs) -> Outputs:
        aws("glue").update_table(DatabaseName=new["databaseName"], TableInput=self._input(new))
        return {}

    def delete(self, aws: Clients, id: str, inputs: Inputs, outputs: Outputs) -> None:
        unless_gone(aws("glue").delete_table, DatabaseName=inputs["databaseName"], Name=inputs["name"])


def _storage(storage: Inputs) -> dict[str, Any]:
    """A storage descriptor as the provider sends it: a SerDe of which nothing is given is not sent at all."""
    kept = dict(storage)
    serde, parameters = kept.pop("serDeInfo", None) or {}, kept.pop("parameters", None)
    sent = pascal(kept)
    if parameters:
        sent["Parameters"] = parameters
    given = chosen(serde, Name="name", SerializationLibrary="serializationLibrary")
    if serde.get("parameters"):
        given["Parameters"] = serde["parameters"]
    if given:
        sent["SerdeInfo"] = given
    return sent
