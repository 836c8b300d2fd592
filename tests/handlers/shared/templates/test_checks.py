"""Templates that nobody can get are found before anybody is to get them; none brings down more than its own message."""

from __future__ import annotations

import time

import pytest

from handlers.shared.templates.renderer import RenderingError, check, render


@pytest.mark.parametrize(
    ("template", "cause"),
    [
        ("{{nope x}}", "there is no helper 'nope'"),
        ("{{#upper x}}y{{/upper}}", "'upper' cannot open a block"),
        ("{{#nope x}}y{{/nope}}", "there is no helper 'nope' that opens a block"),
        ("{{upper}}", "upper takes 1 value, not 0"),
        ("{{replace x}}", "replace takes 3 values, not 1"),
        ("{{eq x}}", "eq takes 2 values, not 1"),
        ('{{dateFormat x "qqq"}}', "the date pattern 'qqq' has 'q'"),
        ('{{dateFormat x outputFormat="\'open"}}', "a quote that is not closed"),
        ('{{dateFormat x inputFormat="GG"}}', "a date cannot be read by 'G'"),
        ('{{dateFormat x tz="Nowhere/Land"}}', "the time zone 'Nowhere/Land' is not in the tz database"),
        ("{{abbreviate x 3}}", "at least 4 is needed"),
        ("{{ljust x}}", "a width is missing"),
        ("{{ljust x size=99999999}}", "a width is 99999999"),
        ("{{divide x 0}}", "cannot be divided by 0"),
        ('{{add x "one"}}', "needed is a number"),
        ("{{> nope}}", "the partial 'nope' is not defined"),
        ("{{Id}", "never closed|cannot read"),
        ("{{Id", "never closed"),
        ("{{#if x}}", "never closed"),
        ("{{/if}}", "closes no block"),
        ("{{#if a b}}{{/if}}", "takes one value, not 2"),
        ("{{if x}}", "'if' opens a block"),
        ("{{upper (nope x)}}", "there is no helper 'nope'"),
        ("{{#if x}}{{#each y}}{{lower}}{{/each}}{{/if}}", "lower takes 1 value"),
        ("{{@nope}}", "@nope is not known"),
        ("{{#if x}}" * 60 + "{{/if}}" * 60, "nest deeper than 50"),
        ("{{upper " + "(upper " * 60 + "x" + ")" * 60 + "}}", "nest deeper than 50"),
        ("{{#if x}}" + "{{else if x}}" * 400 + "{{/if}}", "more than 300"),
    ],
)  # fmt: skip
def test_a_template_that_can_be_rendered_for_nobody_is_found_with_its_line(template: str, cause: str) -> None:
    with pytest.raises(RenderingError, match=rf"(?s)line 3: .*({cause})"):
        check("first\n{{Id}}\n" + template)


@pytest.mark.parametrize(
    "template",
    [
        "{{x.[²]}}{{x.[00]}}{{x.[99999999999999999999]}}{{x.[-1]}}",
        "{{#if a}}{{else if a}}" + "{{else if a}}" * 290 + "{{/if}}",
        '{{#*inline "a"}}{{#if yes}}{{> b}}{{/if}}{{/inline}}{{#*inline "b"}}{{#if yes}}{{> a}}{{/if}}{{/inline}}{{> a}}',
        "{{#each x}}" * 49 + "{{this}}" + "{{/each}}" * 49,
        '{{replace (replace (replace long "y" long) "y" long) "y" long}}' * 50,
        "{{x}}{{yes}}{{deep}}",
        "{{multiply 1e9 x}}{{multiply huge huge}}",
        '{{dateFormat huge}}{{dateFormat x inputFormat="yyyy"}}',
        "{{decode64 x}}",
        "{{#each deep}}{{this}}{{/each}}",
    ],
)
def test_whatever_is_wrong_with_one_message_is_a_rendering_error(template: str) -> None:
    deep: list[object] = []
    for _ in range(5000):
        deep = [deep]
    variables = {"x": ["v"] * 15, "yes": True, "long": "y" * 1000, "deep": deep, "huge": 10**4200}
    try:
        render(template, variables)
    except RenderingError as error:
        assert str(error)


def test_reading_takes_time_in_proportion_to_the_tags() -> None:
    def seconds(count: int) -> float:
        text = "{{#if x}}a {{y.z}}\n{{else}}{{! c }}\\{{n}}{{/if}}\n" * count
        start = time.process_time()
        check(text)
        return time.process_time() - start

    seconds(100)
    assert seconds(4000) < 16 * max(seconds(1000), 0.001)


def test_a_broken_template_is_read_once() -> None:
    text = "{{ok}}" * 3000 + "{{broken"
    with pytest.raises(RenderingError):
        check(text)
    start = time.process_time()
    for _ in range(1000):
        with pytest.raises(RenderingError):
            render(text, {})
    assert time.process_time() - start < 1
