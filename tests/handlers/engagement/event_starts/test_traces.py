"""What a campaign that events trigger holds of an endpoint is deleted, of each of its events, and nothing of anybody else."""

import json

from handlers.engagement.traces import Traces
from handlers.shared.tables import table_client
from tests.handlers.engagement.conftest import APPLICATION


def test_the_claims_of_each_event_are_gone_with_those_of_the_address_that_had_them(campaigns, runner):
    runner.endpoints("ada", "bo")
    campaign = campaigns.create("Hi")
    for number in range(3):
        runner.put_events(ada=(str(number), "registered"), bo=(str(number), "registered"))
        campaigns.work()
    assert len(of("ada", runner)) == len(of("bo", runner)) == 6
    runner.pinpoint.delete_endpoint(ApplicationId=APPLICATION, EndpointId="ada")
    erased = Traces(runner.tables, APPLICATION, ["ADA"], []).of_campaign(campaign)
    assert (erased.deleted, erased.left) == (6, 0)
    assert of("ada", runner) == [] and len(of("bo", runner)) == 6


def of(name, runner):
    """The claims of an endpoint, and of its address."""
    items = table_client().scan(TableName=runner.tables.sends.name)["Items"]
    claims = [item for item in items if "#EVENTS#" in item["pk"]["S"]]
    return [item for item in claims if f'"{name}"' in json.dumps(item)]
