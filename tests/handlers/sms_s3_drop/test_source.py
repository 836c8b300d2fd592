"""An object is read to its end over as many connections as that takes."""

import io

import pytest
from botocore.exceptions import (
    ConnectTimeoutError,
    EndpointConnectionError,
    ReadTimeoutError,
    ResponseStreamingError,
)
from botocore.response import StreamingBody

from handlers.sms_s3_drop.runs import Source
from handlers.sms_s3_drop.source import ATTEMPTS, read_blocks

CONTENT = bytes(range(256)) * 4096
SOURCE = Source("bucket", "texts/a.csv", "etag", "", len(CONTENT))


class Breaking(io.BytesIO):
    """Raises where its bytes end."""

    def __init__(self, content, error):
        super().__init__(content)
        self.error = error

    def read(self, amount=-1):
        got = super().read(amount)
        if not got:
            raise self.error
        return got


class S3:
    """get_object: each call has the next of `troubles`: raised by the call itself, in the middle of its bytes, or as their early end."""

    def __init__(self, *troubles):
        self.troubles, self.starts = list(troubles), []

    def get_object(self, Range, **_):
        start = int(Range.removeprefix("bytes=").rstrip("-"))
        self.starts.append(start)
        rest = CONTENT[start:]
        kind, error = self.troubles.pop(0) if self.troubles else ("", None)
        if kind == "opening":
            raise error
        half = rest[: len(rest) // 2]
        stream = {"middle": lambda: Breaking(half, error), "end": lambda: io.BytesIO(half)}.get(
            kind, lambda: io.BytesIO(rest)
        )()
        return {"Body": StreamingBody(stream, len(rest))}


TROUBLES = {
    "no connection": ("opening", EndpointConnectionError(endpoint_url="https://s3")),
    "no connection in time": ("opening", ConnectTimeoutError(endpoint_url="https://s3")),
    "no answer": ("opening", ReadTimeoutError(endpoint_url="https://s3")),
    "silence": ("middle", ReadTimeoutError(endpoint_url="https://s3")),
    "a reset": ("middle", ResponseStreamingError(error="reset")),
    "an early end": ("end", None),
}


@pytest.fixture(autouse=True)
def without_pauses(monkeypatch):
    monkeypatch.setattr("handlers.shared.backoff.time.sleep", lambda _: None)


@pytest.mark.parametrize("trouble", TROUBLES.values(), ids=TROUBLES)
def test_a_connection_that_breaks_is_opened_again_where_it_broke(trouble):
    s3 = S3(trouble, trouble)
    assert b"".join(read_blocks(s3, SOURCE, 100)) == CONTENT[100:]
    assert len(s3.starts) == 3 and s3.starts[0] == 100
    assert (s3.starts[1] > 100) == (trouble[0] != "opening")


@pytest.mark.parametrize("trouble", [value for value in TROUBLES.values() if value[0] == "opening"])
def test_what_never_opens_is_given_up(trouble):
    s3 = S3(*[trouble] * (ATTEMPTS + 1))
    with pytest.raises(type(trouble[1])):
        list(read_blocks(s3, SOURCE, 0))
    assert len(s3.starts) == ATTEMPTS


def test_each_step_forward_begins_the_count_anew():
    s3 = S3(*[TROUBLES["an early end"]] * (ATTEMPTS + 1))
    assert b"".join(read_blocks(s3, SOURCE, 0)) == CONTENT
