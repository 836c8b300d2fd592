from __future__ import annotations

from handlers.shared import outcomes


def test_long_lists_of_long_texts_fit_into_a_state_machine():
    texts = outcomes.brief(["x" * 2_000_000] * 250)
    assert len(texts) == 100
    assert max(map(len, texts)) == 503
