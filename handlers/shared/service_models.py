"""Amazon Pinpoint's service model, from the functions' layer.

botocore drops the models of services that ended, and the Lambda runtime's botocore updates by itself. The layer carries
the model as a package of its own, which is on the path wherever the layer is (/opt/python on Lambda). It goes before
botocore's own, so that a call is checked by one and the same model everywhere. Without the layer (tests, commands),
it is what botocore finds: its own, or what AWS_DATA_PATH names.
"""

from __future__ import annotations

import importlib.util
from functools import cache
from typing import TYPE_CHECKING, Any

from botocore.session import Session, get_session

if TYPE_CHECKING:
    from botocore.model import ServiceModel

PACKAGE = "engagement_service_models"


@cache
def botocore_session() -> Session:
    """The process's botocore session; its clients know the layer's models."""
    session = get_session()
    spec = importlib.util.find_spec(PACKAGE)
    if spec and spec.submodule_search_locations:
        paths: Any = session.get_component("data_loader").search_paths
        (folder,) = spec.submodule_search_locations
        if folder not in paths:
            paths.insert(0, folder)
    return session


@cache
def pinpoint_model() -> ServiceModel:
    """Botocore's model of the Pinpoint API. Raises botocore's UnknownServiceError where there is none."""
    return botocore_session().get_service_model("pinpoint")
