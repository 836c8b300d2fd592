"""The tests of claims by the batch, once more on AWS's own engine."""

from tests.handlers.engagement.campaigns.test_claim_batches import *  # noqa: F403 the tests
from tests.handlers.engagement.campaigns.test_run_ledger_steps import *  # noqa: F403 the tests
