"""Handlebars as Pinpoint renders it."""

import pytest

from handlers.shared.templates.renderer import RenderingError, parse_defaults, render, with_substitutions

ADA = {
    "Id": "ada-1",
    "EffectiveDate": "2030-01-02T13:04:05.678Z",
    "Attributes": {"Name": ["ada"], "Cars": ["red", "blue"], "Age": ["18"], "Empty": [], "html": ["<b>&</b>"]},
    "Metrics": {"Points": 12.0},
    "User": {"UserId": "u", "UserAttributes": {"X": ["q", "r"]}},
}


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("Hi {{Attributes.Name}}", "Hi ada"),
        ("{{User.UserAttributes.X.[0]}}/{{User.UserAttributes.X}}", "q/q,r"),
        ("{{Attributes.html}}", "<b>&</b>"),
        ("{{Attributes.Nope}}|{{Metrics.Points}}", "|12"),
        ("{{#each Attributes.Cars}}{{@index}}={{this}};{{else}}none{{/each}}", "0=red;1=blue;"),
        ("{{#each Attributes.Empty}}x{{else}}none{{/each}}", "none"),
        ("{{#if Attributes.Nope}}a{{else if Attributes.Name}}b{{else}}c{{/if}}", "b"),
        ('{{#gt Attributes.Age.[0] "17"}}adult{{else}}minor{{/gt}}', "adult"),
        ('{{eq Attributes.Name "ada" yes="Y" no="N"}}', "Y"),
        ('{{#and (eq Id "ada-1") (not Attributes.Nope)}}ok{{/and}}', "ok"),
        ("{{capitalizeFirst (lower (upper Attributes.Name))}}", "Ada"),
        ('{{join Attributes.Cars " & "}}', "red & blue"),
        ('{{dateFormat EffectiveDate "yyyy-MM-dd HH:mm" tz="Europe/Berlin"}}', "2030-01-02 14:04"),
        ("{{dateFormat EffectiveDate}}", "Jan 2, 2030"),
        ('{{#* inline "n"}}<{{Id}}>{{/inline}}{{> n}}{{> n}}', "<ada-1><ada-1>"),
        ("{{ordinalize 22}} {{add 1 2}} {{divide 1 4}} {{round 2.5}}", "22nd 3 0.25 3"),
        ('{{substring Id 0 3}} {{rjust "7" size=3 pad="0"}} {{slugify "Ä b_C!"}}', "ada 007 a-b_c"),
        ("{{!-- a comment --}}x {{~ Id ~}} y", "xada-1y"),
    ],
)
def test_templates_render(template, text):
    assert render(template, ADA) == text


def test_defaults_fill_gaps_and_stored_values_win():
    defaults = parse_defaults('{"Attributes": {"Name": "you", "City": "Rome", "Empty": "full"}, "User.UserId": "x"}')
    assert (
        render("{{Attributes.Name}} {{Attributes.City}} {{Attributes.Empty}} {{User.UserId}}", ADA, defaults)
        == "ada Rome full u"
    )


def test_the_recipients_substitutions_win_over_the_messages():
    variables = with_substitutions(ADA, {"Attributes.Name": ["me"]}, {"Attributes.Name": ["all"], "code": ["7"]})
    assert render("{{Attributes.Name}} {{code}}", variables) == "me 7"


def test_each_takes_15_rounds():
    assert render("{{#each xs}}.{{/each}}", {"xs": ["x"] * 40}) == "." * 15


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("{{Attributes.Nope}}", "Attributes.Nope has no value"),
        ("{{#if x}}", "never closed"),
        ("{{/if}}", "closes no block"),
        ("{{nonsense 1}}", "no helper 'nonsense'"),
        ("{{> p}}", "partial 'p' is not defined"),
        ('{{#* inline "p"}}{{> p}}{{/inline}}{{> p}}', "nests deeper"),
        ('{{ljust "x" size=99999999}}', "a width is"),
        ("{{divide 1 0}}", "helper divide"),
        ('{{dateFormat "soon"}}', "no ISO 8601 date"),
    ],
)
def test_what_cannot_be_rendered_says_why(template, message):
    with pytest.raises(RenderingError, match=message):
        render(template, ADA, strict=True)


def test_objects_of_python_are_out_of_reach():
    assert render("{{Attributes.__class__}}{{Id.upper}}{{Attributes.Name.[9]}}", ADA) == ""


def test_output_is_bounded():
    text = '{{#* inline "a"}}' + "x" * 1000 + "{{/inline}}" + "{{> a}}" * 3000
    with pytest.raises(RenderingError, match="more than"):
        render(text, {})
