"""Amazon Pinpoint's service model, from the functions' layer.

botocore drops the models of services that ended, and the Lambda runtime's botocore updates by itself. The layer carries
the model as a package of its own, which is on the path wherever the layer is (/opt/python on Lambda). It goes before
botocore's own, so that a call is checked by one and the same model everywhere. Without the layer (tests, commands),
it is what botocore finds: its own, or what AWS_DATA_PATH names.
"""

from __future__ import annotations

import gzip
import importlib.util
import json
import os
from functools import cache
from typing import TYPE_CHECKING, Any

from botocore.exceptions import DataNotFoundError, UnknownServiceError
from botocore.loaders import JSONFileLoader, Loader, instance_cache
from botocore.session import Session

from handlers.shared.json_calls import shorten
from handlers.shared.session_hooks import register_hooks

if TYPE_CHECKING:
    from botocore.model import ServiceModel

PACKAGE = "engagement_service_models"
_GLOBAL_S3 = {
    "partitionEndpoint": "aws-global",
    "endpoints": {"aws-global": {"hostname": "s3.amazonaws.com", "credentialScope": {"region": "us-east-1"}}},
}
"""Which endpoint botocore takes for S3 in us-east-1."""


class Files(JSONFileLoader):
    """Reads files into plain dicts, which keep their order, too. botocore's own loader makes an OrderedDict of each object, which takes
    longer and holds half as much memory again (findings/botocore-ordered-models.sh): a cold start waits for it."""

    def load_file(self, file_path: str) -> Any:  # noqa: ANN401 JSON
        """The content of a file, whose name's end (.json, .json.gz) is left out; None where there is none."""
        for ending, opened in ((".json", open), (".json.gz", gzip.open)):
            try:
                with opened(file_path + ending, "rb") as file:
                    return json.loads(file.read())
            except (FileNotFoundError, NotADirectoryError):
                continue
        return None


class _Models(Loader):
    """Looks into the folder of the service that is asked for. botocore's own loader looks into those of all services
    first, some four hundred, for each kind of file: half of what a client costs at a cold start.

    It reads no endpoints.json either, more than a megabyte for each process. Where a call goes is said by its service's
    own rules; what the client takes from that file partitions.json tells as well, for any service that has an endpoint
    in each Region, as all have that handlers call (not those that are global, such as IAM).
    """

    def list_available_services(self, type_name: str) -> list[str]:
        """The names of all folders, whichever kinds of files they have."""
        return self._folders()

    @instance_cache
    def _folders(self) -> list[str]:
        # Under a name of its own: botocore keeps what a method answers by the method's name, of which its own loader's has one, too.
        return sorted({name for path in self.search_paths if os.path.isdir(path) for name in os.listdir(path)})  # noqa: PTH112, PTH208 text, as botocore has it

    def determine_latest_version(self, service_name: str, type_name: str) -> str:
        """Raises UnknownServiceError where the folder has no such file, as botocore's own loader does."""
        try:
            return super().determine_latest_version(service_name, type_name)
        except DataNotFoundError:
            known = ", ".join(super().list_available_services(type_name))
            raise UnknownServiceError(service_name=service_name, known_service_names=known) from None

    def load_data_with_path(self, name: str) -> tuple[Any, str]:
        """What is in a file, and where that is. `endpoints` is made of the partitions, and of services names S3 alone."""
        if name != "endpoints":
            return super().load_data_with_path(name)
        found, path = super().load_data_with_path("partitions")
        return {"partitions": [_with_default_endpoints(partition) for partition in found["partitions"]]}, path


def _with_default_endpoints(partition: dict[str, Any]) -> dict[str, Any]:
    """A partition of partitions.json, as endpoints.json has it for services that it does not name."""
    outputs = partition["outputs"]
    hostname, fips_hostname = "{service}.{region}.{dnsSuffix}", "{service}-fips.{region}.{dnsSuffix}"
    suffix, dual_stack_suffix = outputs["dnsSuffix"], outputs["dualStackDnsSuffix"]
    return {
        "partition": partition["id"],
        "dnsSuffix": suffix,
        "regionRegex": partition["regionRegex"],
        "regions": partition["regions"],
        "services": {"s3": _GLOBAL_S3} if partition["id"] == "aws" else {},
        "defaults": {
            "hostname": hostname,
            "protocols": ["https"],
            "signatureVersions": ["v4"],
            "variants": [
                {"tags": ["fips"], "hostname": fips_hostname, "dnsSuffix": suffix},
                {"tags": ["dualstack"], "hostname": hostname, "dnsSuffix": dual_stack_suffix},
                {"tags": ["dualstack", "fips"], "hostname": fips_hostname, "dnsSuffix": dual_stack_suffix},
            ],
        },
    }


@cache
def botocore_session() -> Session:
    """The process's botocore session; its clients know the layer's models."""
    session = Session(include_builtin_handlers=False)
    register_hooks(session.get_component("event_emitter"))
    configured: Any = session.get_component("data_loader").search_paths
    spec = importlib.util.find_spec(PACKAGE)
    ours = list(spec.submodule_search_locations or ()) if spec else []
    paths = [*ours, *(path for path in configured if path not in ours)]
    loader = _Models(file_loader=Files(), extra_search_paths=paths, include_default_search_paths=False)
    session.register_component("data_loader", loader)
    shorten(session)
    return session


@cache
def pinpoint_model() -> ServiceModel:
    """Botocore's model of the Pinpoint API. Raises botocore's UnknownServiceError where there is none."""
    return botocore_session().get_service_model("pinpoint")
