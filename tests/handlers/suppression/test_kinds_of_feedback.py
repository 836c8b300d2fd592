"""What bounces and complaints say of an address, by their types as SES and IANA write them."""

from __future__ import annotations

import pytest

from handlers.suppression.feedback import Feedback, of_bounce, of_complaint

ON_A_LIST = ["OnAccountSuppressionList", "OnTenantSuppressionList", "Suppressed", " SUPPRESSED\n"]
UNSENT = ["EmailValidationSuppressed", "UnsubscribedRecipient", " unsubscribedrecipient "]
ANY = [None, "", "General", "Unheard-of", 5, ["Suppressed"]]


@pytest.mark.parametrize(
    ("subtypes", "found"), [(ON_A_LIST, Feedback.HELD_BACK), (UNSENT, Feedback.NONE), (ANY, Feedback.NEW)]
)
def test_a_permanent_bounce_is_new_unless_its_subtype_says_that_nothing_was_sent(subtypes, found):
    assert {of_bounce("Permanent", subtype) for subtype in subtypes} == {found}


@pytest.mark.parametrize("bounce_type", ["Transient", "Undetermined", "permanent", ""])
def test_a_bounce_of_another_type_says_nothing_whatever_its_subtype(bounce_type):
    assert {of_bounce(bounce_type, subtype) for subtype in (*ON_A_LIST, *UNSENT, *ANY)} == {Feedback.NONE}


@pytest.mark.parametrize("feedback_type", [None, "", "abuse", "fraud", "virus", "other", "unheard-of", 5, ["not-spam"]])
def test_a_complaint_is_new_unless_ses_held_the_message_back(feedback_type):
    assert {of_complaint(feedback_type, subtype) for subtype in (*ANY, *UNSENT)} == {Feedback.NEW}
    assert {of_complaint(feedback_type, subtype) for subtype in ON_A_LIST} == {Feedback.HELD_BACK}


@pytest.mark.parametrize("feedback_type", ["auth-failure", "not-spam", "Not-Spam", " AUTH-FAILURE "])
def test_a_report_by_which_nobody_complains_says_nothing_whatever_its_subtype(feedback_type):
    assert {of_complaint(feedback_type, subtype) for subtype in (*ON_A_LIST, *UNSENT, *ANY)} == {Feedback.NONE}
