"""The hosted service's events: `_campaign.send` records into the stream."""

from __future__ import annotations

from bench.fakes.services import Stream
from bench.hosted_service import APPLICATION, CAMPAIGN
from bench.kind import Kind, Work, batches


def prepare(items: int) -> Work:
    stream = Stream()

    def run() -> None:
        from handlers.engagement.events import EventWriter, campaign_send

        EventWriter("events").put(
            campaign_send(
                moment=1_793_491_200_000,
                application_id=APPLICATION,
                account_id="123456789012",
                endpoint={"Id": f"endpoint-{number}", "ChannelType": "SMS", "Attributes": {"FirstName": ["Name"]}},
                campaign_id=CAMPAIGN,
                activity_id="4" * 32,
                treatment_id="0",
                status="SUCCESS",
                delivery_type="SMS",
            )
            for number in range(items)
        )

    def check() -> None:
        if stream.records != items:
            raise AssertionError(f"{stream.records} events were written, not {items}")

    return Work(
        environment={},
        answers=stream.answers(),
        run=run,
        check=check,
        floor={"kinesis.PutRecords": batches(items, 500)},
    )


KIND = Kind(
    name="events", title="events written (hosted)", items=20_000, handler="handlers.engagement.events", prepare=prepare
)
