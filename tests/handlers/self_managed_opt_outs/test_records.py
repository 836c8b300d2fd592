"""Who is opted out, and since when."""

import pytest

from handlers.self_managed_opt_outs import numbers
from handlers.self_managed_opt_outs.records_function import handler


def test_who_is_out_is_listed_in_pages_longest_first(world, monkeypatch):
    monkeypatch.setattr(numbers, "_PAGE", 4)
    people = [f"+1415555010{n}" for n in range(9)]
    for n, person in enumerate(people):
        world.handle(world.text("STOP", f"2030-01-02T03:04:0{n}.000Z", sender=person))
    world.handle(world.text("START", "2030-01-02T03:05:00.000Z", sender=people[3]))
    found, cursor, pages = [], None, 0
    while pages == 0 or cursor:
        page = handler({"operation": "list", **({"Cursor": cursor} if cursor else {})}, None)
        found += page["Numbers"]
        cursor, pages = page["Cursor"], pages + 1
    assert [number["Address"] for number in found] == people[:3] + people[4:]
    assert found[0]["Since"] == "2030-01-02T03:04:00.000Z"
    assert pages >= 2
    back = handler({"operation": "list", "Status": "IN"}, None)
    assert [number["Address"] for number in back["Numbers"]] == [people[3]] and back["Cursor"] is None


def test_one_number_is_told_or_null(world):
    world.handle(world.text("STOP"))
    assert handler({"operation": "get", "Address": "+14155550161"}, None)["Number"]["Status"] == "OUT"
    assert handler({"operation": "get", "Address": "+14155550162"}, None) == {"Number": None}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, "allowed are list and get"),
        ({"operation": "get"}, "Address is missing"),
        ({"operation": "list", "Status": "X"}, "allowed are OUT and IN"),
        ({"operation": "list", "Cursor": "x"}, "Cursor is none"),
        ({"operation": "list", "Cursor": "e30="}, "Cursor is none"),
    ],
)
@pytest.mark.usefixtures("world")
def test_a_wrong_question_says_what_is_allowed(given, words):
    with pytest.raises(ValueError, match=words):
        handler(given, None)
