"""The faults that `make mutation` puts in, and what it says of those that no test notices."""

from __future__ import annotations

import ast
import tomllib

from tests.conftest import ROOT
from tests.mutation.__main__ import EXPLAINED, judged
from tests.mutation.mutants import mutants
from tests.mutation.targets import TARGETS

SOURCE = '''
"""A module."""

KINDS = {"A": lambda left, right: left < right}


def chosen(people: list[str], *, most: int = 3) -> list[str] | None:
    """Who is chosen."""
    logger.info("choosing", extra={"count": 1})
    if not people and most:
        raise ValueError("nobody")
    found.add(people[0])
    return [person for person in people if person != "x"]
'''


def test_each_decision_gets_its_faults_and_texts_for_people_get_none():
    assert [mutant.name for mutant in mutants(SOURCE)] == [
        "'A' -> 'A~'",
        "left < right -> left <= right",
        "left < right -> left >= right",
        "chosen: 3 -> 4",
        "chosen: if not people and most: raise ValueError('nobody') -> if not (not people and most): raise ValueError('nobody')",
        "chosen: not people and most -> not people or most",
        "chosen: not people -> people",
        "chosen: raise ValueError('nobody') -> pass",
        "chosen: found.add(people[0]) -> pass",
        "chosen: 0 -> 1",
        "chosen: return [person for person in people if person != 'x'] -> return None",
        "chosen: person != 'x' -> person == 'x'",
        "chosen: 'x' -> 'x~'",
    ]


def test_a_mutant_is_the_module_with_one_fault_that_compiles():
    original = ast.unparse(ast.parse(SOURCE)).splitlines()
    for mutant in mutants(SOURCE):
        compile(mutant.tree, "module", "exec")
        changed = ast.unparse(mutant.tree).splitlines()
        assert sum(line not in original for line in changed) <= 1, mutant.name
        assert changed != original, mutant.name


def test_what_survives_without_a_reason_and_what_has_one_in_vain_is_told():
    alive = mutants("x = 1 + 2")
    assert [mutant.name for mutant in alive] == ["1 + 2 -> 1 - 2", "1 -> 2", "2 -> 3"]
    reasons = {"module.py": {"1 -> 2": "it is added to nothing", "9 -> 10": "no more"}}
    assert judged("module.py", 100, alive[1:], reasons) == [
        "module.py: not explained: 2 -> 3",
        "module.py: explained, but does not survive: 9 -> 10",
    ]
    assert judged("module.py", 10, alive[:2], {})[-1] == "module.py: 8 of 10 died; at least 90% must"
    assert judged("module.py", 10, [], {}) == []


def test_the_modules_and_their_tests_are_there():
    named = {path for module, tests in TARGETS.items() for path in (module, *tests)}
    assert [path for path in sorted(named) if not (ROOT / path).exists()] == []


def test_what_is_explained_is_a_fault_of_its_module():
    for path, reasons in tomllib.loads(EXPLAINED.read_text()).items():
        assert path in TARGETS
        assert reasons.keys() <= {mutant.name for mutant in mutants((ROOT / path).read_text())}, path


def test_faults_of_two_functions_that_look_alike_are_told_apart():
    source = "class A:\n    def one(self): return 1\n\n\ndef two(): return 1"
    assert [mutant.name for mutant in mutants(source) if mutant.was == "1"] == ["A.one: 1 -> 2", "two: 1 -> 2"]
