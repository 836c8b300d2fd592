"""What the look-up of this architecture is told by its component."""

from __future__ import annotations

from dataclasses import dataclass

from handlers.shared.environment import Environment, variable


@dataclass(frozen=True, kw_only=True)
class AttributesEnvironment(Environment):
    """lookup_key: path of the endpoint's value by which is looked up. attributes: JSON, a list of `[attribute, column, default]`.

    table, key_column: the DynamoDB table and its key. function: ARN of the function that is asked instead of a table.
    seconds: how long a look-up may take.
    """

    lookup_key: str = variable("ATTRIBUTES_LOOKUP_KEY")
    attributes: str
    table: str = variable("ATTRIBUTES_TABLE", optional=True)
    key_column: str = variable("ATTRIBUTES_KEY_COLUMN", optional=True)
    function: str = variable("ATTRIBUTES_FUNCTION", optional=True)
    seconds: float = variable("ATTRIBUTES_SECONDS")
