"""Documents of the registry: changed by several at a time, with members beside them."""

from __future__ import annotations

import pytest

from handlers.engagement.store.documents import Documents


@pytest.fixture
def documents(world):
    return Documents(world.tables.registry)


def test_a_change_of_a_known_document_is_one_write(world, documents):
    documents.put("A", "b", {"n": 1})
    world.calls.clear()
    assert documents.update("A", "b", lambda document: document.update(n=2), known={"n": 1}) == {"n": 2}
    assert world.calls == {"UpdateItem": 1}
    assert documents.get("A", "b") == {"n": 2}


def test_a_change_of_what_is_known_no_more_is_made_to_what_is_there(documents):
    documents.put("A", "b", {"n": 1})
    documents.update("A", "b", lambda document: document.update(m=7))
    documents.note("A", "b", {"_Told": "x"})
    changed = documents.update("A", "b", lambda document: document.update(n=2), known={"n": 1})
    assert changed == documents.get("A", "b") == {"n": 2, "m": 7, "_Told": "x"}


def test_a_change_of_a_known_document_that_is_gone_brings_it_not_back(documents):
    assert documents.update("A", "b", lambda document: document.update(n=2), known={"n": 1}) is None
    assert documents.get("A", "b") is None


def test_notes_are_members_and_changes_leave_them(documents):
    documents.put("A", "b", {"n": 1})
    documents.add("A", "b", {"Sum": 3})
    assert documents.note("A", "b", {"_One": 5, "_Two": "why"})
    assert documents.note("A", "b", {"_One": 6})
    changed = documents.update("A", "b", lambda document: document.update(n=2, _One=0, Sum=0))
    assert changed == documents.get("A", "b") == {"n": 2, "Sum": 3, "_One": 6, "_Two": "why"}


def test_a_note_of_a_document_that_is_gone_makes_none(documents):
    assert not documents.note("A", "b", {"_One": 5})
    assert documents.get("A", "b") is None
