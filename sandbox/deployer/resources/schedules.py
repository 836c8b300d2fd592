"""EventBridge Scheduler's schedules."""

from typing import Any

from sandbox.deployer.clients import Clients
from sandbox.deployer.resource import Created, Inputs, Outputs, Resource, chosen, pascal, unless_gone


class Schedule(Resource):
    pulumi_type = "aws:scheduler/schedule:Schedule"
    inputs = frozenset(
        (
            "name",
            "description",
            "flexibleTimeWindow",
            "groupName",
            "scheduleExpression",
            "scheduleExpressionTimezone",
            "state",
            "target",
        )
    )
    required = frozenset(("flexibleTimeWindow", "scheduleExpression", "target"))
    replace_on = frozenset(("groupName",))
    name_input = "name"
    name_limit = 64

    def _parameters(self, inputs: Inputs) -> dict[str, Any]:
        target = pascal(inputs["target"])
        if retry := target.get("RetryPolicy"):
            target["RetryPolicy"] = {name: int(value) for name, value in retry.items()}
        return {
            "Name": inputs["name"],
            "Target": target,
            **chosen(
                inputs,
                Description="description",
                FlexibleTimeWindow="flexibleTimeWindow",
                GroupName="groupName",
                ScheduleExpression="scheduleExpression",
                ScheduleExpressionTimezone="scheduleExpressionTimezone",
                State="state",
            ),
        }

    def create(self, aws: Clients, inputs: Inputs) -> Created:
        arn = aws("scheduler").create_schedule(**self._parameters(inputs))["ScheduleArn"]
        return Created(f"{inputs.get('groupName', 'default')}/{inputs['name']}", {"arn": arn})

    def update(self, aws: Clients, id: str, old: Inputs, new: Inputs, outputs: Outputs) -> Outputs:
        aws("scheduler").update_schedule(**self._parameters(new))
        return {}

    def delete(self, aws: Clients, id: str, inputs: Inputs, outputs: Outputs) -> None:
        unless_gone(aws("scheduler").delete_schedule, Name=inputs["name"], **chosen(inputs, GroupName="groupName"))
