"""The API and the worker in process, as for journeys."""

from tests.handlers.engagement.journeys.conftest import runner

__all__ = ["runner"]
