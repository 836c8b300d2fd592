"""Batches of a table: what it does not take, however often it is asked, is throttled."""

import pytest
from botocore.exceptions import ClientError

from handlers.shared import tables
from handlers.shared.aws_errors import is_throttled
from handlers.shared.tables import Table


class Full:
    """A client whose table takes nothing of a batch."""

    def __init__(self):
        self.calls = 0

    def batch_get_item(self, *, RequestItems):
        self.calls += 1
        return {"Responses": {}, "UnprocessedKeys": RequestItems}

    def batch_write_item(self, *, RequestItems):
        self.calls += 1
        return {"UnprocessedItems": RequestItems}


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda table: table.batch_get([("a", "b"), ("a", "c")]), "BatchGetItem operation: 2 keys unread"),
        (lambda table: table.batch_write([{"pk": "a", "sk": "b"}]), "BatchWriteItem operation: 1 items unwritten"),
    ],
)
def test_what_a_table_never_takes_is_an_error_of_aws_that_is_throttled(monkeypatch, call, told):
    monkeypatch.setattr(tables, "backoff", lambda attempt: None)
    client = Full()
    with pytest.raises(ClientError, match=told) as raised:
        call(Table("things", client))
    assert is_throttled(raised.value)
    assert client.calls == tables.ATTEMPTS
