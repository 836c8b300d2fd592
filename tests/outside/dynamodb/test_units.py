"""What the benchmark says that a write costs, beside what AWS's own engine says. (Of transactions the engine tells twice what AWS charges.)"""

import pytest

from bench.fakes import units
from handlers.shared.attribute_values import to_wire

KEY = {"pk": "E#app#00", "sk": "ana"}
PLAIN = KEY | {"doc": "x"}
FOUND = PLAIN | {"address_key": "app#EMAIL#ana@example.com"}
MOVED = FOUND | {"address_key": "app#EMAIL#bo@example.com"}
LARGE = FOUND | {"doc": "x" * 1500}
WAYS = {
    "new, not in the index": (None, PLAIN),
    "new, in the index": (None, FOUND),
    "its document changes": (FOUND, LARGE),
    "its address changes": (FOUND, MOVED),
    "it loses its address": (LARGE, PLAIN),
    "it gets one": (PLAIN, FOUND),
    "it goes": (LARGE, None),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_write_costs_what_the_engine_says(client, way):
    before, after = (item and to_wire(item) for item in WAYS[way])
    if before:
        client.put_item(TableName="people", Item=before)
    if after:
        answer = client.put_item(TableName="people", Item=after, ReturnConsumedCapacity="TOTAL")
    else:
        answer = client.delete_item(TableName="people", Key=to_wire(KEY), ReturnConsumedCapacity="TOTAL")
    assert answer["ConsumedCapacity"]["CapacityUnits"] == units.changed(before, after)
