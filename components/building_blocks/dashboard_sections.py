"""What a stack's dashboard shows of what its building blocks made: each kind by the metrics that AWS tells of it."""

from collections.abc import Iterator

from components.building_blocks import ses_limits
from components.building_blocks.watched import Kind, Noted, Watched
from components.building_blocks.widgets import Computed, Graph, Limit, Line, Section

TOLD_BY = {
    Kind.FUNCTION: ("AWS/Lambda", "FunctionName"),
    Kind.ASYNCHRONOUS: ("AWS/Lambda", "FunctionName"),
    Kind.STREAM_READER: ("AWS/Lambda", "FunctionName"),
    Kind.QUEUE: ("AWS/SQS", "QueueName"),
    Kind.DEAD_LETTERS: ("AWS/SQS", "QueueName"),
    Kind.DEAD_LETTERS_READ: ("AWS/SQS", "QueueName"),
    Kind.MACHINE: ("AWS/States", "StateMachineArn"),
    Kind.STREAM: ("AWS/Kinesis", "StreamName"),
    Kind.DELIVERY: ("AWS/Firehose", "DeliveryStreamName"),
    Kind.TABLE: ("AWS/DynamoDB", "TableName"),
    Kind.TOPIC: ("AWS/SNS", "TopicName"),
    Kind.RULE: ("AWS/Events", "RuleName"),
    Kind.DISTRIBUTION: ("AWS/CloudFront", "DistributionId"),
}
"""Namespace and dimension of each kind's metrics."""
CLOUDFRONT_REGION = "us-east-1"
"""Where CloudFront tells its metrics, wherever the stack is."""
EVERYWHERE = {Kind.DISTRIBUTION: ("Region", "Global")}
"""A further dimension, with its one value."""
VISIBLE, IN_HANDS = "ApproximateNumberOfMessagesVisible", "ApproximateNumberOfMessagesNotVisible"


def sections(watched: Watched, text_spend_limit: int | None) -> Iterator[Section]:
    """The sections of the dashboard, below its alarms. text_spend_limit: US dollars a month, None where it is not known."""
    sent = [*_email(watched), *_texts(watched, text_spend_limit)]
    yield Section("What comes in", "Counts in each period.", list(_incoming(watched)))
    yield Section("What is sent", "SES and End User Messaging count for the whole account in this Region.", sent)
    yield Section("Queues", "What could not be handled is in the dead letters.", list(_queues(watched)))
    yield Section("Functions", "At 100 % of its time limit a function is cut off.", list(_functions(watched)))
    yield Section("State machines", "`engagement failures` says why a run failed.", list(_machines(watched)))
    yield Section("Streams", "How far readers are behind, and what was refused.", list(_streams(watched)))
    yield Section("Tables, topics, rules", "What is read and written, and what AWS refused.", list(_stores(watched)))


def _incoming(watched: Watched) -> Iterator[Graph]:
    yield _graph(watched, Kind.STREAM, "Events into the stream", "IncomingRecords")
    yield _graph(watched, Kind.RULE, "Files and objects that arrived", "MatchedEvents")
    yield _graph(watched, Kind.QUEUE, "Messages into queues", "NumberOfMessagesSent")
    yield _graph(watched, Kind.FUNCTION, "Calls of functions", "Invocations")
    yield _graph(watched, Kind.MACHINE, "Runs of state machines", "ExecutionsStarted")
    yield _graph(watched, Kind.TOPIC, "Notifications", "NumberOfMessagesPublished")
    yield _graph(watched, Kind.DELIVERY, "Events read for delivery", "DataReadFromKinesisStream.Records")
    yield _graph(watched, Kind.DISTRIBUTION, "Requests of files", "Requests")


def _email(watched: Watched) -> Iterator[Graph]:
    if not watched.may("ses"):
        return
    counts = ("Send", "Delivery", "Bounce", "Complaint", "Reject")
    yield Graph("Email", [Line("AWS/SES", metric, label=metric) for metric in counts])
    for title, metric, limits in (
        ("Bounce rate, %", "Reputation.BounceRate", ses_limits.BOUNCES),
        ("Complaint rate, %", "Reputation.ComplaintRate", ses_limits.COMPLAINTS),
    ):
        share = Line("AWS/SES", metric, statistic="Average", id="share", hidden=True)
        yield Graph(title, [Computed("100 * share", title, "percent", [share])], _percent(limits))


def _percent(limits: ses_limits.RateLimit) -> list[Limit]:
    return [
        Limit("SES recommends less", round(100 * limits.recommended, 3)),
        Limit("SES may pause sending", round(100 * limits.paused, 3)),
    ]


def _texts(watched: Watched, spend_limit: int | None) -> Iterator[Graph]:
    if not watched.may("sms-voice"):
        return
    parts = {
        "NumberOfTextMessagePartsSent": "Parts sent",
        "NumberOfTextMessagePartsDelivered": "Parts delivered",
        "TextMessagesBlockedByProtect": "Blocked by protect configuration",
    }
    yield Graph("Texts", [Line("AWS/SMSVoice", metric, label=label) for metric, label in parts.items()])
    # It counts up through the month, so that a sum of it would count the same dollars again.
    spent = Line("AWS/SMSVoice", "TextMessageMonthlySpend", label="Spent this month", statistic="Maximum")
    limits = [] if spend_limit is None else [Limit("The account's limit", spend_limit)]
    yield Graph("Spent on texts this month, US dollars", [spent], limits)


def _queues(watched: Watched) -> Iterator[Graph]:
    yield _graph(watched, Kind.QUEUE, "Waiting", VISIBLE, "Maximum")
    yield _graph(watched, Kind.QUEUE, "In the hands of functions", IN_HANDS, "Maximum")
    yield _graph(watched, Kind.QUEUE, "Age of the oldest, seconds", "ApproximateAgeOfOldestMessage", "Maximum")
    dead = _lines(watched, Kind.DEAD_LETTERS, VISIBLE, "Maximum")
    read = _lines(watched, Kind.DEAD_LETTERS_READ, IN_HANDS, "Maximum", ": in a function's hands")
    yield Graph("Dead letters", [*dead, *read])


def _functions(watched: Watched) -> Iterator[Graph]:
    yield _graph(watched, Kind.FUNCTION, "Errors", "Errors")
    yield _graph(watched, Kind.FUNCTION, "Throttles", "Throttles")
    shares = [_share_of_limit(at, each) for at, each in enumerate(watched.of(Kind.FUNCTION))]
    yield Graph("Longest duration, % of the time limit", shares, [Limit("The time limit", 100)])
    yield _graph(
        watched, Kind.ASYNCHRONOUS, "Failures that reached no dead-letter queue", "DestinationDeliveryFailures"
    )
    yield _graph(watched, Kind.STREAM_READER, "Iterator age, milliseconds", "IteratorAge", "Maximum")


def _share_of_limit(at: int, function: Noted) -> Computed:
    namespace, dimension = TOLD_BY[Kind.FUNCTION]
    name = (dimension, function.value)
    longest = Line(namespace, "Duration", name, statistic="Maximum", id=f"duration{at}", hidden=True)
    milliseconds = 1000 * function.limit_seconds
    return Computed(f"100 * duration{at} / {milliseconds}", function.label, f"share{at}", [longest])


def _machines(watched: Watched) -> Iterator[Graph]:
    yield _graph(watched, Kind.MACHINE, "Failed", "ExecutionsFailed")
    yield _graph(watched, Kind.MACHINE, "Timed out", "ExecutionsTimedOut")
    yield _graph(watched, Kind.MACHINE, "Aborted", "ExecutionsAborted")
    yield _graph(watched, Kind.MACHINE, "Throttled", "ExecutionThrottled")


def _streams(watched: Watched) -> Iterator[Graph]:
    age, behind = "GetRecords.IteratorAgeMilliseconds", "KinesisMillisBehindLatest"
    yield _graph(watched, Kind.STREAM, "Iterator age of readers, milliseconds", age, "Maximum")
    writes = _lines(watched, Kind.STREAM, "WriteProvisionedThroughputExceeded", suffix=": writes")
    reads = _lines(watched, Kind.STREAM, "ReadProvisionedThroughputExceeded", suffix=": reads")
    yield Graph("Refused by the stream", [*writes, *reads])
    fresh = "DeliveryToS3.DataFreshness"
    yield _graph(watched, Kind.DELIVERY, "Age of what is not delivered, seconds", fresh, "Maximum")
    yield _graph(watched, Kind.DELIVERY, "Deliveries behind the stream, milliseconds", behind, "Maximum")


def _stores(watched: Watched) -> Iterator[Graph]:
    yield _graph(watched, Kind.TABLE, "Read units", "ConsumedReadCapacityUnits")
    yield _graph(watched, Kind.TABLE, "Write units", "ConsumedWriteCapacityUnits")
    reads = _lines(watched, Kind.TABLE, "ReadThrottleEvents", suffix=": reads")
    writes = _lines(watched, Kind.TABLE, "WriteThrottleEvents", suffix=": writes")
    yield Graph("Throttled by tables", [*reads, *writes])
    yield _graph(watched, Kind.TOPIC, "Notifications that failed", "NumberOfNotificationsFailed")
    yield _graph(watched, Kind.RULE, "Events that reached no queue", "FailedInvocations")
    yield _graph(watched, Kind.DISTRIBUTION, "Files: errors, % of requests", "TotalErrorRate", "Average")


def _graph(watched: Watched, kind: Kind, title: str, metric: str, statistic: str = "Sum") -> Graph:
    region = CLOUDFRONT_REGION if kind is Kind.DISTRIBUTION else None
    return Graph(title, _lines(watched, kind, metric, statistic), region=region)


def _lines(watched: Watched, kind: Kind, metric: str, statistic: str = "Sum", suffix: str = "") -> list[Line]:
    namespace, dimension = TOLD_BY[kind]
    return [
        Line(namespace, metric, (*EVERYWHERE.get(kind, ()), dimension, each.value), f"{each.label}{suffix}", statistic)
        for each in watched.of(kind)
    ]
