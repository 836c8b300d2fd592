"""Which texts are keywords, and whose."""

import json

import pytest

from components.building_blocks.opt_out_keywords import DEFAULT_LANGUAGES, keywords_json
from handlers.self_managed_opt_outs.keywords import Keywords

KEYWORDS = Keywords(keywords_json(DEFAULT_LANGUAGES))


def action(body):
    found = KEYWORDS.find(body)
    return found.action if found else None


@pytest.mark.parametrize(
    "body",
    ["STOP", " stop. ", "Stop!", "STOP ALL", "stop-all", "Arrêt", "ARRÊT", "arret", "opt-out", "opt out", "Optout", '"Quit"',
     "unsubscribe\n", "end", "td", "Remove", "cancel", "baja", "désinscrire", "\uff33\uff34\uff2f\uff30", "STOP 🛑", "S.T.O.P.",
     "ARRE\u0302T", "A\u0301rret", "\u200bST\u200bOP\u200d\ufeff", "STOP ✋\ufe0f", "Stop 🛑🏽\u200d♂\ufe0f", "\U0001d412\U0001d413\U0001d40e\U0001d40f", "ⓈⓉⓄⓅ",
     "«Arrêt»", "STOP\x00", "stop\ud83d", "\u202estop\u202c"],
)  # fmt: skip
def test_a_stop_word_alone_opts_out(body):
    assert action(body) == "STOP"


# Of the words that a rule of a country names, none may be missing; docs/self-managed-opt-outs.md cites the rules.
RULES = {
    "47 CFR 64.1200(a)(10)": ["stop", "quit", "end", "revoke", "opt out", "cancel", "unsubscribe"],
    "CWTA's guidelines for common short codes": ["STOP", "ARRET"],
    "what End User Messaging takes itself": [
        "ARRET", "CANCEL", "END", "OPT-OUT", "OPTOUT", "QUIT", "REMOVE", "STOP", "TD", "UNSUBSCRIBE"
    ],
}  # fmt: skip


@pytest.mark.parametrize("rule", RULES)
def test_each_word_that_a_rule_names_opts_out(rule):
    assert {word: action(word) for word in RULES[rule]} == dict.fromkeys(RULES[rule], "STOP")


@pytest.mark.parametrize("word", ["HELP", "AIDE", "INFO"])
def test_each_word_for_help_that_a_rule_names_is_answered(word):
    assert action(word) == "HELP"


@pytest.mark.parametrize(
    "body",
    ["friend", "weekend", "don't stop", "Saturday at the TD bank", "Please send it", "stop it", "the end", "", " ", "!",
     "🛑", "yes please", "non-stop", "nonstop", "restart", "I need help", "1", "\x00", "\ud83d", "\u200b", "STOP1"],
)  # fmt: skip
def test_a_text_that_holds_a_keyword_is_none(body):
    assert action(body) is None


def test_a_very_long_text_is_read_as_any_other():
    assert action("STOP" + " " * 100_000) == "STOP"
    assert action("STOP " * 50_000) is None
    assert action("x" * 1_000_000) is None


@pytest.mark.parametrize(
    ("body", "wanted"),
    [("start", "START"), ("Unstop", "START"), ("YES!", "START"), ("alta", "START"), ("Reprendre", "START"),
     ("help", "HELP"), ("Info?", "HELP"), ("Aide", "HELP"), ("¡ayuda!", "HELP")],
)  # fmt: skip
def test_start_and_help_have_their_words(body, wanted):
    assert action(body) == wanted


@pytest.mark.parametrize(("body", "language"), [("stop", "en"), ("arrêt", "fr"), ("baja", "es"), ("aide", "fr")])
def test_the_answer_is_in_the_language_of_the_word(body, language):
    found = KEYWORDS.find(body)
    assert found is not None and found.language == language
    assert found.text in DEFAULT_LANGUAGES[language].as_json().values()


def test_where_words_meet_stop_wins_and_then_the_first_language():
    given = {"stop": [], "start": [], "help": [], "stopText": "", "startText": "", "helpText": ""}
    languages = {
        "a": {**given, "start": ["basta"], "help": ["?", "info"]},
        "b": {**given, "stop": ["Basta"], "help": ["Info"]},
    }
    keywords = Keywords(json.dumps(languages))
    basta, info = keywords.find("BASTA"), keywords.find("info")
    assert basta is not None and (basta.action, basta.language) == ("STOP", "b")
    assert info is not None and (info.action, info.language) == ("HELP", "a")
    assert keywords.find("?") is None


def test_words_of_other_scripts_are_matched_too():
    given = {"stop": ["СТОП", "停止"], "start": [], "help": [], "stopText": "", "startText": "", "helpText": ""}
    keywords = Keywords(json.dumps({"x": given}))
    assert keywords.find("стоп!") and keywords.find("停止。")
    assert keywords.find("停止する") is None


@pytest.mark.parametrize(
    ("word", "same", "others"),
    [("หยุด", ["หยุด!"], ["หยด", "หยดุ"]), ("रोकें", ["रोकें।", " रोकें "], ["राकें", "रुकें", "रक"]), ("ガイド", ["ｶﾞｲﾄﾞ"], ["カイト"]),
     ("إيقاف", ["ايقاف", "إِيقاف"], ["ايقافي"]), ("עצור", ["עֲצוֹר"], ["עצורים"])],
)  # fmt: skip
def test_marks_that_spell_another_word_count_and_accents_and_points_do_not(word, same, others):
    given = {"stop": [word], "start": [], "help": [], "stopText": "", "startText": "", "helpText": ""}
    keywords = Keywords(json.dumps({"x": given}))
    assert all(keywords.find(body) for body in [word, *same])
    assert [body for body in others if keywords.find(body)] == []
