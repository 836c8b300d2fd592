"""CloudWatch Logs streams."""

from sandbox.deployer.clients import Clients
from sandbox.deployer.resource import Created, Inputs, Outputs, Resource, unless_gone


class LogStream(Resource):
    pulumi_type = "aws:cloudwatch/logStream:LogStream"
    inputs = frozenset(("name", "logGroupName"))
    required = frozenset(("logGroupName",))
    replace_on = frozenset(("logGroupName",))
    name_input = "name"
    name_limit = 512

    def create(self, aws: Clients, inputs: Inputs) -> Created:
        group, name = inputs["logGroupName"], inputs["name"]
        aws("logs").create_log_stream(logGroupName=group, logStreamName=name)
        return Created(name, {"arn": f"arn:aws:logs:{aws.region}:{aws.account}:log-group:{group}:log-stream:{name}"})

    def delete(self, aws: Clients, id: str, inputs: Inputs, outputs: Outputs) -> None:
        unless_gone(aws("logs").delete_log_stream, logGroupName=inputs["logGroupName"], logStreamName=inputs["name"])
