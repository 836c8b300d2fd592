"""SES receipt rules: rule sets, the active one, and the rules in them."""

from typing import Any

from sandbox.deployer.clients import Clients
from sandbox.deployer.resource import Created, Inputs, Outputs, Resource, chosen, pascal, unless_gone

ACTIONS = {
    "addHeaderActions": "AddHeaderAction",
    "bounceActions": "BounceAction",
    "lambdaActions": "LambdaAction",
    "s3Actions": "S3Action",
    "snsActions": "SNSAction",
    "stopActions": "StopAction",
    "workmailActions": "WorkmailAction",
}
"""The provider has one list of each kind; `position` orders them all, from 1."""


def _set_arn(aws: Clients, name: str) -> str:
    return f"arn:aws:ses:{aws.region}:{aws.account}:receipt-rule-set/{name}"


class ReceiptRuleSet(Resource):
    pulumi_type = "aws:ses/receiptRuleSet:ReceiptRuleSet"
    inputs = frozenset(("ruleSetName",))
    required = inputs
    replace_on = inputs

    def create(self, aws: Clients, inputs: Inputs) -> Created:
        name = inputs["ruleSetName"]
        aws("ses").create_receipt_rule_set(RuleSetName=name)
        return Created(name, {"arn": _set_arn(aws, name)})

    def delete(self, aws: Clients, id: str, inputs: Inputs, outputs: Outputs) -> None:
        unless_gone(aws("ses").delete_receipt_rule_set, RuleSetName=id)


class ActiveReceiptRuleSet(Resource):
    """An account has one at most: deleting this leaves it without."""

    pulumi_type = "aws:ses/activeReceiptRuleSet:ActiveReceiptRuleSet"
    inputs = frozenset(("ruleSetName",))
    required = inputs

    def create(self, aws: Clients, inputs: Inputs) -> Created:
        name = inputs["ruleSetName"]
        aws("ses").set_active_receipt_rule_set(RuleSetName=name)
        return Created(name, {"arn": _set_arn(aws, name)})

    def update(self, aws: Clients, id: str, old: Inputs, new: Inputs, outputs: Outputs) -> Outputs:
        name = new["ruleSetName"]
        aws("ses").set_active_receipt_rule_set(RuleSetName=name)
        return {"arn": _set_arn(aws, name)}

    def delete(self, aws: Clients, id: str, inputs: Inputs, outputs: Outputs) -> None:
        aws("ses").set_active_receipt_rule_set()


class ReceiptRule(Resource):
    pulumi_type = "aws:ses/receiptRule:ReceiptRule"
    inputs = frozenset(("name", "ruleSetName", "after", "enabled", "recipients", "scanEnabled", "tlsPolicy", *ACTIONS))
    required = frozenset(("ruleSetName",))
    replace_on = frozenset(("ruleSetName",))
    name_input = "name"
    name_limit = 64

    def _parameters(self, inputs: Inputs) -> dict[str, Any]:
        rule = {
            "Name": inputs["name"],
            "Enabled": bool(inputs.get("enabled", False)),
            "ScanEnabled": bool(inputs.get("scanEnabled", False)),
            "TlsPolicy": inputs.get("tlsPolicy") or "Optional",
            "Recipients": inputs.get("recipients") or [],
            "Actions": _actions(inputs),
        }
        return {"RuleSetName": inputs["ruleSetName"], "Rule": rule}

    def create(self, aws: Clients, inputs: Inputs) -> Created:
        aws("ses").create_receipt_rule(**self._parameters(inputs), **chosen(inputs, After="after"))
        arn = f"{_set_arn(aws, inputs['ruleSetName'])}:receipt-rule/{inputs['name']}"
        return Created(inputs["name"], {"arn": arn})

    def update(self, aws: Clients, id: str, old: Inputs, new: Inputs, outputs: Outputs) -> Outputs:
        aws("ses").update_receipt_rule(**self._parameters(new))
        if old.get("after") != new.get("after"):
            place = chosen(new, After="after")
            aws("ses").set_receipt_rule_position(RuleSetName=new["ruleSetName"], RuleName=id, **place)
        return {}

    def delete(self, aws: Clients, id: str, inputs: Inputs, outputs: Outputs) -> None:
        unless_gone(aws("ses").delete_receipt_rule, RuleSetName=inputs["ruleSetName"], RuleName=id)


def _actions(inputs: Inputs) -> list[dict[str, Any]]:
    found = [(action, kind) for name, kind in ACTIONS.items() for action in inputs.get(name) or ()]
    special = {"iamRoleArn": "IamRoleArn"}
    return [
        {kind: pascal({key: value for key, value in action.items() if key != "position"}, special)}
        for action, kind in sorted(found, key=lambda item: int(item[0]["position"]))
    ]
