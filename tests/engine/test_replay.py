"""Replay: the same bytes from the same model; from another one, where and how it departs."""

from __future__ import annotations

import attrs
from hypothesis import given, settings
from hypothesis import strategies as st
from kubemodel.engine.executor import Seeded, run, settle
from kubemodel.engine.replay import Replayed, replay
from kubemodel.engine.trace_building import build
from kubemodel.engine.traces import Reference, Trace, dumps, loads
from kubemodel.engine.transition_system import TransitionSystem
from kubemodel.spec.language.model import Model

from ..thoroughness import examples
from .small_models import cluster
from .test_traces import MODELS, NAMING, walk, walked


def replayed(trace: Trace, model: Model, *, exact: bool = True) -> Replayed:
    return replay(loads(dumps(trace)), TransitionSystem(model), naming=NAMING, exact=exact)


def violating(lag: int = 1) -> Trace:
    """The controller does not see its own pod yet and creates another."""
    for seed in range(300):
        system = TransitionSystem(cluster(lag=lag, todo=(), most=1))
        path = run(system, system.initial_state(), Seeded(seed), max_steps=12).path
        for end, step in enumerate(build(system, path, naming=NAMING).steps, 1):
            if step.properties.judgements["pods-bounded"] == "violated":
                return build(system, path[: end + 1], naming=NAMING, violated="pods-bounded")
    raise AssertionError("no walk violates the property")


@given(st.sampled_from(sorted(MODELS)), st.integers(0, 10_000))
@settings(max_examples=examples(20, 40), deadline=None)
def test_the_trace_of_any_walk_replays_to_the_same_bytes(model: str, seed: int) -> None:
    trace = walked(seed, model)
    found = replayed(trace, MODELS[model]())
    assert found.departure is None
    assert found.differences == ()
    assert found.identical
    assert dumps(found.trace) == dumps(trace)


@given(st.integers(0, 10_000), st.integers(0, 10_000))
@settings(max_examples=15, deadline=None)
def test_what_a_system_has_seen_before_does_not_matter(seed: int, other: int) -> None:
    used, _ = walk(MODELS["lagging"](), other, 60)
    assert replay(walked(seed), used, naming=NAMING).identical


def test_a_violation_is_still_one_in_the_same_model() -> None:
    trace = violating()
    found = replayed(trace, cluster(todo=(), most=1))
    assert found.identical
    assert found.still_violated


def test_a_weaker_property_is_a_difference_but_no_departure() -> None:
    trace = violating()
    found = replayed(trace, cluster(todo=(), most=9))
    assert found.departure is None
    assert not found.identical
    assert not found.still_violated
    last = len(trace.steps) - 1
    assert f"steps[{last}].properties.judgements.pods-bounded" in found.differences


def test_a_fix_departs_where_the_stale_cache_mattered() -> None:
    trace = violating()
    found = replayed(trace, _starting_empty(cluster(lag=0, todo=(), most=1)))
    assert found.departure is not None
    assert not found.still_violated
    assert len(found.trace.steps) == found.departure.number - 1
    assert trace.steps[found.departure.number - 1] == found.departure.recorded


def _starting_empty(model: Model) -> Model:
    return attrs.evolve(model, initial={**model.initial, "Pod": ()})


def test_a_departure_says_what_was_recorded_and_what_is_possible() -> None:
    trace = walked(3)
    first = attrs.evolve(trace.steps[0], rule="dance")
    found = replayed(attrs.evolve(trace, steps=(first, *trace.steps[1:])), cluster())
    assert found.departure is not None
    assert found.departure.number == 1
    assert {(each.component, each.rule) for each in found.departure.possible} == {
        ("replicaset-controller", "manage"),
        ("user", "scale"),
        ("fault", "crash"),
    }
    assert str(found.departure).startswith(
        "step 1 no longer fits: recorded was replicaset-controller: dance (web); the rules allow "
        "replicaset-controller: manage (web); user: scale (ann)"
    )


def test_a_departure_shows_how_the_same_rule_acts_now() -> None:
    trace = walked(3)
    request = attrs.evolve(trace.steps[0].requests[0], verb="patch")
    first = attrs.evolve(trace.steps[0], requests=(request,))
    found = replayed(attrs.evolve(trace, steps=(first,)), cluster())
    assert found.departure is not None
    assert found.departure.nearest == trace.steps[0]
    assert found.departure.differences == ("requests[0].verb",)


def test_a_changed_reason_is_a_difference_but_fits() -> None:
    trace = walked(3)
    first = attrs.evolve(trace.steps[0], because="no reason")
    found = replayed(attrs.evolve(trace, steps=(first, *trace.steps[1:])), cluster())
    assert found.departure is None
    assert found.differences == ("steps[0].because",)
    assert not found.identical


def test_a_changed_scenario_can_follow_the_same_story_loosely() -> None:
    trace = walked(3)
    wished = [step for step in trace.steps if step.rule == "scale"]
    assert wished, "the user acts in this walk"
    other = cluster(todo=(3, 1))
    assert replayed(trace, other).departure is not None
    found = replayed(trace, other, exact=False)
    number = len(trace.steps) if found.departure is None else found.departure.number
    assert number > trace.steps.index(wished[0]) + 1


def test_objects_that_have_other_names_do_not_fit() -> None:
    trace = walked(3)
    found = replay(trace, TransitionSystem(cluster()))
    assert found.departure is not None
    assert found.departure.nearest is not None
    assert found.departure.nearest.created == (Reference("Pod", "pod-1"),)


def test_the_scenario_of_a_changed_model_is_its_own() -> None:
    found = replay(walked(3), TransitionSystem(cluster()), naming=NAMING, scenario={"other": 1})
    assert found.trace.scenario == {"other": 1}
    assert found.departure is None
    assert not found.identical


def test_a_replay_can_start_where_the_trace_did() -> None:
    system = TransitionSystem(cluster())
    state = settle(system, system.initial_state())
    trace = build(system, run(system, state, Seeded(1), max_steps=10).path, naming=NAMING)
    other = TransitionSystem(cluster())
    assert replay(trace, other, naming=NAMING).differences
    assert replay(trace, other, naming=NAMING, initial=settle(other, other.initial_state())).identical
