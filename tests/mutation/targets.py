"""Where it is decided who gets what, and the unit tests that must notice when one of these decisions is wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

ENGAGEMENT, TESTS = "handlers/engagement", "tests/handlers/engagement"

TARGETS: Mapping[str, Sequence[str]] = {
    # Segments: who matches.
    f"{ENGAGEMENT}/segments/dimensions.py": [f"{TESTS}/segments/test_dimensions.py"],
    f"{ENGAGEMENT}/segments/reader.py": [
        f"{TESTS}/segments/test_reader.py",
        f"{TESTS}/segments/test_any_of_imports.py",
    ],
    f"{ENGAGEMENT}/segments/definitions.py": [f"{TESTS}/segments/test_definitions.py"],
    # Eligibility: who of them may be written to.
    f"{ENGAGEMENT}/campaigns/audience.py": [f"{TESTS}/campaigns/test_audience.py"],
    f"{ENGAGEMENT}/campaigns/address_claims.py": [f"{TESTS}/campaigns/test_address_claim_rules.py"],
    # The ledger: who has it already.
    f"{ENGAGEMENT}/campaigns/ledger.py": [
        f"{TESTS}/campaigns/test_ledger.py",
        f"{TESTS}/campaigns/test_ledger_results.py",
    ],
    f"{ENGAGEMENT}/campaigns/run_ledger.py": [
        f"{TESTS}/campaigns/test_run_ledger.py",
        f"{TESTS}/campaigns/test_run_ledger_steps.py",
    ],
    f"{ENGAGEMENT}/campaigns/claim_batches.py": [f"{TESTS}/campaigns/test_claim_batches.py"],
    "handlers/shared/claims.py": ["tests/handlers/shared/test_claims.py"],
    # Addresses that change hands: which of their owners may have it already.
    f"{ENGAGEMENT}/campaigns/address_owners.py": [f"{TESTS}/campaigns/test_address_owners.py"],
    f"{ENGAGEMENT}/store/former_owners.py": [f"{TESTS}/store/test_former_owner_notes.py"],
    # Leases: which worker is at it.
    f"{ENGAGEMENT}/store/leases.py": [f"{TESTS}/store/test_leases.py"],
    # Calls: what is made again, and what is raised.
    "handlers/shared/json_calls.py": [
        "tests/handlers/shared/test_json_calls.py",
        "tests/handlers/shared/test_short_ways.py",
    ],
    "handlers/shared/request_signatures.py": ["tests/handlers/shared/test_request_signatures.py"],
    # Caps, sending times and events: who gets it at all, when, and because of what.
    f"{ENGAGEMENT}/caps/counters.py": [f"{TESTS}/caps/test_counted_marks.py"],
    f"{ENGAGEMENT}/sending_times/windows.py": [f"{TESTS}/sending_times"],
    f"{ENGAGEMENT}/event_starts/matcher.py": [f"{TESTS}/event_starts/test_matcher.py"],
    # Rows of files: who is meant.
    "handlers/shared/records/lines.py": ["tests/handlers/shared/records/test_lines.py"],
    "handlers/shared/records/endpoint_columns.py": ["tests/handlers/shared/records/test_endpoint_columns.py"],
    # Suppression: who must not be written to any more.
    "handlers/suppression/recipients.py": ["tests/handlers/suppression/test_recipients.py"],
    "handlers/suppression/feedback.py": ["tests/handlers/suppression/test_kinds_of_feedback.py"],
    "handlers/suppression/suppressor.py": ["tests/handlers/suppression/test_steps.py"],
    "handlers/shared/suppression_lists/entries.py": ["tests/handlers/shared/suppression_lists/test_entries.py"],
    # Rates: when.
    "handlers/shared/pace.py": ["tests/handlers/shared/test_reservations.py"],
    "handlers/shared/origination_rates.py": ["tests/handlers/shared/test_origination_rates.py"],
}
"""The tests of each module. One process with one fault runs them all, so they are few and fast."""
