"""A law means the same to z3 and to the explorer, whatever the numbers are."""

from __future__ import annotations

from typing import Any

import pytest
import z3  # type: ignore[import-untyped]
from hypothesis import given, settings
from hypothesis import strategies as st
from kubemodel.proving.induction.catalogue import PROVABLES, law_called
from kubemodel.proving.induction.law import Law, Values
from kubemodel.proving.induction.laws.job_counters import JOB, Done, done, representative
from kubemodel.proving.induction.obligations import chosen, some_state
from kubemodel.proving.induction.truth import every, implies, negation, some
from kubemodel.spec.control_plane.controllers.job_decisions import sync

LAWS = [(name, "") for name in PROVABLES]
LAWS += [(name, mutation.name) for name, provable in PROVABLES.items() for mutation in provable.mutations]

NUMBERS = st.integers(0, 4) | st.integers(-30, 1000)


def concrete(expression: Any, symbols: Values, numbers: Values) -> Any:
    """What a z3 expression comes to if its symbols have these numbers."""
    if not z3.is_expr(expression):
        return expression
    pairs = [(symbols[name], z3.IntVal(number)) for name, number in numbers.items()]
    found = z3.simplify(z3.substitute(expression, *pairs))
    return z3.is_true(found) if z3.is_bool(found) else found.as_long()


@pytest.mark.parametrize(("name", "mutation"), LAWS)
@settings(max_examples=15, deadline=None)
@given(st.data())
def test_steps_and_claims_agree(name: str, mutation: str, data: st.DataObject) -> None:
    law = law_called(name, mutation)
    state = some_state(law)
    numbers = Values({each: data.draw(NUMBERS, each) for each in state})
    for claim in (law.promise, law.assumes, *(one.holds for one in law.invariant[:12])):
        assert concrete(claim(state), state, numbers) == claim(numbers)
    for step in law.steps:
        symbols, within = chosen(step, state)
        choice = Values({each: data.draw(NUMBERS, each) for each in symbols})
        both, given_ = Values({**state, **symbols}), Values({**numbers, **choice})
        limits = [limit(numbers) for limit in step.chosen.values()]
        inside = all(least <= it <= most for it, (least, most) in zip(choice.values(), limits, strict=True))
        assert concrete(within, both, given_) == inside
        assert concrete(step.guard(state, symbols), both, given_) == step.guard(numbers, choice)
        effect = step.effect(state, symbols)
        assert {it: concrete(to, both, given_) for it, to in effect.items()} == dict(step.effect(numbers, choice))


@given(st.lists(st.booleans(), max_size=3), st.booleans())
def test_truths_join_alike(claims: list[bool], claim: bool) -> None:
    symbolic = [z3.BoolVal(one) for one in claims]
    lifted = z3.BoolVal(claim)
    assert all(
        z3.is_true(z3.simplify(one)) == other
        for one, other in (
            (every(*symbolic, lifted), every(*claims, claim)),
            (some(*symbolic, lifted), some(*claims, claim)),
            (negation(lifted), negation(claim)),
            *((implies(one, lifted), implies(other, claim)) for one, other in zip(symbolic, claims, strict=True)),
        )
    )


CLASSES = st.tuples(
    st.sampled_from(["succeeded", "failed"]),
    st.sampled_from(["new", "listed", "freed", "freed_unseen", "counted", "counted_unseen"]),
)


@given(st.lists(CLASSES, max_size=8))
def test_a_sync_does_with_many_pods_what_it_does_with_each(pods: list[tuple[str, str]]) -> None:
    (found,) = sync(JOB, [representative(*pod) for pod in pods], satisfied=True, waits=True, now=0.0)
    each = [(result, done(result, cls)) for result, cls in pods]
    assert len(found.lists) == sum(one.lists for _, one in each)
    assert len(found.frees) == sum(one.frees for _, one in each)
    for result in ("succeeded", "failed"):
        own = [one for other, one in each if other == result]
        assert getattr(found.listed, result) == sum(one.counts_first for one in own)
        assert getattr(found.final, result) == sum(one.counts_first + one.counts_last for one in own)


def test_a_sync_tells_the_classes_of_pods_apart() -> None:
    assert done("succeeded", "new") == Done(lists=1, counts_first=0, counts_last=1, frees=1)
    assert done("succeeded", "freed_unseen") == Done(lists=0, counts_first=1, counts_last=0, frees=0)
    assert done("succeeded", "counted_unseen") == Done(lists=0, counts_first=0, counts_last=0, frees=0)
    assert done("succeeded", "counted_unseen", remembers=False).lists == 1


def test_every_law_names_all_its_numbers() -> None:
    def unknown(law: Law) -> set[str]:
        state = some_state(law)
        effects = [step.effect(state, chosen(step, state)[0]) for step in law.steps]
        return {name for effect in effects for name in effect if name not in state}

    assert [unknown(law_called(*each)) for each in LAWS] == [set()] * len(LAWS)
