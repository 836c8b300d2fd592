"""DNS records in Route 53 zones."""

from typing import Any

from sandbox.deployer.clients import Clients
from sandbox.deployer.resource import Created, Inputs, Outputs, Resource, unless_gone


class Record(Resource):
    pulumi_type = "aws:route53/record:Record"
    inputs = frozenset(("zoneId", "name", "type", "records", "ttl", "aliases", "allowOverwrite"))
    required = frozenset(("zoneId", "name", "type"))
    replace_on = frozenset(("zoneId", "name", "type"))

    def _set(self, inputs: Inputs) -> dict[str, Any]:
        record: dict[str, Any] = {"Name": inputs["name"], "Type": inputs["type"]}
        if aliases := inputs.get("aliases"):
            alias = aliases[0]
            return record | {
                "AliasTarget": {
                    "HostedZoneId": alias["zoneId"],
                    "DNSName": alias["name"],
                    "EvaluateTargetHealth": alias["evaluateTargetHealth"],
                }
            }
        return record | {
            "TTL": int(inputs["ttl"]),
            "ResourceRecords": [{"Value": value} for value in inputs["records"]],
        }

    def _change(self, aws: Clients, action: str, inputs: Inputs) -> None:
        changes = [{"Action": action, "ResourceRecordSet": self._set(inputs)}]
        aws("route53").change_resource_record_sets(HostedZoneId=inputs["zoneId"], ChangeBatch={"Changes": changes})

    def create(self, aws: Clients, inputs: Inputs) -> Created:
        self._change(aws, "UPSERT" if inputs.get("allowOverwrite") else "CREATE", inputs)
        return Created(f"{inputs['zoneId']}_{inputs['name']}_{inputs['type']}", {"fqdn": inputs["name"].rstrip(".")})

    def update(self, aws: Clients, id: str, old: Inputs, new: Inputs, outputs: Outputs) -> Outputs:
        self._change(aws, "UPSERT", new)
        return {}

    def delete(self, aws: Clients, id: str, inputs: Inputs, outputs: Outputs) -> None:
        unless_gone(lambda: self._change(aws, "DELETE", inputs))
