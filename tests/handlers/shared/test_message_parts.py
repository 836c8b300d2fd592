"""Parts of texts, as the sandbox's carriers count them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.shared.message_parts import message_parts
from sandbox.world.sms_voice.parts import BASIC, EXTENSION, counted


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("a", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("ж" * 70, 1),
        ("ж" * 71, 2),
        ("👍" * 35, 1),
        ("👍" * 36, 2),
        ("a" * 152 + "€" * 5, 2),
    ],
)
def test_parts(text, parts):
    assert message_parts(text) == parts


@given(st.text(st.sampled_from(BASIC + EXTENSION + "жя👍"), min_size=1, max_size=400))
def test_every_text_has_as_many_parts_as_carriers_count(text):
    assert message_parts(text) == counted(text)[1]
