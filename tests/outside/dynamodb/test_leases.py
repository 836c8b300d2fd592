"""The tests of leases, once more on AWS's own engine."""

from tests.handlers.engagement.store.test_leases import *  # noqa: F403 the tests
from tests.outside.dynamodb.conftest import client  # noqa: F401 in the place of the one in memory
