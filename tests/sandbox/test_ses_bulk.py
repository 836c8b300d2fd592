"""What the sandbox's SES takes as templates and in bulk, as SES's pages say."""

import json

import pytest

from sandbox.repairs import ses_bulk


def bulk(html="Hi {{n}}", entries=1, data="{}", own=None, **template):
    given = (
        {} if own is None else {"ReplacementEmailContent": {"ReplacementTemplate": {"ReplacementTemplateData": own}}}
    )
    inline = {} if template else {"TemplateContent": {"Subject": "s", "Html": html}}
    return {
        "DefaultContent": {"Template": {**inline, **template, "TemplateData": data}},
        "BulkEmailEntries": [{"Destination": {"ToAddresses": ["a@b.example"]}, **given}] * entries,
    }


def test_a_call_has_at_most_50_destinations():
    assert ses_bulk.refusal(bulk(entries=50)) == ""
    assert ses_bulk.refusal(bulk(entries=51)) == "51 destinations; at most 50 are allowed"


@pytest.mark.parametrize(
    "html", ["{{#if n}}x{{/if}}", "{{{n}}}", "{{&n}}", "{{> p}}", "{{! c }}", "{{upper n}}", "{{n", "{{else}}{{{"]
)
def test_inline_templates_know_simple_substitutions_alone(html):
    assert ses_bulk.refusal(bulk(html)) == "Template contains unsupported operations."
    assert ses_bulk.refusal({"Content": bulk(html)["DefaultContent"]}) == "Template contains unsupported operations."
    assert ses_bulk.refusal(bulk(TemplateName="stored")) == ""


@pytest.mark.parametrize("html", ["{{n}}", "{{ n }} @media{a{b:c}}", "{ n }", "plain", ""])
def test_simple_substitutions_and_single_braces_are_taken(html):
    assert ses_bulk.refusal(bulk(html)) == ""


def test_a_request_with_an_inline_template_has_at_most_1_mb():
    assert "more than 1048576 bytes" in ses_bulk.refusal(bulk("x" * 1024 * 1024))
    assert ses_bulk.refusal(bulk("x" * 1_000_000)) == ""


@pytest.mark.parametrize("data", ["{", "[]", '"x"'])
def test_template_data_are_a_json_object(data):
    assert ses_bulk.refusal(bulk(data=data)) == "The template data is invalid"
    entries = ses_bulk.merged(
        {**bulk(), "BulkEmailEntries": [*bulk(own=data)["BulkEmailEntries"], *bulk()["BulkEmailEntries"]]}
    )
    assert entries[0] is None and entries[1] is not None
    told = ses_bulk.results(entries, [{"Status": "SUCCESS", "MessageId": "m"}])
    assert [one["Status"] for one in told] == ["INVALID_PARAMETER", "SUCCESS"]


def test_an_entry_s_own_data_come_before_the_default_ones():
    (entry,) = ses_bulk.merged(bulk(data='{"n": "d", "m": "d"}', own='{"n": "o"}'))
    data = entry["ReplacementEmailContent"]["ReplacementTemplate"]["ReplacementTemplateData"]
    assert json.loads(data) == {"n": "o", "m": "d"}


def test_values_print_as_they_are_and_are_not_read_as_templates():
    template = {"HtmlPart": "{{a}} {{ b }} {{c.d}} {{e}}", "SubjectPart": "{{a}}"}
    data = json.dumps({"a": "{{b}}", "b": "<b>&", "c": {"d": 1}})
    assert ses_bulk.rendered(template, data) == {"Subject": "{{b}}", "Text": "", "Html": "{{b}} <b>& 1 {{e}}"}
    assert ses_bulk.missing(template, data) == "e"
    assert ses_bulk.missing(template, '{"a": "", "b": "", "c": {"d": ""}, "e": ""}') == ""
