"""A state machine with a role and a log of its own; an alarm says when a run failed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from components.building_blocks import failures, guardrails, names, policy, watched
from components.building_blocks.alarm import RUNBOOK, alarm

LOG_RETENTION_DAYS = 30
VENDED_LOGS = "/aws/vendedlogs/states/"
LOG_DELIVERY = policy.Statement(
    [
        "logs:CreateLogDelivery",
        "logs:GetLogDelivery",
        "logs:UpdateLogDelivery",
        "logs:DeleteLogDelivery",
        "logs:ListLogDeliveries",
        "logs:PutResourcePolicy",
        "logs:DescribeResourcePolicies",
        "logs:DescribeLogGroups",
    ],
    ["*"],
    why_wildcard="CloudWatch's log delivery API knows no resources",
)
"""What Step Functions needs to deliver a state machine's log."""


@dataclass(frozen=True)
class StateMachineArgs:
    """definition: Amazon States Language as a dict, which may hold outputs anywhere. statements: what its tasks need.

    redrive: the way of a failed run (components/building_blocks/failures.py). distributed_map: it has a distributed map, whose child runs it starts, reads and stops itself.
    """

    definition: pulumi.Input[Mapping[str, Any]]
    statements: Sequence[policy.Statement]
    redrive: failures.Details
    distributed_map: bool = False
    alarm_topic_arn: pulumi.Input[str] | None = None
    log_retention_days: int = LOG_RETENTION_DAYS


class StateMachine(pulumi.ComponentResource):
    """A standard state machine. Its log has errors without inputs and outputs, which may hold personal data."""

    def __init__(self, name: str, args: StateMachineArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("engagement:blocks:StateMachine", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        log_group = guardrails.log_group(
            f"{name}-logs",
            args.log_retention_days,
            child,
            # CloudWatch's resource policy is short of space unless the names of delivery targets start like this.
            name_prefix=f"{VENDED_LOGS}{names.prefixed(name)}-",
        )
        # Step Functions tells whose machine it runs, so that nobody else's takes the role on.
        ours = {"StringEquals": {"aws:SourceAccount": aws.get_caller_identity_output().account_id}}
        grants = policy.role(
            name, policy.service_trust("states.amazonaws.com", ours), [LOG_DELIVERY, *args.statements], child
        )
        self.role = grants.role
        self.state_machine = aws.sfn.StateMachine(
            f"{name}-machine",
            type="STANDARD",
            role_arn=self.role.arn,
            definition=pulumi.Output.json_dumps(args.definition, sort_keys=True),
            logging_configuration={
                "level": "ERROR",
                "include_execution_data": False,
                "log_destination": pulumi.Output.format("{0}:*", log_group.arn),
            },
            opts=pulumi.ResourceOptions(parent=self, depends_on=grants.ready),
        )
        place = f"{name.removesuffix('-runs')}-runs"
        self.arn = self.state_machine.arn
        self.name = self.state_machine.name
        watched.note(watched.Kind.MACHINE, name, self.arn)
        self.ready: list[pulumi.Resource] = [self.state_machine, *grants.ready]
        if args.distributed_map:
            self.ready.append(self._map_grants(name, child))
        alarm(
            f"{name}-failed-alarm",
            namespace="AWS/States",
            metric="ExecutionsFailed",
            dimensions={"StateMachineArn": self.arn},
            topic_arn=args.alarm_topic_arn,
            description=f"A run of {name} failed. `engagement failures show {place}` says at which state and why. {RUNBOOK}",
            opts=child,
        )
        failures.run_place(place, f"Runs of {name} that failed.", self.arn, args.redrive)
        self.register_outputs({"arn": self.arn, "name": self.name})

    def _map_grants(self, name: str, opts: pulumi.ResourceOptions) -> aws.iam.RolePolicy:
        executions = self.arn.apply(lambda arn: arn.replace(":stateMachine:", ":execution:"))
        statements = [
            policy.Statement(["states:StartExecution"], [self.arn]),
            policy.Statement(
                ["states:DescribeExecution", "states:StopExecution"],
                [pulumi.Output.format("{0}:*", executions), pulumi.Output.format("{0}/*", executions)],
                why_wildcard="child runs of this state machine's own maps: Step Functions names them",
            ),
        ]
        return aws.iam.RolePolicy(
            f"{name}-map-grants", role=self.role.name, policy=policy.document(statements), opts=opts
        )

    def start_statement(self) -> policy.Statement:
        """What the role of whoever starts this state machine needs."""
        return policy.Statement(["states:StartExecution"], [self.arn])

    def describe_statement(self) -> policy.Statement:
        """What the role of whoever asks how its executions stand needs."""
        executions = self.arn.apply(lambda arn: arn.replace(":stateMachine:", ":execution:"))
        return policy.Statement(
            ["states:DescribeExecution"],
            [pulumi.Output.format("{0}:*", executions)],
            why_wildcard="executions of this state machine, which are named by what they are about",
        )
