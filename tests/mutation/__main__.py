"""Puts faults into decisions, one at a time, and says which of them no unit test notices: `make mutation [OF=dimensions]`.

Each mutant runs its module's tests in a process of its own, forked from one that has imported what they need, so that one takes
about as long as its tests. (mutmut leaves alone what is no function's body, such as the tables of operators and decorated
functions; cosmic-ray begins a process anew for each, seconds of imports.) A mutant that no test notices is explained in
survivors.toml, or it is an error; so is an explanation of one that does not survive, and a module of which less than 90 % die.
"""

from __future__ import annotations

import argparse
import gc
import importlib
import importlib.util
import os
import signal
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import CodeType, ModuleType

import pytest

from tests.mutation.mutants import Mutant, mutants
from tests.mutation.targets import TARGETS

ROOT = Path(__file__).parents[2]
EXPLAINED = Path(__file__).with_name("survivors.toml")
FLOOR = 0.9
PASSED, FAILED, INTERRUPTED, UNUSABLE = 0, 1, 2, 4  # the last where a conftest cannot even import the module
OPTIONS = ("-x", "-q", "-n0", "-p", "no:randomly", "-p", "no:cacheprovider", "--tb=no", "--assert=plain")


class _Mutated(MetaPathFinder, Loader):
    """Imports one module from other code than its file's."""

    def __init__(self, module: str, path: Path, code: CodeType) -> None:
        self._module, self._path, self._code = module, path, code

    def find_spec(self, fullname: str, path: object, target: object = None) -> ModuleSpec | None:
        if fullname != self._module:
            return None
        return importlib.util.spec_from_file_location(fullname, self._path, loader=self)

    def exec_module(self, module: ModuleType) -> None:
        exec(self._code, module.__dict__)


@contextmanager
def _quiet() -> Iterator[None]:
    sys.stdout.flush()
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 1)
    os.dup2(nothing, 2)
    yield


def run(
    path: str, tests: Sequence[str], mutant: Mutant | None, seconds: float, imported: int | None = None
) -> int | None:
    """The exit code of pytest with this mutant (None: with the module as it is); None where it did not end in time.

    imported: a file descriptor that the names of all packages' modules are written to which the tests imported.
    """
    process = os.fork()
    if process == 0:
        with _quiet():
            os.setpgid(0, 0)
            if mutant:
                # What tests.conftest imported of the handlers would be the module as it is.
                for name in [name for name in sys.modules if name.partition(".")[0] == "handlers"]:
                    del sys.modules[name]
                code = compile(mutant.tree, path, "exec")
                sys.meta_path.insert(0, _Mutated(path.removesuffix(".py").replace("/", "."), ROOT / path, code))
            code = int(pytest.main([*OPTIONS, *tests]))
            if imported:
                os.write(imported, " ".join(_of_packages()).encode())
            os._exit(code)
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        ended, status = os.waitpid(process, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.02)
    os.killpg(process, signal.SIGKILL)
    os.waitpid(process, 0)
    return None


def _of_packages() -> list[str]:
    """The modules that were imported from packages and from Python itself: none that a mutant may be in."""
    files = ((name, getattr(module, "__file__", None) or "") for name, module in list(sys.modules.items()))
    return [name for name, file in files if file and (ROOT not in Path(file).parents or "site-packages" in file)]


def as_it_is(path: str, tests: Sequence[str]) -> float:
    """Runs a module's tests without a mutant, and imports all of packages that they imported. Returns how long they took."""
    with tempfile.TemporaryFile() as names:
        started = time.monotonic()
        if code := run(path, tests, None, 600, names.fileno()):
            raise SystemExit(f"{path}: its tests do not pass as it is (pytest's exit code {code})")
        took = time.monotonic() - started
        names.seek(0)
        for name in names.read().decode().split():
            if name != "__main__":
                with suppress(ImportError):
                    importlib.import_module(name)
    gc.collect()
    gc.freeze()  # what the forked processes share stays shared
    return took


def survivors(path: str) -> tuple[int, list[Mutant]]:
    """How many mutants a module has, and those that its tests do not notice."""
    tests = TARGETS[path]
    patience = 10 + 5 * as_it_is(path, tests)
    started = time.monotonic()
    made = mutants((ROOT / path).read_text())
    alive = []
    for mutant in made:
        code = run(path, tests, mutant, patience)
        if code not in (PASSED, FAILED, INTERRUPTED, UNUSABLE, None):
            raise SystemExit(f"{path}:{mutant.line} {mutant.name}: pytest's exit code is {code}")
        if code == PASSED:
            alive.append(mutant)
            print(f"  survives: {path}:{mutant.line}  {mutant.name}", flush=True)
    print(f"{path}: {len(made) - len(alive)} of {len(made)} died in {time.monotonic() - started:.0f} s", flush=True)
    return len(made), alive


def judged(path: str, count: int, alive: Sequence[Mutant], explained: dict[str, dict[str, str]]) -> list[str]:
    """What is wrong with a module's survivors."""
    reasons = explained.get(path, {})
    names = {mutant.name for mutant in alive}
    wrong = [f"{path}: not explained: {name}" for name in sorted(names - reasons.keys())]
    wrong += [f"{path}: explained, but does not survive: {name}" for name in sorted(reasons.keys() - names)]
    if count - len(alive) < FLOOR * count:
        wrong.append(f"{path}: {count - len(alive)} of {count} died; at least {FLOOR:.0%} must")
    return wrong


def main() -> int:
    parser = argparse.ArgumentParser(prog="make mutation", description=__doc__)
    parser.add_argument("of", nargs="*", help="parts of the paths of modules; all of tests/mutation/targets.py without")
    given = parser.parse_args().of
    chosen = [path for path in TARGETS if not given or any(part in path for part in given)]
    if not chosen:
        parser.error(f"no module is called {', '.join(given)}; known: {', '.join(TARGETS)}")
    importlib.import_module("tests.conftest")  # Pulumi, boto3 and moto once
    importlib.import_module("moto")
    explained = tomllib.loads(EXPLAINED.read_text())
    wrong = [problem for path in chosen for problem in judged(path, *survivors(path), explained)]
    print("\n".join(wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
