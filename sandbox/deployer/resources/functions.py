"""Lambda functions, layers, URLs, event sources and invocations."""

import json
import secrets
import time
from typing import Any

from sandbox.deployer.clients import Clients
from sandbox.deployer.resource import (
    Created,
    Inputs,
    Outputs,
    Resource,
    chosen,
    content,
    pascal,
    unless_gone,
    update_tags,
)

READY_SECONDS = 60
DESTINATION = {"destinationArn": "Destination"}


def _configuration(inputs: Inputs) -> dict[str, Any]:
    parameters = chosen(
        inputs,
        Role="role",
        Handler="handler",
        Runtime="runtime",
        Description="description",
        Layers="layers",
        LoggingConfig="loggingConfig",
        TracingConfig="tracingConfig",
        DeadLetterConfig="deadLetterConfig",
        KMSKeyArn="kmsKeyArn",
    )
    parameters["Timeout"] = int(inputs.get("timeout") or 3)
    parameters["MemorySize"] = int(inputs.get("memorySize") or 128)
    parameters["Environment"] = {"Variables": (inputs.get("environment") or {}).get("variables") or {}}
    network = inputs.get("vpcConfig") or {}
    parameters["VpcConfig"] = {
        "SubnetIds": network.get("subnetIds") or [],
        "SecurityGroupIds": network.get("securityGroupIds") or [],
    }
    if storage := inputs.get("ephemeralStorage"):
        parameters["EphemeralStorage"] = {"Size": int(storage["size"])}
    return parameters


class Function(Resource):
    pulumi_type = "aws:lambda/function:Function"
    inputs = frozenset(
        (
            "name",
            "code",
            "sourceCodeHash",
            "handler",
            "runtime",
            "role",
            "layers",
            "memorySize",
            "timeout",
            "environment",
            "loggingConfig",
            "architectures",
            "description",
            "ephemeralStorage",
            "tracingConfig",
            "deadLetterConfig",
            "kmsKeyArn",
            "vpcConfig",
            "reservedConcurrentExecutions",
            "tags",
        )
    )
    required = frozenset(("code", "handler", "runtime", "role"))
    name_input = "name"
    name_limit = 64

    def create(self, aws: Clients, inputs: Inputs) -> Created:
        made = aws("lambda").create_function(
            FunctionName=inputs["name"],
            Code={"ZipFile": content(inputs["code"])},
            Tags=inputs.get("tags") or {},
            **chosen(inputs, Architectures="architectures"),
            **_configuration(inputs),
        )
        self._wait(aws, inputs["name"])
        self._concurrency(aws, inputs)
        arn = made["FunctionArn"]
        outputs = {
            "arn": arn,
            "qualifiedArn": f"{arn}:$LATEST",
            "version": "$LATEST",
            "invokeArn": f"arn:aws:apigateway:{aws.region}:lambda:path/2015-03-31/functions/{arn}/invocations",
        }
        return Created(inputs["name"], outputs)

    def _concurrency(self, aws: Clients, inputs: Inputs) -> None:
        if inputs.get("reservedConcurrentExecutions") is not None:
            aws("lambda").put_function_concurrency(
                FunctionName=inputs["name"], ReservedConcurrentExecutions=int(inputs["reservedConcurrentExecutions"])
            )

    def _wait(self, aws: Clients, name: str) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while True:
            found = aws("lambda").get_function_configuration(FunctionName=name)
            settled = found.get("LastUpdateStatus") in (None, "Successful")
            if found.get("State", "Active") == "Active" and settled:
                return
            if time.monotonic() > deadline:
                raise TimeoutError(f"function {name} was not ready after {READY_SECONDS} s: {found.get('StateReason')}")
            time.sleep(0.02)

    def update(self, aws: Clients, id: str, old: Inputs, new: Inputs, outputs: Outputs) -> Outputs:
        if old["code"]["sha256"] != new["code"]["sha256"] or old.get("architectures") != new.get("architectures"):
            aws("lambda").update_function_code(
                FunctionName=id, ZipFile=content(new["code"]), **chosen(new, Architectures="architectures")
            )
            self._wait(aws, id)
        if _configuration(old) != _configuration(new):
            aws("lambda").update_function_configuration(FunctionName=id, **_configuration(new))
            self._wait(aws, id)
        self._concurrency(aws, new)
        update_tags(aws, outputs["arn"], old, new)
        return {}

    def delete(self, aws: Clients, id: str, inputs: Inputs, outputs: Outputs) -> None:
        unless_gone(aws("lambda").delete_function, FunctionName=id)


class LayerVersion(Resource):
    pulumi_type = "aws:lambda/layerVersion:LayerVersion"
    inputs = frozenset(
        (
            "layerName",
            "code",
            "sourceCodeHash",
            "compatibleRuntimes",
            "compatibleArchitectures",
            "description",
            "licenseInfo",
        )
    )
    required = frozenset(("layerName", "code"))
    replace_on = inputs

    def create(self, aws: Clients, inputs: Inputs) -> Created:
        made = aws("lambda").publish_layer_version(
            LayerName=inputs["layerName"],
            Content={"ZipFile": content(inputs["code"])},
            **chosen(
                inputs,
                CompatibleRuntimes="compatibleRuntimes",
                CompatibleArchitectures="compatibleArchitectures",
                Description="description",
                LicenseInfo="licenseInfo",
            ),
        )
        arn = made["LayerVersionArn"]
        return Created(arn, {"arn": arn, "layerArn": made["LayerArn"], "version": str(made["Version"])})

    def delete(self, aws: Clients, id: str, inputs: Inputs, outputs: Outputs) -> None:
        unless_gone(
            aws("lambda").delete_layer_version,
            LayerName=inputs["layerName"],
            VersionNumber=int(outputs["version"]),
        )


class Permission(Resource):
    pulumi_type = "aws:lambda/permission:Permission"
    inputs = frozenset(
        (
            "action",
            "function",
            "principal",
            "sourceArn",
            "sourceAccount",
            "statementId",
            "functionUrlAuthType",
            "qualifier",
        )
    )
    required = frozenset(("action", "function", "principal"))
    replace_on = inputs
    name_input = "statementId"
    name_limit = 100

    def create(self, aws: Clients, inputs: Inputs) -> Created:
        aws("lambda").add_permission(
            FunctionName=inputs["function"],
            StatementId=inputs["statementId"],
            Action=inputs["action"],
            Principal=inputs["principal"],
            **chosen(
                inputs,
                SourceArn="sourceArn",
                SourceAccount="sourceAccount",
                FunctionUrlAuthType="functionUrlAuthType",
                Qualifier="qualifier",
            ),
        )
        return Created(inputs["statementId"], {})

    def delete(self, aws: Clients, id: str, inputs: Inputs, outputs: Outputs) -> None:
        unless_gone(
            aws("lambda").remove_permission,
            FunctionName=inputs["function"],
            StatementId=id,
            **chosen(inputs, Qualifier="qualifier"),
        )


class FunctionUrl(Resource):
    """The URL has the form that the embedded AWS serves by path: host names of function URLs do not resolve here."""

    pulumi_type = "aws:lambda/functionUrl:FunctionUrl"
    inputs = frozenset(("functionName", "authorizationType", "invokeMode", "qualifier"))
    required = frozenset(("functionName", "authorizationType"))
    replace_on = frozenset(("functionName", "qualifier"))

    def create(self, aws: Clients, inputs: Inputs) -> Created:
        made = aws("lambda").create_function_url_config(
            FunctionName=inputs["functionName"],
            AuthType=inputs["authorizationType"],
            **chosen(inputs, InvokeMode="invokeMode", Qualifier="qualifier"),
        )
        identifier = made["FunctionUrl"].split("//", 1)[1].split(".", 1)[0]
        outputs = {
            "functionUrl": f"{aws.endpoint}/_aws/lambda-url/{identifier}/",
            "functionArn": made["FunctionArn"],
            "urlId": identifier,
        }
        return Created(inputs["functionName"], outputs)

    def update(self, aws: Clients, id: str, old: Inputs, new: Inputs, outputs: Outputs) -> Outputs:
        aws("lambda").update_function_url_config(
            FunctionName=new["functionName"],
            AuthType=new["authorizationType"],
            **chosen(new, InvokeMode="invokeMode", Qualifier="qualifier"),
        )
        return {}

    def delete(self, aws: Clients, id: str, inputs: Inputs, outputs: Outputs) -> None:
        unless_gone(
            aws("lambda").delete_function_url_config,
            FunctionName=inputs["functionName"],
            **chosen(inputs, Qualifier="qualifier"),
        )


class EventSourceMapping(Resource):
    pulumi_type = "aws:lambda/eventSourceMapping:EventSourceMapping"
    inputs = frozenset(
        (
            "eventSourceArn",
            "functionName",
            "batchSize",
            "enabled",
            "functionResponseTypes",
            "scalingConfig",
            "maximumBatchingWindowInSeconds",
            "startingPosition",
            "bisectBatchOnFunctionError",
            "maximumRetryAttempts",
            "maximumRecordAgeInSeconds",
            "parallelizationFactor",
            "destinationConfig",
            "filterCriteria",
            "tags",
        )
    )
    required = frozenset(("eventSourceArn", "functionName"))
    replace_on = frozenset(("eventSourceArn", "startingPosition"))

    def _parameters(self, inputs: Inputs) -> dict[str, Any]:
        parameters = chosen(
            inputs,
            Enabled="enabled",
            FunctionResponseTypes="functionResponseTypes",
            BisectBatchOnFunctionError="bisectBatchOnFunctionError",
            FilterCriteria="filterCriteria",
        )
        if destinations := inputs.get("destinationConfig"):
            parameters["DestinationConfig"] = pascal(destinations, DESTINATION)
        for api, name in (
            ("BatchSize", "batchSize"),
            ("MaximumBatchingWindowInSeconds", "maximumBatchingWindowInSeconds"),
            ("MaximumRetryAttempts", "maximumRetryAttempts"),
            ("MaximumRecordAgeInSeconds", "maximumRecordAgeInSeconds"),
            ("ParallelizationFactor", "parallelizationFactor"),
        ):
            if inputs.get(name) is not None:
                parameters[api] = int(inputs[name])
        if scaling := inputs.get("scalingConfig"):
            parameters["ScalingConfig"] = {"MaximumConcurrency": int(scaling["maximumConcurrency"])}
        return parameters

    def create(self, aws: Clients, inputs: Inputs) -> Created:
        made = aws("lambda").create_event_source_mapping(
            EventSourceArn=inputs["eventSourceArn"],
            FunctionName=inputs["functionName"],
            Tags=inputs.get("tags") or {},
            **chosen(inputs, StartingPosition="startingPosition"),
            **self._parameters(inputs),
        )
        identifier = made["UUID"]
        arn = f"arn:aws:lambda:{aws.region}:{aws.account}:event-source-mapping:{identifier}"
        return Created(identifier, {"uuid": identifier, "arn": arn, "functionArn": made["FunctionArn"]})

    def update(self, aws: Clients, id: str, old: Inputs, new: Inputs, outputs: Outputs) -> Outputs:
        aws("lambda").update_event_source_mapping(UUID=id, FunctionName=new["functionName"], **self._parameters(new))
        update_tags(aws, outputs["arn"], old, new)
        return {}

    def delete(self, aws: Clients, id: str, inputs: Inputs, outputs: Outputs) -> None:
        unless_gone(aws("lambda").delete_event_source_mapping, UUID=id)


class FunctionEventInvokeConfig(Resource):
    pulumi_type = "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig"
    inputs = frozenset(
        ("functionName", "qualifier", "maximumRetryAttempts", "maximumEventAgeInSeconds", "destinationConfig")
    )
    required = frozenset(("functionName",))
    replace_on = frozenset(("functionName", "qualifier"))

    def create(self, aws: Clients, inputs: Inputs) -> Created:
        parameters = {
            api: int(inputs[name])
            for api, name in (
                ("MaximumRetryAttempts", "maximumRetryAttempts"),
                ("MaximumEventAgeInSeconds", "maximumEventAgeInSeconds"),
            )
            if inputs.get(name) is not None
        }
        if destinations := inputs.get("destinationConfig"):
            parameters["DestinationConfig"] = pascal(destinations)
        aws("lambda").put_function_event_invoke_config(
            FunctionName=inputs["functionName"], **chosen(inputs, Qualifier="qualifier"), **parameters
        )
        return Created(inputs["functionName"], {})

    def update(self, aws: Clients, id: str, old: Inputs, new: Inputs, outputs: Outputs) -> Outputs:
        self.create(aws, new)
        return {}

    def delete(self, aws: Clients, id: str, inputs: Inputs, outputs: Outputs) -> None:
        unless_gone(
            aws("lambda").delete_function_event_invoke_config,
            FunctionName=inputs["functionName"],
            **chosen(inputs, Qualifier="qualifier"),
        )


class Invocation(Resource):
    """Calls a function; with lifecycle scope CRUD also when the input changes and when the resource is deleted."""

    pulumi_type = "aws:lambda/invocation:Invocation"
    inputs = frozenset(("functionName", "input", "lifecycleScope", "terraformKey", "qualifier", "triggers"))
    required = frozenset(("functionName", "input"))
    replace_on = frozenset(("functionName", "qualifier", "lifecycleScope"))

    def _call(self, aws: Clients, inputs: Inputs, action: str, previous: Any) -> str:
        given = json.loads(inputs["input"])
        if inputs.get("lifecycleScope") == "CRUD":
            given[inputs.get("terraformKey", "tf")] = {"action": action, "prev_input": previous}
        answer = aws("lambda").invoke(FunctionName=inputs["functionName"], Payload=json.dumps(given).encode())
        result = answer["Payload"].read().decode()
        if answer.get("FunctionError"):
            raise RuntimeError(f"function {inputs['functionName']} failed on {action}: {result}")
        return result

    def create(self, aws: Clients, inputs: Inputs) -> Created:
        return Created(secrets.token_hex(16), {"result": self._call(aws, inputs, "create", None)})

    def update(self, aws: Clients, id: str, old: Inputs, new: Inputs, outputs: Outputs) -> Outputs:
        return {"result": self._call(aws, new, "update", json.loads(old["input"]))}

    def delete(self, aws: Clients, id: str, inputs: Inputs, outputs: Outputs) -> None:
        if inputs.get("lifecycleScope") == "CRUD":
            self._call(aws, inputs, "delete", json.loads(inputs["input"]))
