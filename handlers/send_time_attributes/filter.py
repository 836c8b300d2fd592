"""Sets attributes, such as `Offer`, on a campaign's endpoints from what a source has of them at that moment."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from handlers.campaign_hook.fields import text_at
from handlers.campaign_hook.filters import MISSING, Endpoints, Fallbacks
from handlers.campaign_hook.lookups import LookupFailedError
from handlers.send_time_attributes.environment import AttributesEnvironment
from handlers.send_time_attributes.sources import FunctionSource, Source, TableSource, texts


class SendTimeAttributes:
    """See the module.

    lookup_key: path of the endpoint's value that the source knows it by. attributes: (attribute, column, default).
    seconds: how long all look-ups of a batch may take.
    """

    architecture = "sendTimeAttributes"

    def __init__(
        self, source: Source, lookup_key: str, attributes: Sequence[tuple[str, str, str]], seconds: float
    ) -> None:
        self.source = source
        self.lookup_key = lookup_key
        self.attributes = attributes
        self.seconds = seconds

    def edit(self, event: Mapping[str, Any], endpoints: Endpoints) -> Fallbacks:
        keys = {identifier: text_at(identifier, found, self.lookup_key) for identifier, found in endpoints.items()}
        rows = self.source.read([key for key in keys.values() if key], self.seconds)
        fallbacks = Fallbacks()
        for identifier, endpoint in endpoints.items():
            row = rows.get(keys[identifier], {})
            if isinstance(row, LookupFailedError):
                fallbacks.add(identifier, row.reason)
                row = {}
            for attribute, column, default in self.attributes:
                values = texts(row.get(column))
                if not values:
                    fallbacks.add(identifier, MISSING)
                endpoint["Attributes"][attribute] = values or [default]
        return fallbacks

    def fall_back(self, endpoints: Endpoints) -> None:
        for endpoint in endpoints.values():
            endpoint["Attributes"] |= {attribute: [default] for attribute, _, default in self.attributes}


def make() -> SendTimeAttributes:
    """The filter as the function's environment describes it."""
    environment = AttributesEnvironment.read()
    attributes = [(attribute, column, default) for attribute, column, default in json.loads(environment.attributes)]
    source: Source
    if environment.function:
        source = FunctionSource(environment.function, environment.seconds)
    else:
        columns = [column for _, column, _ in attributes]
        source = TableSource(environment.table, environment.key_column, columns, environment.seconds)
    return SendTimeAttributes(source, environment.lookup_key, attributes, environment.seconds)
