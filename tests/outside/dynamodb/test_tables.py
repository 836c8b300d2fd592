"""The tests of campaigns' claims and of addresses' former owners, once more on AWS's own engine: its keys, conditions and transactions."""

from tests.handlers.engagement.campaigns.test_ledger import *  # noqa: F403 the tests
from tests.handlers.engagement.campaigns.test_ledger_results import *  # noqa: F403 the tests
from tests.handlers.engagement.campaigns.test_run_ledger import *  # noqa: F403 the tests
from tests.handlers.engagement.store.test_former_owners import *  # noqa: F403 the tests
from tests.outside.dynamodb.conftest import client  # noqa: F401 in the place of the one in memory
