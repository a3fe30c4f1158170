"""The gate (design §7): tables agree with the naive explorer exactly; a multiset is the positional set quotiented."""

from __future__ import annotations

import attrs
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from kubemodel.checker.naive import explore
from kubemodel.checker.result import Explorer, Limits
from kubemodel.checker.search import search
from kubemodel.engine.transition_system import TransitionSystem
from kubemodel.engine.verdicts import Verdict
from kubemodel.spec.language.component import Component, Key, Rule
from kubemodel.spec.language.model import Field, Kind, Model
from kubemodel.spec.language.plan import KEY, Alternative, Call, Named, Rpc, Set, Write
from kubemodel.spec.language.request import ApiCall, Preconditions, Verb

from ..thoroughness import examples
from .agreement import (
    modes_agree_with_the_naive_explorer,
    multisets_are_positional_sets_quotiented,
    paths_are_made_of_transitions,
)
from .random_models import CONTROLLER, OUTSIDE, SPOT, SPOTS, THING, Turn, api_server, models

MOST = 600
THOROUGH = settings(
    max_examples=examples(30, 60),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


# A hundred systems at least with every commit; thousands by benchmarks/gate.py.
@settings(THOROUGH, max_examples=100)
@given(models())
def test_every_mode_agrees_with_the_naive_explorer(model: Model) -> None:
    # Each is explored eight times, four of them naively.
    assume(modes_agree_with_the_naive_explorer(model, 200))


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
    assume(paths_are_made_of_transitions(model, MOST))


@THOROUGH
@given(models())
def test_a_multiset_is_the_positional_set_quotiented(model: Model) -> None:
    assume(multisets_are_positional_sets_quotiented(model, MOST))
