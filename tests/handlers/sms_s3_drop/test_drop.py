"""Files from the bucket to the reports."""

from __future__ import annotations

import gzip
import itertools

import pytest
from botocore.exceptions import ReadTimeoutError

from handlers.sms_s3_drop import course, reports
from tests.handlers.shared.fakes import client_error
from tests.handlers.sms_s3_drop.world import Killed, Queue

HEADER = "sms_number,message,external_campaign_id,short_code,message_type,id_1,id_2\n"
CODE = "12345"


def row(number: int, message: str = "Hello", origin: str = CODE, kind: str = "PROMOTIONAL", ids: str = "a,b") -> str:
    return f"+1206555{number:04d},{message},spring,{origin},{kind},{ids}\n"


def test_each_row_is_sent_with_its_origin_its_type_and_its_context(drop):
    outcome = drop.run(HEADER + row(1) + row(2, origin="+12065550101", kind="transactional", ids=","))
    first, second = (sent.request for sent in sorted(drop.phones.sent, key=lambda sent: sent.number))
    assert first == {
        "Addresses": {"+12065550001": {"ChannelType": "SMS"}},
        "MessageConfiguration": {
            "SMSMessage": {"Body": "Hello", "MessageType": "PROMOTIONAL", "OriginationNumber": CODE}
        },
        "Context": {"external_campaign_id": "spring", "id_1": "a", "id_2": "b"},
    }
    assert second["MessageConfiguration"]["SMSMessage"]["MessageType"] == "TRANSACTIONAL"
    assert second["Context"] == {"external_campaign_id": "spring"}
    assert outcome["Status"] == "SUCCEEDED"
    assert {name: outcome["Result"][name] for name in ("Rows", "Sent", "NotSent", "ErrorsUrl", "AlreadySent")} == {
        "Rows": 2,
        "Sent": 2,
        "NotSent": 0,
        "ErrorsUrl": "",
        "AlreadySent": False,
    }
    found = drop.results()
    assert {line.pop("message_id") for line in found} == {"m-1", "m-2"}
    assert found == [
        {"line": "2", "status": "SENT", "reason": "", "id_1": "a", "id_2": "b"},
        {"line": "3", "status": "SENT", "reason": "", "id_1": "", "id_2": ""},
    ]
    assert "errors/a.csv" not in drop.bucket.objects


def test_rows_that_cannot_be_sent_are_reported_with_line_and_reason_and_the_others_are_sent(drop):
    drop.phones.opted_out = {"+12065550003"}
    bad = ["2065550100,no plus,c,12345,PROMOTIONAL,,\n", "+12065550002,too, many,values,12345,PROMOTIONAL,,\n"]
    outcome = drop.run(HEADER + row(1) + bad[0] + bad[1] + row(3) + row(1))
    assert outcome["Result"]["Statuses"] == {"SENT": 1, "INVALID": 2, "OPTED_OUT": 1, "DUPLICATE": 1}
    errors = {int(line["line"]): line["reason"] for line in drop.errors()}
    assert list(errors) == [3, 4, 5, 6]
    assert "E.164" in errors[3] and "8 values" in errors[4] and errors[5].startswith("OPT_OUT")
    assert errors[5] == "OPT_OUT: about the number"
    assert errors[6] == "is equal in every column to the row in line 2"
    assert [sent.number for sent in drop.phones.sent] == ["+12065550001"]
    assert len(drop.results()) == 5


def test_of_equal_rows_the_first_is_sent_and_the_others_are_reported(drop):
    outcome = drop.run(HEADER + row(1, "other") + row(1) * 8)
    assert outcome["Result"]["Statuses"] == {"SENT": 2, "DUPLICATE": 7}
    assert [int(line["line"]) for line in drop.errors()] == list(range(4, 11))


def test_two_texts_to_one_number_are_both_sent(drop):
    drop.run(HEADER + row(1, "Hello") + row(1, "again") + row(1, "Hello", ids="a,c"))
    assert sorted(sent.message for sent in drop.phones.sent) == ["Hello", "Hello", "again"]


def test_equal_rows_are_sent_where_config_says_so(drop, monkeypatch):
    monkeypatch.setenv("SEND_DUPLICATES", "true")
    drop.run(HEADER + row(1) * 3)
    assert len(drop.phones.sent) == 3


def test_rows_without_origin_or_type_take_those_of_config(drop, monkeypatch):
    monkeypatch.setenv("ORIGINATION_NUMBER", "MyShop")
    monkeypatch.setenv("MESSAGE_TYPE", "TRANSACTIONAL")
    drop.run("Message,SMS Number\nHello,+12065550001\n")
    sms = drop.phones.sent[0].request["MessageConfiguration"]["SMSMessage"]
    assert sms == {"Body": "Hello", "MessageType": "TRANSACTIONAL", "SenderId": "MyShop"}


def test_a_file_that_is_dropped_again_is_not_sent_again(drop):
    content = HEADER + row(1)
    drop.run(content)
    again = drop.run(content)
    assert again["Result"]["AlreadySent"] is True and again["Result"]["Sent"] == 1
    assert len(drop.phones.sent) == 1


def test_a_file_whose_content_changed_is_sent_and_its_reports_replace_the_old_ones(drop):
    drop.run(HEADER + row(1) + "no number\n")
    assert drop.errors()
    drop.run(HEADER + row(1))
    assert len(drop.phones.sent) == 2
    assert "errors/a.csv" not in drop.bucket.objects and len(drop.results()) == 1


def test_the_same_content_under_another_name_is_another_file(drop):
    drop.run(HEADER + row(1))
    drop.run(HEADER + row(1), "texts/b/c.txt")
    assert len(drop.phones.sent) == 2
    assert "results/b/c.txt.csv" in drop.bucket.objects


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty"),
        (b"\xff\xfea\0", "UTF-16"),
        ((HEADER + row(1)).encode("utf-16-be"), "no text in UTF-8"),
        (gzip.compress((HEADER + row(1)).encode()), "compressed (gzip)"),
        (b"PK\x03\x04\n", "a ZIP archive"),
        (b"\x89PNG\r\n\x1a\n", "no text in UTF-8"),
        ("Numéro,Texte\n+12065550001,Hi\n".encode("latin-1"), "no text in UTF-8"),
        ("Monday's texts\nmessage;sms_number\nHi;+12065550001\n", "names its columns in line 2, behind other lines"),
        (
            "sep=;\nsms_number,message\n+12065550001,Hi\n",
            "says sep=; in its first line, but its header is separated by commas",
        ),
        ("sep=ab\n", "behind sep= is one character"),
        ("sms_number;text\n+12065550001;Hi\n", "the header, separated by semicolons, lacks message"),
        (HEADER + row(1) + '+12065550002,"never closed\n' + row(3), "a quote in line 3 that is not closed"),
        (HEADER + row(1) + '+12065550002,"a 5" pipe\n+12065550199,stranger"\n' + row(3), "that cannot be paired"),
        ("sms_number,text\n+12065550001,Hi\n", "lacks message"),
        ("message,message,sms_number\n", "more than once"),
        ('"sms_number,message\n', "first row that has a quote"),
    ],
)
def test_a_file_that_cannot_be_read_fails_and_its_errors_file_says_why(drop, content, reason):
    outcome = drop.run(content)
    assert outcome["Status"] == "FAILED"
    assert reason in outcome["Result"]["Cause"]
    assert drop.bucket.objects["errors/a.csv"].decode() == f"line,reason\r\n,{_quoted(outcome['Result']['Cause'])}\r\n"
    assert drop.phones.sent == []


def _quoted(text: str) -> str:
    return f'"{text}"' if "," in text else text


def test_a_file_that_failed_is_tried_again_when_it_is_dropped_again(drop):
    drop.run("")
    assert drop.run("")["Status"] == "FAILED"
    assert drop.run(HEADER + row(1))["Status"] == "SUCCEEDED"


def test_a_file_that_is_gone_or_no_file_at_all_fails(drop):
    assert drop.start("texts/none.csv")["Status"] == "FAILED"
    assert drop.start("")["Result"]["Error"] == "InvalidInput"


def test_a_version_that_was_read_is_read_to_its_end_though_the_file_was_replaced(drop):
    started = drop.drop(HEADER + row(1))
    drop.bucket.put_object(Key="texts/a.csv", Body=b"other")
    assert drop.finish(started)["Result"]["Sent"] == 1


def test_a_file_replaced_while_it_is_read_is_reported_as_far_as_it_was_read(drop, monkeypatch):
    drop.bucket.versioned = False
    monkeypatch.setattr(course, "ROWS_AHEAD", 1000)
    monkeypatch.setattr(course, "ROWS_BETWEEN_LOOKS", 1000)
    started = drop.drop(HEADER + "".join(row(n % 9000, ids=f"{n},") for n in range(3000)))
    outcome = drop.poll(started)
    drop.bucket.put_object(Key="texts/a.csv", Body=b"other")
    outcome = drop.finish(outcome)
    assert outcome["Status"] == "FAILED" and "was replaced" in outcome["Result"]["Cause"]
    assert outcome["Result"]["Rows"] == outcome["Result"]["Sent"] == len(drop.phones.sent) == 1000
    assert "was replaced" in drop.errors()[0]["reason"]


@pytest.mark.parametrize(
    ("origins", "faults"),
    [
        ((CODE, "+18005550102"), ("THROTTLED", client_error("TooManyRequestsException", 429))),
        # Of a text alone, the service's own trouble says that it was not sent.
        (("+12065550101", "+18005550102"), ("THROTTLED", client_error("InternalServerErrorException", 500))),
    ],
)
def test_throttling_and_faults_on_every_third_call_change_nothing(drop, origins, faults):
    refusals = itertools.cycle(faults)
    drop.phones._faults = iter(None if n % 3 else next(refusals) for n in itertools.count(1))
    drop.queue._refused = 3
    drop.dynamodb._conflicts = 3
    outcome = drop.run(HEADER + "".join(row(n, origin=o) for n in range(300) for o in origins))
    assert outcome["Result"]["Statuses"] == {"SENT": 600}
    sent = [(sent.number, sent.origination) for sent in drop.phones.sent]
    assert len(sent) == len(set(sent)) == 600


def test_a_text_that_is_always_throttled_is_reported_after_its_last_time_and_its_pauses_grow(drop):
    drop.phones._faults = itertools.repeat("THROTTLED")
    outcome = drop.run(HEADER + row(1, origin="+12065550101"))
    assert outcome["Result"]["Statuses"] == {"FAILED": 1}
    assert drop.errors()[0]["reason"] == "THROTTLED: about the number"
    assert drop.queue.pauses == [10, 20, 40, 80, 160, 300, 300, 300, 300]


def test_a_throttled_text_is_not_overtaken_by_those_behind_it(drop):
    drop.phones._faults = itertools.chain(["THROTTLED"] * 4, itertools.repeat(None))
    drop.run(HEADER + "".join(row(n, origin="+12065550101") for n in range(3)))
    assert [sent.number[-1] for sent in drop.phones.sent] == ["0", "1", "2"]


@pytest.mark.parametrize(
    "fault", [ReadTimeoutError(endpoint_url="u"), client_error("BadGateway", 502), "UNKNOWN_FAILURE"]
)
def test_a_text_that_may_have_been_sent_is_reported_and_not_sent_again(drop, fault):
    drop.phones._faults = itertools.chain([fault], itertools.repeat(None))
    outcome = drop.run(HEADER + row(1, origin="+18005550102") + row(2, origin="+18005550102"))
    assert outcome["Result"]["Statuses"] == {"UNKNOWN": 1, "SENT": 1}
    assert drop.phones.calls == 2


def test_a_refusal_for_good_is_reported_at_once(drop):
    drop.phones._faults = itertools.chain([client_error("BadRequestException", 400)], itertools.repeat(None))
    assert drop.run(HEADER + row(1))["Result"]["Statuses"] == {"FAILED": 1}
    assert drop.phones.calls == 1


def test_a_sender_that_dies_costs_the_one_text_in_its_hands(drop):
    drop.phones._faults = itertools.chain([None, Killed()], itertools.repeat(None))
    outcome = drop.run(HEADER + "".join(row(n, origin="+12065550101") for n in range(5)))
    assert outcome["Result"]["Statuses"] == {"SENT": 4, "UNKNOWN": 1}
    assert [(line["line"], line["reason"][:30]) for line in drop.errors()] == [("3", "the function that sent it died")]
    assert [sent.number[-1] for sent in drop.phones.sent] == ["0", "2", "3", "4"]


def test_what_the_queue_gives_up_is_reported(drop):
    drop.queue = Queue(max_receives=2)
    started = drop.poll(drop.drop(HEADER + row(1)))

    def die(_event):
        raise Killed

    while drop.queue.hand_out(die):
        pass
    assert len(drop.queue.dead) == 1
    drop.bury()
    outcome = drop.finish(started)
    assert outcome["Result"]["Statuses"] == {"FAILED": 1}
    assert drop.errors()[0]["reason"] == "was handed out 200 times and not sent"


def test_what_is_not_sent_by_the_deadline_is_reported_and_never_sent(drop, monkeypatch):
    started = drop.poll(drop.drop(HEADER + "".join(row(n, origin="+12065550101") for n in range(25)) + "bad\n"))
    drop.send()
    monkeypatch.setattr(course.Course, "_is_over", lambda _self, _run: True)
    outcome = drop.poll(started)
    assert outcome["Result"]["Statuses"] == {"SENT": 10, "EXPIRED": 15, "INVALID": 1}
    assert [int(line["line"]) for line in drop.results()] == list(range(2, 28))
    while drop.send():
        pass
    assert len(drop.phones.sent) == 10


def test_a_report_of_many_parts_is_whole_though_its_writer_stops_behind_each(drop, monkeypatch):
    monkeypatch.setattr(reports, "BLOCKS_AT_ONCE", 1)
    long = "x" * 800
    content = HEADER + "".join(f"no number {n},m,c,12345,PROMOTIONAL,{long},{long}\n" for n in range(9_000))
    outcome = drop.drop(content)
    drop.milliseconds = 1
    outcome = drop.finish(outcome)
    assert outcome["Polls"] > 3
    assert [int(line["line"]) for line in drop.results()] == list(range(2, 9_002))
    assert len(drop.bucket.uploads["upload-0"]) == 3
    assert len(drop.errors()) == 9_000


@pytest.mark.parametrize(
    "content",
    [
        "sms_number;message;id_1;short_code;message_type\n{n};Hello, you;=1+1;555104;PROMOTIONAL\n;;;;\n",
        "sep=;\r\nmessage;id_1;sms_number;short_code;message_type\r\nHello, you;=1+1;{n};555104;PROMOTIONAL\r\n",
        "\ufeffsep=|\nmessage|id_1|sms_number|short_code|message_type||\nHello, you|=1+1|{n}|555104|PROMOTIONAL\n",
        "message\tid_1\tsms_number\tshort_code\tmessage_type\tid_2\rHello, you\t=1+1\t{n}\t555104\tPROMOTIONAL\r",
    ],
)
def test_files_as_spreadsheets_write_them_are_sent_and_their_reports_hold_no_formula(drop, content):
    outcome = drop.run(content.format(n="+12065550001"))
    assert outcome["Result"]["Statuses"] == {"SENT": 1}
    assert [(sent.number, sent.message) for sent in drop.phones.sent] == [("+12065550001", "Hello, you")]
    assert [line["id_1"] for line in drop.results()] == ["'=1+1"]


def test_a_number_in_scientific_notation_is_refused_and_the_reason_names_the_cause(drop):
    drop.run(HEADER + "1.20655E+10,Hi,,555104,PROMOTIONAL\n")
    assert "scientific notation" in drop.errors()[0]["reason"]
