"""What the sandbox's SES refuses as too large, to the byte, as SES's quotas say."""

import pytest

from sandbox.repairs import ses_limits

KB = 1024


@pytest.mark.parametrize(
    ("html", "text", "taken"),
    [(400 * KB, 100 * KB, True), (400 * KB, 100 * KB + 1, False), (500 * KB, 0, True), (0, 500 * KB + 1, False)],
)
def test_a_template_has_500_kb_with_all_its_parts(html, text, taken):
    given = {"TemplateName": "a", "TemplateContent": {"Html": "x" * html, "Text": "x" * text}}
    assert (ses_limits.of_template(given) == "") == taken


def test_a_templates_size_is_counted_in_bytes():
    assert ses_limits.of_template({"TemplateContent": {"Subject": "\u00fc", "Html": "\u00fc" * 250 * KB}})


@pytest.mark.parametrize(("size", "taken"), [(30 * KB * KB, True), (30 * KB * KB + 1, False)])
def test_a_message_has_40_mb_once_it_is_base64(size, taken):
    given = {"Content": {"Simple": {"Body": {"Html": {"Data": "x" * size}}}}}
    assert (ses_limits.of_message(given) == "") == taken


@pytest.mark.parametrize(("size", "taken"), [(40 * KB * KB, True), (40 * KB * KB + 1, False)])
def test_a_raw_message_has_40_mb_as_it_is_given(size, taken):
    assert (ses_limits.of_message({"Content": {"Raw": {"Data": "A" * size}}}) == "") == taken


@pytest.mark.parametrize(("size", "taken"), [(262_144, True), (262_145, False)])
def test_a_templates_data_has_262144_characters(size, taken):
    data = "x" * size
    entry = {"ReplacementEmailContent": {"ReplacementTemplate": {"ReplacementTemplateData": data}}}
    for given in ({"Content": {"Template": {"TemplateData": data}}}, {"BulkEmailEntries": [entry]}):
        assert (ses_limits.of_message(given) == "") == taken
