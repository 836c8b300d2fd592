"""Amazon Pinpoint's projects and event streams (platform `pinpoint`)."""

from sandbox.deployer.clients import Clients
from sandbox.deployer.resource import Created, Inputs, Outputs, Resource, unless_gone, update_tags


class App(Resource):
    pulumi_type = "aws:pinpoint/app:App"
    inputs = frozenset(("name", "tags"))
    name_input = "name"

    def create(self, aws: Clients, inputs: Inputs) -> Created:
        app = aws("pinpoint").create_app(
            CreateApplicationRequest={"Name": inputs["name"], "tags": inputs.get("tags") or {}}
        )["ApplicationResponse"]
        return Created(app["Id"], {"arn": app["Arn"], "applicationId": app["Id"]})

    def update(self, aws: Clients, id: str, old: Inputs, new: Inputs, outputs: Outputs) -> Outputs:
        update_tags(aws, outputs["arn"], old, new)
        return {}

    def delete(self, aws: Clients, id: str, inputs: Inputs, outputs: Outputs) -> None:
        unless_gone(aws("pinpoint").delete_app, ApplicationId=id)


class EventStream(Resource):
    pulumi_type = "aws:pinpoint/eventStream:EventStream"
    inputs = frozenset(("applicationId", "destinationStreamArn", "roleArn"))
    required = inputs
    replace_on = frozenset(("applicationId",))

    def create(self, aws: Clients, inputs: Inputs) -> Created:
        aws("pinpoint").put_event_stream(
            ApplicationId=inputs["applicationId"],
            WriteEventStream={"DestinationStreamArn": inputs["destinationStreamArn"], "RoleArn": inputs["roleArn"]},
        )
        return Created(inputs["applicationId"], {})

    def update(self, aws: Clients, id: str, old: Inputs, new: Inputs, outputs: Outputs) -> Outputs:
        self.create(aws, new)
        return {}

    def delete(self, aws: Clients, id: str, inputs: Inputs, outputs: Outputs) -> None:
        unless_gone(aws("pinpoint").delete_event_stream, ApplicationId=id)
