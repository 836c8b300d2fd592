"""Log groups and alarms."""

from sandbox.deployer.clients import Clients
from sandbox.deployer.resource import Created, Inputs, Outputs, Resource, chosen, tag_list, unless_gone, update_tags


class LogGroup(Resource):
    pulumi_type = "aws:cloudwatch/logGroup:LogGroup"
    inputs = frozenset(("name", "retentionInDays", "kmsKeyId", "tags"))
    replace_on = frozenset(("kmsKeyId",))
    name_input = "name"
    name_limit = 512

    def create(self, aws: Clients, inputs: Inputs) -> Created:
        logs = aws("logs")
        logs.create_log_group(
            logGroupName=inputs["name"],
            tags=inputs.get("tags") or {},
            **({"kmsKeyId": inputs["kmsKeyId"]} if inputs.get("kmsKeyId") else {}),
        )
        self._retain(aws, inputs)
        return Created(inputs["name"], {"arn": f"arn:aws:logs:{aws.region}:{aws.account}:log-group:{inputs['name']}"})

    def _retain(self, aws: Clients, inputs: Inputs) -> None:
        if inputs.get("retentionInDays"):
            aws("logs").put_retention_policy(
                logGroupName=inputs["name"], retentionInDays=int(inputs["retentionInDays"])
            )
        else:
            unless_gone(aws("logs").delete_retention_policy, logGroupName=inputs["name"])

    def update(self, aws: Clients, id: str, old: Inputs, new: Inputs, outputs: Outputs) -> Outputs:
        self._retain(aws, new)
        update_tags(aws, outputs["arn"], old, new)
        return {}

    def delete(self, aws: Clients, id: str, inputs: Inputs, outputs: Outputs) -> None:
        unless_gone(aws("logs").delete_log_group, logGroupName=id)


class MetricAlarm(Resource):
    pulumi_type = "aws:cloudwatch/metricAlarm:MetricAlarm"
    inputs = frozenset(
        (
            "name",
            "comparisonOperator",
            "evaluationPeriods",
            "metricName",
            "namespace",
            "period",
            "statistic",
            "threshold",
            "alarmDescription",
            "alarmActions",
            "okActions",
            "dimensions",
            "treatMissingData",
            "datapointsToAlarm",
            "actionsEnabled",
            "tags",
        )
    )
    required = frozenset(("comparisonOperator", "evaluationPeriods"))
    name_input = "name"
    name_limit = 255

    def _put(self, aws: Clients, inputs: Inputs, **more: object) -> None:
        parameters = chosen(
            inputs,
            ComparisonOperator="comparisonOperator",
            MetricName="metricName",
            Namespace="namespace",
            Statistic="statistic",
            AlarmDescription="alarmDescription",
            AlarmActions="alarmActions",
            OKActions="okActions",
            TreatMissingData="treatMissingData",
            ActionsEnabled="actionsEnabled",
        )
        for api, name in (
            ("EvaluationPeriods", "evaluationPeriods"),
            ("Period", "period"),
            ("DatapointsToAlarm", "datapointsToAlarm"),
        ):
            if inputs.get(name) is not None:
                parameters[api] = int(inputs[name])
        if inputs.get("threshold") is not None:
            parameters["Threshold"] = float(inputs["threshold"])
        dimensions = [{"Name": name, "Value": value} for name, value in (inputs.get("dimensions") or {}).items()]
        aws("cloudwatch").put_metric_alarm(AlarmName=inputs["name"], Dimensions=dimensions, **parameters, **more)

    def create(self, aws: Clients, inputs: Inputs) -> Created:
        self._put(aws, inputs, Tags=tag_list(inputs))
        return Created(inputs["name"], {"arn": f"arn:aws:cloudwatch:{aws.region}:{aws.account}:alarm:{inputs['name']}"})

    def update(self, aws: Clients, id: str, old: Inputs, new: Inputs, outputs: Outputs) -> Outputs:
        self._put(aws, new)
        update_tags(aws, outputs["arn"], old, new)
        return {}

    def delete(self, aws: Clients, id: str, inputs: Inputs, outputs: Outputs) -> None:
        unless_gone(aws("cloudwatch").delete_alarms, AlarmNames=[id])
