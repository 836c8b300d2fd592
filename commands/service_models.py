"""Pinpoint's service model for whoever calls the API from this machine."""

from __future__ import annotations

from functools import cache
from typing import Any

from boto3.session import Session
from botocore.config import Config
from botocore.exceptions import DataNotFoundError
from botocore.session import get_session

SERVICE = "pinpoint"
ONCE = Config(retries={"total_max_attempts": 1})
"""For operations that send messages or make what sends: a call without an answer may have done so, and made again does it twice."""


def pinpoint_session() -> Session:
    """A new boto3 session that knows Pinpoint: by the installed botocore, or by the functions' model where that has none.

    Raises pulumi.RunError where the model is needed and cannot be made.
    """
    return Session(botocore_session=_botocore_session())


@cache
def pinpoint_model() -> Any:
    """Botocore's model of the Pinpoint API. Raises as `pinpoint_session` does."""
    return _botocore_session().get_service_model(SERVICE)


def _botocore_session() -> Any:
    session = get_session()
    loader: Any = session.get_component("data_loader")
    try:
        loader.determine_latest_version(SERVICE, "service-2")
    except DataNotFoundError:
        from components.building_blocks.service_model import service_models  # noqa: PLC0415 it imports Pulumi

        loader.search_paths.insert(0, str(service_models()))
    return session
