"""Parts of texts, as the sandbox's carriers count them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.shared.message_parts import excess, message_parts
from sandbox.world.sms_voice.parts import BASIC, EXTENSION, counted
from sandbox.world.sms_voice.parts import excess as refused_by_the_service


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


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a" * 1530, ""),
        ("a" * 1531, "has 1,531 characters; allowed are 1 to 1,530"),
        ("€" * 765, ""),
        ("€" * 766, "has 1,532 characters; allowed are 1 to 1,530"),
        ("ж" * 630, ""),
        ("ж" * 631, "has 631 characters, of which some are not in GSM's alphabet; allowed are 1 to 630"),
        ("a" * 630 + "ж", "has 631 characters, of which some are not in GSM's alphabet; allowed are 1 to 630"),
        ("👍" * 315, ""),
        ("👍" * 316, "has 632 characters, of which some are not in GSM's alphabet; allowed are 1 to 630"),
    ],
)
def test_what_end_user_messaging_takes(text, reason):
    assert excess(text) == reason
    assert bool(refused_by_the_service(text)) == bool(reason)


@given(st.text(st.sampled_from(BASIC + EXTENSION + "жя👍"), min_size=300, max_size=1600))
def test_every_text_is_too_long_where_the_service_says_so(text):
    assert bool(excess(text)) == bool(refused_by_the_service(text))
