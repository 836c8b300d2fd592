"""Architectures 14 and 15: the hook edits the endpoints of a campaign, 50 a call, by a table and by templates in S3."""

from __future__ import annotations

import json
from typing import Any

from bench.fakes.s3 import FakeS3
from bench.fakes.wire import Reply, json_of
from bench.kind import Kind, Work, batches
from bench.row import Context

BUCKET = "content"
ENDPOINTS_PER_CALL = 50
LANGUAGES = ("en", "de", "pt-br")


def prepare(items: int) -> Work:
    parts = {"subject.txt": b"Hi {{Attributes.Name}}", "body.html": b"<p>{{Attributes.Name}}: {{Attributes.Offer}}</p>"}
    bucket = FakeS3(
        BUCKET,
        {f"templates/news/{language}/{part}": text for language in LANGUAGES for part, text in parts.items()},
    )
    edited: dict[str, str] = {}

    def offers(request: Any) -> Reply:
        keys = json_of(request)["RequestItems"]["offers"]["Keys"]
        rows = [{**key, "offer": {"S": f"offer of {key['key']['S']}"}} for key in keys]
        return Reply({"Responses": {"offers": rows}, "UnprocessedKeys": {}})

    def run() -> None:
        from handlers.campaign_hook.function import handler

        for start in range(0, items, ENDPOINTS_PER_CALL):
            endpoints = {
                f"e{n}": {
                    "ChannelType": "EMAIL",
                    "Attributes": {"Name": [f"N{n}"]},
                    "Demographic": {"Locale": LANGUAGES[n % len(LANGUAGES)]},
                }
                for n in range(start, min(start + ENDPOINTS_PER_CALL, items))
            }
            answer = handler({"CampaignId": "c", "Endpoints": endpoints}, Context())
            edited.update({name: endpoint["Attributes"]["html"][0] for name, endpoint in answer.items()})

    def check() -> None:
        wrong = [n for n in range(items) if edited.get(f"e{n}") != f"<p>N{n}: offer of e{n}</p>"]
        if wrong:
            raise AssertionError(f"{len(wrong)} of {items} endpoints have not their own offer and template")

    return Work(
        environment={
            "APPLICATION_ID": "app",
            "FILTERS": "send_time_attributes,external_templates",
            "ATTRIBUTES_LOOKUP_KEY": "Id",
            "ATTRIBUTES": json.dumps([["Offer", "offer", ""]]),
            "ATTRIBUTES_TABLE": "offers",
            "ATTRIBUTES_KEY_COLUMN": "key",
            "ATTRIBUTES_SECONDS": "3",
            "TEMPLATES_BUCKET": BUCKET,
            "TEMPLATES_PREFIX": "templates/",
            "TEMPLATES_FOLDER": "news",
            "TEMPLATES_ATTRIBUTE": "ExternalTemplate",
            "TEMPLATES_LANGUAGE_FIELD": "Demographic.Locale",
            "TEMPLATES_DEFAULT_LANGUAGE": "en",
            "TEMPLATES_DEFAULT_SUBJECT": "-",
            "TEMPLATES_DEFAULT_HTML": "-",
            "TEMPLATES_SECONDS": "3",
            "TEMPLATES_FRESH_SECONDS": "3600",
        },
        answers={"dynamodb.BatchGetItem": offers, **bucket.answers()},
        run=run,
        check=check,
        floor={
            "dynamodb.BatchGetItem": batches(items, ENDPOINTS_PER_CALL),  # a campaign hands over 50 endpoints a call
            "s3.GetObject": len(LANGUAGES) * len(parts),
        },
    )


KIND = Kind(
    name="campaign-hook",
    title="endpoints edited by the campaign hook",
    items=5_000,
    handler="handlers.campaign_hook.function",
    prepare=prepare,
)
