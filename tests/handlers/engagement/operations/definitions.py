"""What the tests of definitions make and read."""

APP = "0a" * 16
ROLE = "arn:aws:iam::123456789012:role/engagement/import"
SMS = [{"Id": f"e{n}", "ChannelType": "SMS", "Address": f"+1206555010{n}"} for n in range(4)]


def batch(pinpoint, items):
    pinpoint.update_endpoints_batch(ApplicationId=APP, EndpointBatchRequest={"Item": items})


def read(world, segment_id, version=None):
    from handlers.engagement.segments.reader import SegmentReader

    reader = SegmentReader(world.tables, APP)
    found = []
    for shard in range(16):
        after = None
        while True:
            page = reader.page(segment_id, version, shard, after, 2)
            found += [endpoint["Id"] for endpoint in page.endpoints]
            after = page.last
            if after is None:
                break
    return sorted(found)


def segment(pinpoint, **definition):
    return pinpoint.create_segment(ApplicationId=APP, WriteSegmentRequest={"Name": "s", **definition})[
        "SegmentResponse"
    ]
