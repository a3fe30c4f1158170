"""Both solvers read a formula as it is meant: against all numbers within the bounds."""

from __future__ import annotations

from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st
from kubemodel.proving.placement.formula import Every, Formula, Program, Row, Some, Sum, holds, total
from kubemodel.proving.placement.refuting import Prover
from kubemodel.proving.placement.searching import Searching

BOUNDS = ((0, 3), (-2, 2), (0, 1))

rows = st.builds(Row, st.dictionaries(st.integers(0, len(BOUNDS) - 1), st.integers(-4, 4)), st.integers(-6, 6))
formulas = st.recursive(
    rows,
    lambda inner: (
        st.builds(Every, st.lists(inner, max_size=3).map(tuple))
        | st.builds(Some, st.lists(inner, max_size=3).map(tuple))
    ),
    max_leaves=8,
)


def program(*required: Formula) -> Program:
    made = Program()
    for number, (low, high) in enumerate(BOUNDS):
        made.variable(f"x{number}", low, high)
    made.require(*required)
    return made


def everything() -> list[tuple[int, ...]]:
    return list(product(*(range(low, high + 1) for low, high in BOUNDS)))


@settings(max_examples=150, deadline=None)
@given(st.lists(formulas, max_size=4))
def test_what_is_found_holds_and_what_is_refuted_never_does(required: list[Formula]) -> None:
    made = program(*required)
    possible = [values for values in everything() if all(holds(each, values) for each in required)]
    prover = Prover(made, made.formulas)
    assert prover.refutes(60.0) is (not possible)
    if possible:
        assert tuple(prover.values()) in possible
    searching = Searching(made)
    found = searching.search(60.0)
    assert (tuple(found[0]) in possible) if isinstance(found, tuple) else (found is False and not possible)
    relaxed = searching.relaxed()
    assert relaxed is not None
    if relaxed.missing:
        assert Prover(made, [made.formulas[number] for number in relaxed.in_conflict]).refutes(60.0)


@given(formulas, st.sampled_from(everything()))
def test_simplifying_changes_nothing(formula: Formula, values: tuple[int, ...]) -> None:
    assert holds(program().simplified(formula), values) == holds(formula, values)


@given(
    st.lists(st.dictionaries(st.integers(0, 2), st.integers(-4, 4)).map(Sum) | st.integers(-4, 4)),
    st.sampled_from(everything()),
)
def test_sums_add_up(parts: list[Sum | int], values: tuple[int, ...]) -> None:
    def worth(part: Sum | int) -> int:
        return part if isinstance(part, int) else part.constant + sum(n * values[v] for v, n in part.terms.items())

    assert worth(total(parts)) == sum(map(worth, parts))
    assert holds(total(parts).at_most(3), values) == (sum(map(worth, parts)) <= 3)
    assert holds((total(parts) * 2).at_least(total(parts)), values) == (sum(map(worth, parts)) >= 0)
