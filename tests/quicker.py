"""What makes every test quicker and changes nothing that a test sees: models of services, the collector of garbage, places in sources,
the processor's cores."""

import functools
import gc
import os
from collections.abc import Callable
from typing import Any

import botocore.session
import pulumi.runtime.resource
from botocore.loaders import JSONFileLoader
from pulumi.runtime.proto import source_pb2

from bench.one_core import stay_on_one_core
from handlers.shared import service_models

YOUNG, MIDDLE, OLD = 50_000, 20, 20
"""When the collector looks through the objects of a generation: so many new ones, so many looks at the one before."""


def share_models() -> None:
    """Each botocore session parses the models of its services anew, and each `mock_aws` begins one. They are only read."""
    botocore.session.create_loader = functools.cache(botocore.session.create_loader)
    service_models._Models = _one_for_each_path(service_models._Models)
    for kind in (JSONFileLoader, service_models.Files):
        kind.load_file = _once(kind.load_file)


def _one_for_each_path(make: Callable[..., Any]) -> Callable[..., Any]:
    """A loader keeps what it found: the folders of its services, their latest versions, their models."""
    made: dict[tuple[str, ...], Any] = {}

    def loader(*, extra_search_paths: list[str], **others: Any) -> Any:
        paths = tuple(extra_search_paths)
        if paths not in made:
            made[paths] = make(extra_search_paths=extra_search_paths, **others)
        return made[paths]

    return loader


def _once(parse: Callable[..., Any]) -> Callable[..., Any]:
    parsed: dict[str, Any] = {}

    def load_file(self: Any, file_path: str) -> Any:
        if file_path not in parsed and (found := parse(self, file_path)) is not None:
            parsed[file_path] = found
        return parsed.get(file_path)

    return load_file


def tell_no_places() -> None:
    """Pulumi reads the stack and its sources for each resource, to tell an engine where it was registered; mocks ask for none."""
    pulumi.runtime.resource._get_stack_trace = source_pb2.StackTrace


def collect_less() -> None:
    """What is imported by now stays: it is never looked through again, and what is new less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, MIDDLE, OLD)


def take_one_core() -> None:
    """A worker's own core, as long as there are enough. Programs that a test starts are on it, too: the test waits for them."""
    stay_on_one_core(int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")))
