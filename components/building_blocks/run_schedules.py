"""Runs of a state machine that start by themselves; what a schedule could not start is a dead letter, which starts it later."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from components.building_blocks import failures, policy
from components.building_blocks.queue import DeadLetters
from components.building_blocks.state_machine import StateMachine

START_WITHIN_SECONDS = 3600
ATTEMPTS = 10


@dataclass(frozen=True)
class RunSchedule:
    """name: of the schedule, after the architecture's. expression, timezone: EventBridge Scheduler's. run_input: each run's input."""

    name: str
    description: str
    expression: str
    timezone: str
    run_input: Mapping[str, Any]


def run_by_schedules(
    name: str,
    machine: StateMachine,
    schedules: Sequence[RunSchedule],
    *,
    account_id: pulumi.Input[str],
    alarm_topic_arn: pulumi.Input[str] | None,
    parent: pulumi.Resource,
) -> None:
    """Makes the schedules, with one role that may start this machine and one dead-letter queue; of no schedules, nothing."""
    if not schedules:
        return
    child = pulumi.ResourceOptions(parent=parent)
    dead_letters = DeadLetters(f"{name}-schedules", alarm_topic_arn=alarm_topic_arn, opts=child)
    dead_letters.redriven("Runs that their schedule could not start.", failures.by_run(machine.arn))
    role = policy.role(
        f"{name}-schedules",
        policy.service_trust("scheduler.amazonaws.com", {"StringEquals": {"aws:SourceAccount": account_id}}),
        [machine.start_statement(), dead_letters.send_statement()],
        child,
    )
    for schedule in schedules:
        aws.scheduler.Schedule(
            f"{name}-{schedule.name}",
            description=schedule.description,
            schedule_expression=schedule.expression,
            schedule_expression_timezone=schedule.timezone,
            flexible_time_window={"mode": "OFF"},
            target={
                "arn": machine.arn,
                "role_arn": role.role.arn,
                "input": pulumi.Output.json_dumps(schedule.run_input, sort_keys=True),
                "dead_letter_config": {"arn": dead_letters.arn},
                "retry_policy": {
                    "maximum_event_age_in_seconds": START_WITHIN_SECONDS,
                    "maximum_retry_attempts": ATTEMPTS,
                },
            },
            opts=pulumi.ResourceOptions(parent=parent, depends_on=[*machine.ready, *role.ready, *dead_letters.ready]),
        )
