"""Step Functions state machines."""

from sandbox.deployer.clients import Clients
from sandbox.deployer.resource import Created, Inputs, Outputs, Resource, unless_gone, update_tags


def _logging(inputs: Inputs) -> dict[str, object]:
    given = inputs.get("loggingConfiguration")
    if not given:
        return {"level": "OFF"}
    destinations = [{"cloudWatchLogsLogGroup": {"logGroupArn": given["logDestination"]}}]
    return {
        "level": given.get("level", "OFF"),
        "includeExecutionData": bool(given.get("includeExecutionData")),
        "destinations": destinations if given.get("logDestination") else [],
    }


class StateMachine(Resource):
    pulumi_type = "aws:sfn/stateMachine:StateMachine"
    inputs = frozenset(
        ("name", "definition", "roleArn", "type", "loggingConfiguration", "tracingConfiguration", "tags")
    )
    required = frozenset(("definition", "roleArn"))
    replace_on = frozenset(("type",))
    name_input = "name"
    name_limit = 80

    def create(self, aws: Clients, inputs: Inputs) -> Created:
        made = aws("stepfunctions").create_state_machine(
            name=inputs["name"],
            definition=inputs["definition"],
            roleArn=inputs["roleArn"],
            type=inputs.get("type", "STANDARD"),
            loggingConfiguration=_logging(inputs),
            tracingConfiguration={"enabled": bool((inputs.get("tracingConfiguration") or {}).get("enabled"))},
            tags=[{"key": key, "value": value} for key, value in (inputs.get("tags") or {}).items()],
        )
        arn = made["stateMachineArn"]
        return Created(arn, {"arn": arn, "status": "ACTIVE", "creationDate": made["creationDate"].isoformat()})

    def update(self, aws: Clients, id: str, old: Inputs, new: Inputs, outputs: Outputs) -> Outputs:
        aws("stepfunctions").update_state_machine(
            stateMachineArn=id,
            definition=new["definition"],
            roleArn=new["roleArn"],
            loggingConfiguration=_logging(new),
        )
        update_tags(aws, id, old, new)
        return {}

    def delete(self, aws: Clients, id: str, inputs: Inputs, outputs: Outputs) -> None:
        sfn = aws("stepfunctions")
        for page in sfn.get_paginator("list_executions").paginate(stateMachineArn=id, statusFilter="RUNNING"):
            for execution in page["executions"]:
                unless_gone(sfn.stop_execution, executionArn=execution["executionArn"], cause="stack is going down")
        unless_gone(sfn.delete_state_machine, stateMachineArn=id)
