"""EventBridge rules and targets."""

from sandbox.deployer.clients import Clients
from sandbox.deployer.resource import Created, Inputs, Outputs, Resource, chosen, tag_list, unless_gone, update_tags


class EventRule(Resource):
    pulumi_type = "aws:cloudwatch/eventRule:EventRule"
    inputs = frozenset(
        ("name", "description", "eventPattern", "scheduleExpression", "eventBusName", "state", "roleArn", "tags")
    )
    replace_on = frozenset(("eventBusName",))
    name_input = "name"
    name_limit = 64

    def _put(self, aws: Clients, inputs: Inputs, **more: object) -> str:
        parameters = chosen(
            inputs,
            Description="description",
            EventPattern="eventPattern",
            ScheduleExpression="scheduleExpression",
            EventBusName="eventBusName",
            State="state",
            RoleArn="roleArn",
        )
        return aws("events").put_rule(Name=inputs["name"], **parameters, **more)["RuleArn"]

    def create(self, aws: Clients, inputs: Inputs) -> Created:
        arn = self._put(aws, inputs, Tags=tag_list(inputs))
        return Created(inputs["name"], {"arn": arn, "eventBusName": inputs.get("eventBusName", "default")})

    def update(self, aws: Clients, id: str, old: Inputs, new: Inputs, outputs: Outputs) -> Outputs:
        self._put(aws, new)
        update_tags(aws, outputs["arn"], old, new)
        return {}

    def delete(self, aws: Clients, id: str, inputs: Inputs, outputs: Outputs) -> None:
        unless_gone(aws("events").delete_rule, Name=id, **chosen(inputs, EventBusName="eventBusName"))


class EventTarget(Resource):
    pulumi_type = "aws:cloudwatch/eventTarget:EventTarget"
    inputs = frozenset(
        (
            "rule",
            "arn",
            "targetId",
            "eventBusName",
            "roleArn",
            "input",
            "inputPath",
            "inputTransformer",
            "sqsTarget",
            "deadLetterConfig",
            "retryPolicy",
        )
    )
    required = frozenset(("rule", "arn"))
    replace_on = frozenset(("rule", "eventBusName"))
    name_input = "targetId"
    name_limit = 64

    def create(self, aws: Clients, inputs: Inputs) -> Created:
        target = {
            "Id": inputs["targetId"],
            "Arn": inputs["arn"],
            **chosen(
                inputs,
                RoleArn="roleArn",
                Input="input",
                InputPath="inputPath",
                SqsParameters="sqsTarget",
                DeadLetterConfig="deadLetterConfig",
            ),
        }
        if retry := inputs.get("retryPolicy"):
            target["RetryPolicy"] = {name[:1].upper() + name[1:]: int(value) for name, value in retry.items()}
        if transformer := inputs.get("inputTransformer"):
            target["InputTransformer"] = {
                "InputPathsMap": transformer.get("inputPaths") or {},
                "InputTemplate": transformer["inputTemplate"],
            }
        answer = aws("events").put_targets(
            Rule=inputs["rule"], Targets=[target], **chosen(inputs, EventBusName="eventBusName")
        )
        if answer.get("FailedEntryCount"):
            raise ValueError(f"target {inputs['targetId']!r} was refused: {answer['FailedEntries']}")
        return Created(f"{inputs['rule']}-{inputs['targetId']}", {})

    def update(self, aws: Clients, id: str, old: Inputs, new: Inputs, outputs: Outputs) -> Outputs:
        self.create(aws, new)
        return {}

    def delete(self, aws: Clients, id: str, inputs: Inputs, outputs: Outputs) -> None:
        unless_gone(
            aws("events").remove_targets,
            Rule=inputs["rule"],
            Ids=[inputs["targetId"]],
            **chosen(inputs, EventBusName="eventBusName"),
        )
