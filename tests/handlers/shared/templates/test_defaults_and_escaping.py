"""Defaults reach variables however a template writes them; values are escaped where the content asks for it."""

from __future__ import annotations

import json

import pytest

from handlers.shared.templates.renderer import RenderingError, parse_defaults, render, with_substitutions


@pytest.mark.parametrize(
    "defaults",
    [
        {"User": {"UserAttributes": {"FirstName": "friend"}}},
        {"User": {"UserAttributes": {"FirstName": ["friend"]}}},
        {"User.UserAttributes.FirstName": "friend"},
        {"User.UserAttributes.FirstName.[0]": "friend"},
        {"User": {"UserAttributes.FirstName.[0]": "friend"}},
        {"User.UserAttributes.[FirstName].[0]": "friend"},
    ],
)
@pytest.mark.parametrize(
    "variables", [{}, {"User": {"UserAttributes": {}}}, {"User": {"UserAttributes": {"FirstName": []}}}]
)
def test_a_default_reaches_the_first_value_of_an_attribute(defaults, variables) -> None:
    parsed = parse_defaults(json.dumps(defaults))
    template = "{{User.UserAttributes.FirstName.[0]}}{{#if User.UserAttributes.FirstName.[0]}}!{{/if}}"
    assert render(template, variables, parsed) == "friend!"
    assert render(template, variables, parsed, strict=True) == "friend!"


def test_a_default_of_a_bracketed_name_is_found() -> None:
    for defaults in (
        {"Attributes.[Last name]": "x"},
        {"Attributes": {"Last name": "x"}},
        {"Attributes.[Last name].[0]": "x"},
    ):
        assert render("{{Attributes.[Last name].[0]}}", {}, parse_defaults(json.dumps(defaults)), strict=True) == "x"


def test_a_value_that_is_stored_wins() -> None:
    defaults = parse_defaults('{"X.[0]": "default", "X.[1]": "second"}')
    assert render("{{X.[0]}} {{X.[1]}} {{X}}", {"X": ["stored"]}, defaults) == "stored second stored"


def test_substitutions_replace_a_value_by_its_index() -> None:
    variables = with_substitutions(
        {"Attributes": {"X": ["a", "b"]}}, {"Attributes.X.[1]": ["new"]}, {"Attributes.5": ["five"]}
    )
    assert render("{{Attributes.X}} {{Attributes.[5]}}", variables) == "a,new five"


def test_values_are_escaped_where_asked() -> None:
    variables = {"name": "<b onclick='x'>&`=\"", "list": ["<", ">"]}
    assert render("{{name}}", variables, escape=True) == "&lt;b onclick&#x3D;&#x27;x&#x27;&gt;&amp;&#x60;&#x3D;&quot;"
    assert render("{{{name}}}{{&name}}", variables, escape=True) == variables["name"] * 2
    assert (
        render("{{list}} {{#each list}}{{this}}{{/each}} {{upper '<i>'}}", variables, escape=True)
        == "&lt;,&gt; &lt;&gt; &lt;I&gt;"
    )
    assert render("{{name}}", variables) == variables["name"]


def test_an_object_is_not_printed() -> None:
    endpoint = {"User": {"UserId": "u"}, "Id": "e"}
    for template in ("{{User}}", "{{this}}", "{{#with User}}{{this}}{{/with}}"):
        with pytest.raises(RenderingError, match=r"line 1: .*an object does not print"):
            render(template, endpoint)
    assert (
        render("{{#User.UserId}}Dear {{this}}{{/User.UserId}}{{#with Id}}{{this}}{{/with}} {{this.Id}}", endpoint)
        == "Dear ue e"
    )
    assert render("{{#if this.User.UserId}}known{{/if}}", endpoint) == "known"
