"""Helpers, conditions and dates as Pinpoint's page has them, or as Handlebars.java 4.5.8 and Java's SimpleDateFormat give."""

from __future__ import annotations

import pytest

from handlers.shared.templates.renderer import RenderingError, render

MOMENT = 1600560245678  # 2020-09-20T00:04:05.678Z
ADA = {
    "Id": "ada", "At": MOMENT, "Text": "some text", "NewYear": 1483228800000, "OldYear": 1798675200000, "Points": 12.0,
    "Attributes": {"Start": ["09/19/2020"], "Born": ["2020-09-19"], "List": ["a", "b"], "Zip": ["01234"]},
    "yes": True, "no": False,
}  # fmt: skip


@pytest.mark.parametrize(
    ("template", "text"),
    [
        # Java's SimpleDateFormat, locale US (OpenJDK 17, java.locale.providers=COMPAT)
        ('{{dateFormat At "w ww W F" tz="UTC"}}', "39 39 4 3"),
        ('{{dateFormat NewYear "w W F Y" tz="UTC"}}', "1 1 1 2017"),
        ('{{dateFormat OldYear "w W F Y YY y" tz="UTC"}}', "1 5 5 2027 27 2026"),
        ('{{dateFormat At "L LLL LLLL MMMMM" tz="UTC"}}', "9 Sep September September"),
        ('{{dateFormat At "y yy yyy yyyyy E EEEE u D DDD ddd G" tz="UTC"}}', "2020 20 2020 02020 Sun Sunday 7 264 264 020 AD"),
        ('{{dateFormat At "a H k K h hh S SSSSS" tz="UTC"}}', "AM 0 24 0 12 12 678 00678"),
        ('{{dateFormat At "z zzzz Z X XX XXX" tz="UTC"}}', "UTC Coordinated Universal Time +0000 Z Z Z"),
        ('{{dateFormat At "z zzzz Z X" tz="America/Los_Angeles"}}', "PDT Pacific Daylight Time -0700 -07"),
        ('{{dateFormat NewYear "z zzzz" tz=America/Los_Angeles}}', "PST Pacific Standard Time"),
        ('{{dateFormat At "z zzzz HH:mm" tz=PST}}', "PDT Pacific Daylight Time 17:04"),
        ('{{dateFormat At "z zzzz Z X HH:mm" tz="GMT+2"}}', "GMT+02:00 GMT+02:00 +0200 +02 02:04"),
        ('{{dateFormat At "z HH:mm" tz="GMT+02:30"}}', "GMT+02:30 02:34"),
        ('{{dateFormat At "z zzzz" tz=Asia/Kolkata}}', "IST India Standard Time"),
        ('{{dateFormat At "z zzzz" tz=Europe/Berlin}}', "CEST Central European Summer Time"),
        ('{{dateFormat At "z zzzz" tz=Europe/London}}', "BST British Summer Time"),
        ("{{dateFormat At \"yyyy-MM-dd'T'HH:mm:ss.SSSX 'o''clock' ''\" tz=\"UTC\"}}", "2020-09-20T00:04:05.678Z o'clock '"),
        # Pinpoint's page (its Tuesday is a Saturday)
        (
            '{{dateFormat Attributes.Start.[0] inputFormat="MM/dd/yyyy" outputFormat="full" tz=America/Los_Angeles}}',
            "Saturday, September 19, 2020",
        ),
        ('{{dateFormat At outputFormat="short" tz="UTC"}}|{{dateFormat At tz="UTC"}}', "9/20/20|Sep 20, 2020"),
        ("{{dateFormat Attributes.Born tz=America/Los_Angeles}}|{{dateFormat Attributes.Born tz=Pacific/Auckland}}", "Sep 19, 2020|Sep 19, 2020"),
        ('{{dateFormat "Sat, 19 Sep 20 1:05 PM PDT" inputFormat="EEE, d MMM yy h:mm a z" outputFormat="yyyy-MM-dd HH:mm"}}', "2020-09-19 20:05"),
        ('{{dateFormat "20200919" inputFormat="yyyyMMdd"}}|{{dateFormat "2020-263" inputFormat="yyyy-DDD"}}', "Sep 19, 2020|Sep 19, 2020"),
        ("{{dateFormat Nope}}", ""),
        # Handlebars.java's StringHelpers and ConditionalHelpers
        ("{{inflect 3 apple apples includeCount=false}}|{{inflect 3 apple apples includeCount=true}}", "apples|3 apples"),
        ('{{inflect 1 "apple" "apples" includeCount="false"}}', "apple"),
        ('{{yesno yes}} {{yesno no}} {{yesno Nope}} {{yesno Nope maybe="dunno"}} {{yesno yes yes="ja"}}', "yes no maybe dunno ja"),
        ('{{center "ab" size=5}}|{{center "abc" size=6 pad="*"}}|{{center "a" size=4 pad="-+"}}', " ab  |*abc**|-a-+"),
        ('{{ljust "ab" size=5 pad="+-"}}|{{rjust "ab" size=5 pad="."}}', "ab+-+|...ab"),
        ('{{replace Text "e" "\\n"}}|{{replace Text "e" "\\""}}', 'som\\n t\\nxt|som" t"xt'),
        ('{{capitalize "hello wORLD foo-bar"}}|{{capitalize "hello wORLD" fully=true}}', "Hello WORLD Foo-bar|Hello World"),
        ('{{join "a" "b" "+"}}|{{join Attributes.List " " prefix="<" suffix=">"}}', "a+b|<a b>"),
        ('{{eq Attributes.Zip "1234"}} {{eq "12345678901234567890" "12345678901234567891"}} {{neq "1" "1.0"}}', "false false true"),
        ('{{eq Points 12}} {{eq Points "12"}} {{eq 1 1.0}} {{eq "a" "a"}} {{eq Nope Nada}} {{eq Nope ""}}', "true true true true true false"),
        ('{{gt "9" "17"}} {{gt 12345678901234567891 12345678901234567890}} {{lt "a" "b"}} {{gte Nope 1}}', "false true true false"),
        # Pinpoint's page: math
        ("{{add 0.1 0.2}} {{add 5 2.3}} {{subtract 5 2.3}} {{multiply 5 2.3}} {{divide 5 2.3}} {{modulo 7 2}}", "0.3 7.3 2.7 11.5 2.17391304 1"),
        ("{{add 12345678901234567890 1}} {{multiply 99999999999 99999999999}} {{divide 1 4}}", "12345678901234567891 9999999999800000000001 0.25"),
        ("{{round 19.21}} {{round 2.5}} {{round -2.5}} {{round 0.49999999999999994}} {{ceiling 5.23}} {{floor -5.23}}", "19 3 -3 0 6 -6"),
        ("{{floor 12345678901234567890}} {{modulo -7 2}}", "12345678901234567890 -1"),
        ('{{escapeHtml "<b>"}}', "&lt;b&gt;"),
    ],
)  # fmt: skip
def test_a_helper_gives_what_its_model_gives(template: str, text: str) -> None:
    assert render(template, ADA) == text


def test_a_missing_value_is_an_answer_for_yesno_in_an_email_too() -> None:
    assert render("{{yesno Nope}}", ADA, strict=True) == "maybe"


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ('{{dateFormat Id inputFormat="MM/dd/yyyy"}}', "needed is a date of the pattern"),
        ('{{dateFormat Attributes.Start.[0] inputFormat="dd/MM/yyyy"}}', "month must be in"),
        ("{{dateFormat At tz=Id}}", "the time zone 'ada' is not in the tz database"),
        ("{{round Id}}", "helper round cannot take .str.: needed is a number"),
        ("{{divide 1 Nope}}", "helper divide cannot take"),
        ("{{decode64 Id}}", "helper decode64 cannot take"),
    ],
)
def test_what_is_wrong_with_a_value_is_said_with_the_line(template: str, message: str) -> None:
    with pytest.raises(RenderingError, match=f"line 2: .*{message}"):
        render("\n" + template, ADA)
