"""What the look-up of this architecture is told by its component."""

from __future__ import annotations

from dataclasses import dataclass

from handlers.shared.environment import optional, required


@dataclass(frozen=True)
class AttributesEnvironment:
    """lookup_key: path of the endpoint's value by which is looked up. attributes: JSON, a list of `[attribute, column, default]`.

    table, key_column: the DynamoDB table and its key. function: ARN of the function that is asked instead of a table.
    seconds: how long a look-up may take.
    """

    lookup_key: str
    attributes: str
    table: str
    key_column: str
    function: str
    seconds: float

    @classmethod
    def read(cls) -> AttributesEnvironment:
        return cls(
            lookup_key=required("ATTRIBUTES_LOOKUP_KEY"),
            attributes=required("ATTRIBUTES"),
            table=optional("ATTRIBUTES_TABLE"),
            key_column=optional("ATTRIBUTES_KEY_COLUMN"),
            function=optional("ATTRIBUTES_FUNCTION"),
            seconds=float(required("ATTRIBUTES_SECONDS")),
        )
