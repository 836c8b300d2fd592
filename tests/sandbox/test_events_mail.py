"""SES as the sandbox mends it: the simulator's addresses, the suppression list, the events; without any server."""

import pytest

from sandbox.repairs import ses_mail
from sandbox.repairs.ses_suppression import SuppressionList


def nothing(_: str) -> list[str]:
    return []


@pytest.mark.parametrize(
    ("address", "events"),
    [
        ("someone@example.org", ["Delivery"]),
        ("success@simulator.amazonses.com", ["Delivery"]),
        ("ooto+7@simulator.amazonses.com", ["Delivery"]),
        ("bounce+a.b@simulator.amazonses.com", ["Bounce"]),
        ("Complaint@Simulator.AmazonSES.com", ["Delivery", "Complaint"]),
        ("suppressionlist@simulator.amazonses.com", ["Bounce"]),
        ("bounce@example.org", ["Delivery"]),
    ],
)
def test_the_simulators_addresses_do_what_they_are_called(address, events):
    assert [event["eventType"] for event in ses_mail.outcome(address, suppressed="")] == events


def test_a_suppressed_address_bounces_or_complains_again_with_a_subtype_whatever_it_is():
    [event] = ses_mail.outcome("complaint@simulator.amazonses.com", suppressed="BOUNCE")
    assert (event["bounce"]["bounceType"], event["bounce"]["bounceSubType"]) == (
        "Permanent",
        "OnAccountSuppressionList",
    )
    assert ses_mail.held_back(event)
    [event] = ses_mail.outcome("success@simulator.amazonses.com", suppressed="COMPLAINT")
    assert event["complaint"]["complaintSubType"] == "OnAccountSuppressionList"
    assert "complaintFeedbackType" not in event["complaint"] and ses_mail.held_back(event)
    assert not any(map(ses_mail.held_back, ses_mail.outcome("complaint@simulator.amazonses.com", suppressed="")))


def test_tags_of_a_message_and_of_its_links_are_told():
    html = (
        '<a ses:tags="unsubscribeLinkTag:click; area:footer" href="https://e.org/u">u</a><a href="https://e.org">e</a>'
    )
    mail = ses_mail.Mail("id", "Me <me@e.org>", "arn", "1", ["You <you@e.org>"], "Hi", html=html, tags={"k": ["v"]})
    assert mail.links() == {
        "https://e.org/u": {"unsubscribeLinkTag": ["click"], "area": ["footer"]},
        "https://e.org": {},
    }
    described = mail.described()
    assert described["tags"]["k"] == ["v"] and described["source"] == "me@e.org"
    assert described["destination"] == ["you@e.org"] and described["commonHeaders"]["subject"] == "Hi"


def test_the_list_takes_an_address_once_whatever_its_case():
    found = SuppressionList()
    for address, reason in (("A@e.org", "BOUNCE"), ("a@E.org", "COMPLAINT")):
        assert (
            found.request("PUT", "/suppression/addresses", {"EmailAddress": address, "Reason": reason}, nothing) == {}
        )
    answer = found.request("GET", "/suppression/addresses", {}, nothing)
    assert isinstance(answer, dict)
    assert [(one["EmailAddress"], one["Reason"]) for one in answer["SuppressedDestinationSummaries"]] == [
        ("a@E.org", "COMPLAINT")
    ]
    assert found.holds("A@E.ORG") == "COMPLAINT" and not found.holds("a@e.org", ["BOUNCE"])


def test_an_address_that_is_none_and_a_reason_that_is_none_are_refused():
    for body in ({"EmailAddress": "nobody", "Reason": "BOUNCE"}, {"EmailAddress": "a@e.org", "Reason": "DISLIKE"}):
        answer = SuppressionList().request("PUT", "/suppression/addresses", body, nothing)
        assert isinstance(answer, tuple) and answer[:2] == (400, "BadRequestException")


def test_the_list_comes_in_pages():
    found = SuppressionList()
    for n in range(5):
        found.request("PUT", "/suppression/addresses", {"EmailAddress": f"{n}@e.org", "Reason": "BOUNCE"}, nothing)
    given = {"PageSize": ["3"], "NextToken": ["3"]}
    answer = found.request("GET", "/suppression/addresses", {}, lambda name: given.get(name, []))
    assert isinstance(answer, dict)
    assert len(answer["SuppressedDestinationSummaries"]) == 2 and "NextToken" not in answer


def test_an_address_can_be_looked_up_and_taken_off():
    found = SuppressionList()
    assert isinstance(found.request("GET", "/suppression/addresses/a%40e.org", {}, nothing), tuple)
    found.request("PUT", "/suppression/addresses", {"EmailAddress": "a@e.org", "Reason": "BOUNCE"}, nothing)
    answer = found.request("GET", "/suppression/addresses/a%40e.org", {}, nothing)
    assert isinstance(answer, dict) and answer["SuppressedDestination"]["Reason"] == "BOUNCE"
    assert found.request("DELETE", "/suppression/addresses/a%40e.org", {}, nothing) == {}
    assert not found.entries
