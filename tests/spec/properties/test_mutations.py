"""Every property holds where it should, is violated by the mutation that it names, and by nothing else it names."""

from __future__ import annotations

import pytest
from kubemodel.engine.judging import UNDECLARED_TRANSITION
from kubemodel.spec.properties.catalogue import PROPERTIES, describe

from ..exploration import explore
from .mutations import CASES

_MUTANT_STATES = 20_000


def test_every_property_has_a_case() -> None:
    assert set(CASES) == {*PROPERTIES, UNDECLARED_TRANSITION}


@pytest.mark.parametrize("name", CASES)
def test_it_is_triggered_and_holds_like_all_other_properties(name: str) -> None:
    found = explore(CASES[name].holds)
    assert found.violated == {}
    assert name in found.triggered


@pytest.mark.parametrize("name", CASES)
def test_its_mutation_violates_it_and_no_other_property(name: str) -> None:
    case = CASES[name]
    found = explore(case.holds, case.mutate, most=_MUTANT_STATES)
    assert set(found.violated) == {name, *case.besides}


@pytest.mark.parametrize("name", [name for name in CASES if name != UNDECLARED_TRANSITION and describe(name).assumes])
def test_it_is_suspended_where_its_assumptions_are_broken(name: str) -> None:
    broken = CASES[name].broken
    assert broken is not None, "a property with assumptions needs a scenario that breaks them"
    found = explore(broken)
    assert name in found.suspended
    assert name not in found.violated
