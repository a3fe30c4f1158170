"""The gate (design §7): tables agree with the naive explorer exactly; a multiset is the positional set quotiented."""

from __future__ import annotations

from typing import Any

import attrs
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from kubemodel.checker.naive import explore
from kubemodel.checker.result import Explorer, Limits
from kubemodel.checker.search import search
from kubemodel.engine.pools import EMPTY, State
from kubemodel.engine.successors import transitions
from kubemodel.engine.transition_system import TransitionSystem
from kubemodel.engine.verdicts import Verdict
from kubemodel.spec.language.component import Component, Key, Rule
from kubemodel.spec.language.model import Field, Kind, Model
from kubemodel.spec.language.plan import KEY, Alternative, Call, Named, Rpc, Set, Write
from kubemodel.spec.language.request import ApiCall, Preconditions, Verb

from .random_models import CONTROLLER, OUTSIDE, SPOT, SPOTS, THING, Turn, api_server, models

FEW = Limits(max_states=600)
THOROUGH = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)


@THOROUGH
@given(models(), st.booleans(), st.booleans())
def test_tables_agree_with_the_naive_explorer(model: Model, positional: bool, keep_going: bool) -> None:
    found = search(TransitionSystem(model, positional=positional), FEW, keep_going=keep_going)
    assume(all(bound.name != "max-states" for bound in found.bounds))
    expected = explore(TransitionSystem(model, positional=positional), keep_going=keep_going)
    violated = [prop for prop in found.properties if prop.verdict is Verdict.VIOLATED]
    assert (found.states, found.transitions, found.depth, found.quiescent) == (
        expected.states,
        expected.transitions,
        expected.depth,
        expected.quiescent,
    )
    assert {prop.name: found.paths[prop.trace or 0].length for prop in violated} == expected.violations
    if found.complete:
        holds = {prop.name for prop in found.properties if prop.verdict is Verdict.HOLDS}
        assert holds == expected.triggered - expected.violations.keys()
    assert sum(bound.name == "slots" for bound in found.bounds) == len(expected.full)


def test_a_plan_may_depend_on_more_of_an_object_than_its_rule_does() -> None:
    """The rule knows the name alone; whether its second request is refused depends on what the object is by then."""
    refused = Call(KEY, ApiCall(Verb.UPDATE, SPOT, Turn(1), preconditions=Preconditions(seen=0)))
    named = Key(SPOT, ("name",), lambda name: name if name == SPOTS[0] else None)
    acts = Rule("act", named, lambda _: [Alternative((Write(Named(THING, "left"), "memory", Set(1)), refused))])
    turns = Rule("turn", named, lambda _: [Alternative((Write(KEY, "object", Turn(1)),))])
    model = Model(
        name="refused at first",
        kinds=(
            Kind(THING, (Field("object"), Field("memory", 0)), names=("left",)),
            Kind(SPOT, (Field("object"),), names=SPOTS),
        ),
        components=(Component(CONTROLLER, (acts,)), Component(OUTSIDE, (turns,), environment=True)),
        initial={
            THING: ({"name": "left", "object": 0},),
            SPOT: tuple({"name": name, "object": 1} for name in SPOTS),
        },
        api_server=api_server,
        rpc=Rpc.RECONCILE,
    )
    found = search(TransitionSystem(model), explorer=Explorer.TABLES)
    assert (found.states, found.transitions) == (6, 10)
    assert explore(TransitionSystem(model)).transitions == 10


@settings(THOROUGH, max_examples=8)
@given(models(), st.sampled_from((Explorer.TABLES, Explorer.KERNEL)))
def test_messages_are_explored_alike(model: Model, explorer: Explorer) -> None:
    """Requests that are sent, applied and answered: random models of which many are too large are drawn less often."""
    model = attrs.evolve(model, rpc=Rpc.MESSAGE)
    try:
        found = search(TransitionSystem(model), Limits(max_states=150), keep_going=True, explorer=explorer)
    except ValueError as error:
        assert "cannot be told apart" in str(error)
        return
    if any(bound.name == "max-states" for bound in found.bounds):
        return
    expected = explore(TransitionSystem(model), keep_going=True)
    assert (found.states, found.transitions, found.depth, found.quiescent) == (
        expected.states,
        expected.transitions,
        expected.depth,
        expected.quiescent,
    )
    violated = [prop for prop in found.properties if prop.verdict is Verdict.VIOLATED]
    assert {prop.name: found.paths[prop.trace or 0].length for prop in violated} == expected.violations


@THOROUGH
@given(models())
def test_every_path_is_made_of_transitions(model: Model) -> None:
    system = TransitionSystem(model)
    for path in search(system, FEW, keep_going=True).paths:
        assert path.states[0] == system.initial_state()
        for before, after in zip(path.states, path.states[1:], strict=False):
            assert after in [transition.successor for transition in transitions(system, before)]
        if path.loop is not None:
            back = [t.successor for t in transitions(system, path.states[-1]) if not t.group.environment]
            assert path.states[path.loop] in back


@THOROUGH
@given(models())
def test_a_multiset_is_the_positional_set_quotiented(model: Model) -> None:
    given_model = attrs.evolve(model, properties=(), machines=())
    assume(search(TransitionSystem(given_model, positional=True), FEW).states < (FEW.max_states or 0))
    assert _reachable(given_model, positional=True) == _reachable(given_model, positional=False)


def _reachable(model: Model, *, positional: bool) -> set[Any]:
    """What every reachable state holds, by value, without the order of interchangeable objects."""
    system = TransitionSystem(model, positional=positional)
    seen = {system.initial_state()}
    frontier = list(seen)
    while frontier:
        following = [t.successor for state in frontier for t in transitions(system, state) if t.successor is not None]
        frontier = list(dict.fromkeys(state for state in following if state not in seen))
        seen.update(frontier)
    return {_by_value(system, state) for state in seen}


def _by_value(system: TransitionSystem, state: State) -> tuple[Any, ...]:
    found: list[tuple[str, ...]] = []
    for pool, content in zip(system.pools, state, strict=True):
        values = [repr(pool.bundles[bundle]) for bundle in content if bundle != EMPTY]
        found.append(tuple(sorted(values)))
    return tuple(found)
