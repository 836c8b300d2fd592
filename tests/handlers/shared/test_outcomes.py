from __future__ import annotations

import pytest

from handlers.shared import outcomes
from tests.handlers.shared.fakes import client_error


@pytest.mark.parametrize(
    ("code", "status", "refused"),
    [
        ("BadRequestException", 400, True),
        ("NotFoundException", 404, True),
        ("TooManyRequestsException", 429, False),
        ("ThrottlingException", 400, False),
        ("InternalServerErrorException", 500, False),
    ],
)
def test_a_refusal_is_what_trying_again_does_not_change(code, status, refused):
    assert outcomes.is_refusal(client_error(code, status)) is refused


def test_long_lists_of_long_texts_fit_into_a_state_machine():
    texts = outcomes.brief(["x" * 2_000_000] * 250)
    assert len(texts) == 100
    assert max(map(len, texts)) == 503
