"""Identities' notification topics: ours are set and taken back, others' are left alone."""

from __future__ import annotations

import pytest

from handlers.ses_event_processing import identities

OURS, OTHER = "arn:aws:sns:eu-west-1:1:ours", "arn:aws:sns:eu-west-1:1:other"


class Ses:
    def __init__(self, topics):
        self.topics = topics
        self.writes = []

    def get_paginator(self, name):
        assert name == "list_identities"
        names = list(self.topics)
        return type("P", (), {"paginate": lambda self: [{"Identities": names[:2]}, {"Identities": names[2:]}]})()

    def get_identity_notification_attributes(self, Identities):
        assert len(Identities) <= 100
        return {
            "NotificationAttributes": {
                name: {f"{kind}Topic": topic for kind, topic in self.topics[name].items()} for name in Identities
            }
        }

    def set_identity_notification_topic(self, Identity, NotificationType, SnsTopic=None):
        self.writes.append((Identity, NotificationType, SnsTopic))
        if SnsTopic:
            self.topics[Identity][NotificationType] = SnsTopic
        else:
            self.topics[Identity].pop(NotificationType)


@pytest.fixture
def ses(monkeypatch):
    made = Ses({"free.org": {}, "taken.org": {"Bounce": OTHER}, "half@free.org": {"Complaint": OURS}})
    monkeypatch.setattr(identities, "_client", lambda: made)
    return made


def call(action, names="all", overwrite=False, topic=OURS, previous=None):
    event = {"TopicArn": topic, "Identities": names, "OverwriteExisting": overwrite}
    return identities.handler({**event, "tf": {"action": action, "prev_input": previous}}, None)


def test_an_identity_that_notifies_another_topic_is_left_alone(ses):
    assert call("create") == {"Subscribed": ["free.org", "half@free.org"], "LeftAlone": ["taken.org"]}
    assert ses.topics["free.org"] == {"Bounce": OURS, "Complaint": OURS}
    assert ses.topics["taken.org"] == {"Bounce": OTHER, "Complaint": OURS}


def test_the_second_time_our_own_topic_is_not_another_and_nothing_is_written(ses):
    call("create")
    ses.writes.clear()
    previous = {"TopicArn": OURS, "Identities": "all", "OverwriteExisting": False}
    assert call("update", previous=previous)["LeftAlone"] == ["taken.org"]
    assert ses.writes == []


def test_overwriting_is_done_where_it_is_asked_for(ses):
    assert call("create", overwrite=True)["LeftAlone"] == []
    assert ses.topics["taken.org"]["Bounce"] == OURS


def test_a_new_topic_takes_the_place_of_our_former_one(ses):
    call("create")
    new = f"{OURS}2"
    call("update", topic=new, previous={"TopicArn": OURS})
    assert ses.topics["free.org"] == {"Bounce": new, "Complaint": new}


def test_an_identity_that_config_no_longer_names_is_released(ses):
    call("create")
    call("update", names=["free.org"], previous={"TopicArn": OURS})
    assert ses.topics == {
        "free.org": {"Bounce": OURS, "Complaint": OURS},
        "taken.org": {"Bounce": OTHER},
        "half@free.org": {},
    }


def test_delete_takes_back_ours_and_nothing_else(ses):
    call("create")
    call("delete")
    assert ses.topics == {"free.org": {}, "taken.org": {"Bounce": OTHER}, "half@free.org": {}}


def test_an_identity_that_does_not_exist_is_named(ses):
    with pytest.raises(identities.UnknownIdentityError, match=r"missing\.org"):
        call("create", names=["missing.org"])
