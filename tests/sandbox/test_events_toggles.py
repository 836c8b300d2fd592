"""Any one of the five readers of events is off, live: the other four do what they do, and its own effect does not come."""

import json
import secrets
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sandbox.demos import findings
from tests.sandbox.events import SECONDS, attributes, bounce, event, people, put, rows

pytestmark = pytest.mark.sandbox

EXPORTS = {
    "sesEventProcessing": "sesNotificationTopicArn",
    "pinpointEventProcessing": "suppressionBucketName",
    "eventDatabase": "eventTableName",
    "messageArchiver": "archiveBucketName",
    "eventBasedSegmentation": "segmentationErrorsBucketName",
}
"""One export of each of the five."""


@pytest.fixture(scope="module")
def campaign(sandbox) -> str:
    """A campaign that says something and runs tomorrow."""
    segment = sandbox.pinpoint.create_segment(
        ApplicationId=sandbox.application_id, WriteSegmentRequest={"Name": "none", "Dimensions": {}}
    )["SegmentResponse"]
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    made = sandbox.pinpoint.create_campaign(
        ApplicationId=sandbox.application_id,
        WriteCampaignRequest={
            "Name": "tomorrow",
            "SegmentId": segment["Id"],
            "SegmentVersion": segment["Version"],
            "Schedule": {"StartTime": tomorrow},
            "MessageConfiguration": {"SMSMessage": {"Body": "Hello {{Attributes.Name}}", "MessageType": "PROMOTIONAL"}},
        },
    )["CampaignResponse"]
    return made["Id"]


@pytest.fixture(scope="module")
def whole_afterwards(sandbox) -> Iterator[None]:
    yield
    sandbox.run("up")
    sandbox.exports = json.loads(sandbox.run("outputs", "everything").stdout)


@pytest.mark.parametrize("off", EXPORTS)
def test_one_is_off_and_the_other_four_go_on(sandbox, campaign: str, whole_afterwards: None, off: str):
    sandbox.run("up", "-c", f"{off}.enabled=false")
    exports = sandbox.exports = json.loads(sandbox.run("outputs", "everything").stdout)
    assert {key for key, export in EXPORTS.items() if export not in exports} == {off}
    tag = f"off{secrets.token_hex(3)}"
    people(sandbox, [tag])
    endpoint = {"ChannelType": "SMS", "Address": "+12065550100", "Attributes": {"Name": [tag]}}
    sent = {"campaign_id": campaign, "treatment_id": "0", "delivery_type": "SMS", "campaign_send_status": "SUCCESS"}
    put(
        sandbox,
        [
            event(sandbox, "_email.open", tag, tag),
            event(sandbox, "_email.hardbounce", tag, tag, facets=bounce(f"{tag}-stream@example.org")),
            event(
                sandbox,
                "_campaign.send",
                tag,
                tag,
                attributes=sent,
                client_context={"custom": {"endpoint": json.dumps(endpoint)}},
            ),
        ],
    )
    if off != "sesEventProcessing":
        _notify(sandbox, f"{tag}-mail@example.org")

    def archived() -> list[str]:
        keys = findings.keys(sandbox.aws, exports["archiveBucketName"], f"{exports['archivePrefix']}{tag}/")
        found = findings.archived(sandbox.aws, exports["archiveBucketName"], keys)
        return [part.get_content().strip() for message in found.values() for part in message.iter_parts()]

    def stored() -> list[str]:
        sql = f"SELECT event_type FROM all_events WHERE client.client_id = '{tag}' ORDER BY event_type"
        return [row["event_type"] for row in rows(sandbox, sql)]

    suppressed: Callable[[str], Any] = lambda address: findings.suppressed(sandbox.aws).get(address)  # noqa: E731
    effects: dict[str, tuple[Callable[[], Any], Any]] = {
        "sesEventProcessing": (lambda: suppressed(f"{tag}-mail@example.org"), "BOUNCE"),
        "pinpointEventProcessing": (lambda: suppressed(f"{tag}-stream@example.org"), "BOUNCE"),
        "eventDatabase": (stored, ["_campaign.send", "_email.hardbounce", "_email.open"]),
        "messageArchiver": (archived, [f"Hello {tag}"]),
        "eventBasedSegmentation": (lambda: attributes(sandbox, tag).get("opened_email"), ["true"]),
    }
    for key, (effect, wanted) in effects.items():
        if key != off:
            sandbox.wait(lambda effect=effect, wanted=wanted: effect() == wanted, SECONDS)
    if off in ("sesEventProcessing", "pinpointEventProcessing", "eventBasedSegmentation"):
        assert not effects[off][0]()  # the other two took what they read from with them


def _notify(sandbox, address: str) -> None:
    bounced = {"bounceType": "Permanent", "bouncedRecipients": [{"emailAddress": address}], "feedbackId": "f"}
    mail = {"messageId": "m", "source": "shop@example.com"}
    message = json.dumps({"notificationType": "Bounce", "mail": mail, "bounce": bounced})
    sandbox.aws("sns").publish(TopicArn=sandbox.exports["sesNotificationTopicArn"], Message=message)
