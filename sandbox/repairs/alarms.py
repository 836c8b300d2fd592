"""Lets alarms follow what AWS's own services tell CloudWatch: how many messages a queue has, how many runs of a state machine
failed. MiniStack's alarms know only what somebody puts, and tell topics whose policy does not let CloudWatch publish.

Source: "Available CloudWatch metrics for Amazon SQS", "Monitoring Step Functions metrics using Amazon CloudWatch". AWS tells
once a minute; here an alarm is judged each second.
"""
# pyright: reportMissingImports=false

import json
import logging
import threading
import time
from datetime import datetime
from typing import Any

from ministack.core.responses import get_account_id, get_region
from ministack.services import cloudwatch, sqs, stepfunctions

from sandbox.repairs import publishing

SECONDS = 1.0
VISIBLE, HIDDEN = "ApproximateNumberOfMessagesVisible", "ApproximateNumberOfMessagesNotVisible"
MEASURED = {("AWS/SQS", VISIBLE), ("AWS/SQS", HIDDEN), ("AWS/States", "ExecutionsFailed")}
logger = logging.getLogger("sandbox.alarms")


def install() -> None:
    """Judges the alarms of these metrics, and leaves others to MiniStack."""
    inner = cloudwatch._evaluate_alarm

    def evaluate(alarm: dict[str, Any]) -> None:
        if (alarm.get("Namespace"), alarm.get("MetricName")) not in MEASURED:
            inner(alarm)

    cloudwatch._evaluate_alarm = evaluate
    threading.Thread(target=_watch, name="sandbox-alarms", daemon=True).start()


def _watch() -> None:
    while True:
        time.sleep(SECONDS)
        for alarm in list(cloudwatch._alarms.values()):
            if (alarm.get("Namespace"), alarm.get("MetricName")) in MEASURED:
                try:
                    _judge(alarm)
                except Exception:
                    logger.exception("alarm %s was not judged", alarm.get("AlarmName"))


def _judge(alarm: dict[str, Any]) -> None:
    value, threshold = _measure(alarm), float(alarm.get("Threshold", 0))
    old, new = alarm["StateValue"], "ALARM" if value > threshold else "OK"
    if old == new:
        return
    reason = (
        f"Threshold Crossed: 1 datapoint [{value}] was {'' if value > threshold else 'not '}greater than {threshold}."
    )
    alarm |= {"StateValue": new, "StateReason": reason, "StateUpdatedTimestamp": int(time.time())}
    cloudwatch._record_history(alarm["AlarmName"], old, new, reason)
    actions = alarm.get("AlarmActions" if new == "ALARM" else "OKActions") or []
    if alarm.get("ActionsEnabled", True):
        for topic in actions:
            _tell(alarm, topic, old, reason)


def _measure(alarm: dict[str, Any]) -> float:
    dimensions = {entry["Name"]: entry["Value"] for entry in alarm.get("Dimensions", ())}
    if "QueueName" in dimensions:
        queue = sqs._queue_by_arn(f"arn:aws:sqs:{get_region()}:{get_account_id()}:{dimensions['QueueName']}")
        now, hidden = time.time(), alarm["MetricName"] == HIDDEN
        messages = [] if queue is None else list(queue["messages"])
        return float(sum((message["visible_at"] > now) == hidden for message in messages))
    machine, since = dimensions.get("StateMachineArn"), time.time() - float(alarm.get("Period", 60))
    return float(
        sum(
            run.get("stateMachineArn") == machine
            and run.get("status") == "FAILED"
            and _seconds(run["stopDate"]) >= since
            for run in list(stepfunctions._executions.values())
        )
    )


def _seconds(moment: Any) -> float:
    if isinstance(moment, int | float):
        return float(moment)
    return datetime.fromisoformat(str(moment).replace("Z", "+00:00")).timestamp()


def _tell(alarm: dict[str, Any], topic: str, old: str, reason: str) -> None:
    """As CloudWatch writes to a topic, where the topic and its key let it."""
    told = {
        "AlarmName": alarm["AlarmName"],
        "AlarmDescription": alarm.get("AlarmDescription", ""),
        "AWSAccountId": get_account_id(),
        "NewStateValue": alarm["StateValue"],
        "NewStateReason": reason,
        "OldStateValue": old,
        "AlarmArn": alarm.get("AlarmArn", ""),
    }
    subject = f'{alarm["StateValue"]}: "{alarm["AlarmName"]}" in {get_region()}'[:100]
    publishing.to_topic("cloudwatch.amazonaws.com", topic, json.dumps(told), subject, alarm.get("AlarmArn", ""))
