"""Time: in graded time a timer waits for all that is faster, in asynchronous time every armed one may fire."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kubemodel.checker.rest import rest_states
from kubemodel.checker.result import SearchResult
from kubemodel.checker.search import search
from kubemodel.cli.naming import NAMING
from kubemodel.cli.narrative import narrative
from kubemodel.engine.executor import Seeded, as_initial, run
from kubemodel.engine.replay import replay
from kubemodel.engine.successors import Transition, transitions
from kubemodel.engine.trace_building import build
from kubemodel.engine.trace_words import slow_lines
from kubemodel.engine.traces import Overtaken, Reference, Trace, dumps, loads
from kubemodel.engine.transition_system import TransitionSystem
from kubemodel.engine.verdicts import Verdict
from kubemodel.spec import cluster
from kubemodel.spec.control_plane.controllers import deployment as deployments
from kubemodel.spec.control_plane.controllers import taint_eviction
from kubemodel.spec.kinds import DEPLOYMENT, NODE, POD
from kubemodel.spec.language.component import Component, Key, Rule
from kubemodel.spec.language.model import Field, Kind, Model, TimeMode
from kubemodel.spec.language.plan import KEY, Alternative, Set, Write
from kubemodel.spec.language.property import HOLDS, IDLE, Finding, StateProperty, StepProperty, violated
from kubemodel.spec.language.query import ONLY, Query
from kubemodel.spec.node.heartbeat import heartbeats, node_of
from kubemodel.spec.objects.conditions import find_condition

from . import small_models
from .small_clusters import deployment, projected, reachable, scenario

ASYNCHRONOUS, GRADED = TimeMode.ASYNCHRONOUS, TimeMode.GRADED


def alarms(time: TimeMode) -> Model:
    """Work that takes no time, a short and a long timer, and a fault; each happens once."""

    def once(name: str, field: str, duration: float = 0.0) -> Rule:
        def decide(_done: bool) -> list[Alternative]:
            return [Alternative((Write(KEY, field, Set(True)),))]

        return Rule(name, Key("Clock", (field,), lambda done: None if done else True), decide, duration=duration)

    own = Component("clock", (once("long", "long", 300.0), once("work", "work"), once("short", "short", 5.0)))
    fault = Component("fault", (once("strike", "struck"),), environment=True)
    fields = tuple(Field(name, False) for name in ("work", "short", "long", "struck"))
    return Model("alarms", (Kind("Clock", fields, names=("one",)),), (own, fault), initial={}, time=time)


def orders(time: TimeMode) -> set[tuple[str, ...]]:
    """The orders in which the alarms can go off, the fault left out."""
    system = TransitionSystem(alarms(time))
    found = set()
    for seed in range(60):
        done = run(system, system.initial_state(), Seeded(seed)).steps
        found.add(tuple(t.group.rule.name for t, _ in done if t.group.rule.name != "strike"))
    return found


def test_in_graded_time_work_comes_first_and_deadlines_keep_their_order() -> None:
    assert orders(GRADED) == {("work", "short", "long")}


def test_in_asynchronous_time_every_order_is_possible() -> None:
    assert len(orders(ASYNCHRONOUS)) == 6


def test_faults_never_wait_for_timers_nor_timers_for_faults() -> None:
    system = TransitionSystem(alarms(GRADED))
    names = [t.group.rule.name for t in transitions(system, system.initial_state())]
    assert sorted(names) == ["strike", "work"]
    assert len(reachable(system).states) == 8


def roomy(model: Model, time: TimeMode) -> Model:
    """A model in which no walk of these tests runs out of objects."""
    return attrs.evolve(model, time=time, kinds=tuple(attrs.evolve(k, slots=k.slots and 20) for k in model.kinds))


MODELS: dict[str, Callable[[], Model]] = {
    "alarms": lambda: alarms(ASYNCHRONOUS),
    "lagging": lambda: roomy(small_models.cluster(lag=2, todo=(3, 0, 2)), ASYNCHRONOUS),
    "synchronous": lambda: roomy(small_models.cluster(lag=0), ASYNCHRONOUS),
}


def told(transition: Transition) -> tuple[str, str, Any]:
    return transition.group.component.name, transition.group.rule.name, transition.key


@given(st.sampled_from(sorted(MODELS)), st.integers(0, 10_000))
@settings(max_examples=20, deadline=None)
def test_graded_time_lets_the_fastest_happen_and_nothing_else(model: str, seed: int) -> None:
    system = TransitionSystem(MODELS[model]())
    state = run(system, system.initial_state(), Seeded(seed), max_steps=seed % 20).end
    possible = transitions(system, state)
    fastest = min((t.group.rule.duration for t in possible if not t.group.environment), default=0.0)
    here = attrs.evolve(system.model, time=GRADED, initial=as_initial(system, state))
    graded = TransitionSystem(here)
    expected = [told(t) for t in possible if t.group.environment or t.group.rule.duration == fastest]
    assert sorted(map(repr, map(told, transitions(graded, graded.initial_state())))) == sorted(map(repr, expected))


@pytest.mark.parametrize("settings_", [{"nodes": 1}, {"nodes": 1, "faults": {"node-crash": 1}}])
def test_asynchronous_time_reaches_all_that_graded_time_does(settings_: dict[str, Any]) -> None:
    found = {}
    for mode in (GRADED, ASYNCHRONOUS):
        system = TransitionSystem(cluster.build(scenario(deployment(1), time=mode.value, **settings_)))
        found[mode] = projected(system, reachable(system).states)
    assert found[GRADED] < found[ASYNCHRONOUS]


# A rollout that progresses


def _progresses(given_: Any) -> Finding:
    condition = find_condition(given_.status.conditions, deployments.PROGRESSING)
    late = condition is not None and condition.reason == deployments.PROGRESS_DEADLINE_EXCEEDED
    return violated("its progress deadline is exceeded") if late else HOLDS


NO_DEADLINE = StateProperty(
    name="no-deadline",
    statement="No rollout exceeds its progress deadline.",
    key=Key(DEPLOYMENT, ("object",), lambda it: it),
    judge=_progresses,
)


def rollout(time: TimeMode) -> TransitionSystem:
    model = cluster.build(scenario(deployment(1), nodes=1, time=time.value, start="created"))
    return TransitionSystem(attrs.evolve(model, properties=(NO_DEADLINE,)))


def counterexample(system: TransitionSystem, result: SearchResult, name: str) -> Trace:
    (found,) = [each for each in result.properties if each.name == name]
    assert found.verdict is Verdict.VIOLATED
    assert found.trace is not None
    return build(system, result.paths[found.trace].states, naming=NAMING, violated=name)


def test_a_rollout_that_can_go_on_meets_its_deadline_in_graded_time() -> None:
    (found,) = [each for each in search(rollout(GRADED)).properties if each.name == "no-deadline"]
    assert found.verdict is Verdict.HOLDS


def test_a_deadline_that_is_exceeded_asynchronously_names_who_was_slow() -> None:
    system = rollout(ASYNCHRONOUS)
    trace = counterexample(system, search(system), "no-deadline")
    last = trace.steps[-1]
    assert (last.component, last.duration) == (deployments.NAME, 601.0)
    assert last.overtook
    assert all(step.overtook == () for step in trace.steps[:-1])
    (slow, *_) = last.overtook
    assert f"while {slow.actor} had yet to do: {slow.rule} {slow.target.kind} {slow.target.name}" in narrative(trace)


def test_who_was_slow_is_part_of_the_trace() -> None:
    system = rollout(ASYNCHRONOUS)
    trace = counterexample(system, search(system), "no-deadline")
    assert loads(dumps(trace)) == trace
    assert replay(trace, rollout(ASYNCHRONOUS), naming=NAMING).identical
    # Nobody was slow in a world where nobody can be: there the last step cannot happen at all.
    departure = replay(trace, rollout(GRADED), naming=NAMING).departure
    assert departure is not None
    assert departure.number == len(trace.steps)


@given(st.integers(0, 10_000))
@settings(max_examples=10, deadline=None)
def test_in_graded_time_nobody_is_ever_slow(seed: int) -> None:
    system = TransitionSystem(roomy(small_models.cluster(lag=2, todo=(3, 0, 2)), GRADED))
    path = run(system, system.initial_state(), Seeded(seed), max_steps=25).path
    assert all(step.overtook == () for step in build(system, path).steps)


@given(st.integers(0, 10_000), st.integers(0, 10_000))
@settings(max_examples=10, deadline=None)
def test_who_was_slow_does_not_depend_on_what_was_explored_before(seed: int, other: int) -> None:
    used = TransitionSystem(MODELS["lagging"]())
    run(used, used.initial_state(), Seeded(other), max_steps=40)
    fresh = TransitionSystem(MODELS["lagging"]())
    texts = [
        dumps(build(system, run(system, system.initial_state(), Seeded(seed), max_steps=25).path))
        for system in (fresh, used)
    ]
    assert texts[0] == texts[1]


# A node that comes back before its pods are evicted


def _heard(name: str, other: str, machine: str, kubelet: str, link: str) -> bool | None:
    return heartbeats(machine, kubelet, link) if name == other else None


def _evicts(component: str, _rule: str, _before: Any, _after: Any, answers: Any) -> Finding:
    if component != taint_eviction.NAME:
        return IDLE
    return violated("its node's kubelet is back") if answers["heard"] else HOLDS


ONLY_FROM_SILENT_NODES = StepProperty(
    name="only-from-silent-nodes",
    statement="A pod is evicted only while its node is silent.",
    kind=POD,
    fields=("object",),
    judge=_evicts,
)


def node_crash(time: TimeMode) -> TransitionSystem:
    """A pod runs on one of two nodes, which crashes; evictions are told whether its kubelet is heard."""
    model = cluster.build(scenario(deployment(1), nodes=2, faults={"node-crash": 1}, time=time.value))
    heard = Query(NODE, ("name", "machine", "kubelet", "link"), _heard, ONLY, node_of)

    def told_more(rule: Rule) -> Rule:
        return attrs.evolve(
            rule,
            queries={**rule.queries, "heard": heard},
            decide=lambda key, heard, **answers: rule.decide(key, **answers),
        )

    components = tuple(
        attrs.evolve(item, rules=tuple(map(told_more, item.rules))) if item.name == taint_eviction.NAME else item
        for item in model.components
    )
    return TransitionSystem(attrs.evolve(model, components=components, properties=(ONLY_FROM_SILENT_NODES,)))


def test_in_graded_time_pods_are_evicted_from_silent_nodes_only() -> None:
    system = node_crash(GRADED)
    result = search(system, initial=rest_states(system))
    assert result.complete
    (found,) = [each for each in result.properties if each.name == "only-from-silent-nodes"]
    assert found.verdict is Verdict.HOLDS


def test_asynchronously_a_node_may_come_back_and_lose_its_pods_all_the_same() -> None:
    system = node_crash(ASYNCHRONOUS)
    trace = counterexample(system, search(system, initial=rest_states(system)), "only-from-silent-nodes")
    rules = [(step.rule, step.duration) for step in trace.steps]
    assert rules == [
        ("node-crash", 0.0),
        ("mark node unknown", 50.0),
        ("taint NoExecute", 10.0),
        ("node returns", 0.0),
        ("evict after 300 s", 300.0),
    ]
    node = trace.steps[0].target
    assert Overtaken(f"kubelet on {node.name}", "post Ready", Reference(NODE, node.name)) in trace.steps[-1].overtook


def test_of_many_that_were_slow_the_first_are_told() -> None:
    pods = [Overtaken("kubelet on node-1", "admit pod", Reference(POD, f"web-{number}")) for number in range(8)]
    scheduler = Overtaken("kube-scheduler", "schedule", Reference(POD, "web-8"))
    assert slow_lines((*pods, scheduler)) == (
        "while kubelet on node-1 had yet to do: admit pod Pod web-0, admit pod Pod web-1, admit pod Pod web-2, "
        "admit pod Pod web-3, admit pod Pod web-4, and 3 more",
        "while kube-scheduler had yet to do: schedule Pod web-8",
    )


def slow_alarms(slow: set[str]) -> set[tuple[str, ...]]:
    """The orders in which the alarms of two clocks can go off, one of which may be slow."""

    def once(name: str, field: str, duration: float = 0.0) -> Rule:
        def decide(_done: bool) -> list[Alternative]:
            return [Alternative((Write(KEY, field, Set(True)),))]

        return Rule(name, Key("Clock", (field,), lambda done: None if done else True), decide, duration=duration)

    fast = Component("fast", (once("fast work", "work"), once("long", "long", 300.0)))
    other = Component("other", (once("other work", "struck"), once("short", "short", 5.0)))
    fields = tuple(Field(name, False) for name in ("work", "short", "long", "struck"))
    kinds = (Kind("Clock", fields, names=("one",)),)
    system = TransitionSystem(Model("alarms", kinds, (fast, other), initial={}, slow=frozenset(slow)))
    runs = (run(system, system.initial_state(), Seeded(seed)).steps for seed in range(80))
    return {tuple(step.group.rule.name for step, _ in steps) for steps in runs}


def test_no_timer_waits_for_what_is_slow_but_that_waits_for_shorter_ones() -> None:
    assert slow_alarms(set()) == {
        ("fast work", "other work", "short", "long"),
        ("other work", "fast work", "short", "long"),
    }
    found = slow_alarms({"other"})
    assert ("fast work", "long", "other work", "short") in found
    assert ("fast work", "long", "short", "other work") in found
    assert all(order.index("fast work") < order.index("short") for order in found)
    assert all(order.index("fast work") < order.index("long") for order in found)
