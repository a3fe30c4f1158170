"""The executor: policies, coming to rest, the same run from the same inputs."""

from __future__ import annotations

import attrs
import pytest
from kubemodel.engine.executor import (
    Along,
    NotSettledError,
    Priority,
    RoundRobin,
    Seeded,
    as_initial,
    run,
    settle,
    without_environment,
)
from kubemodel.engine.successors import transitions
from kubemodel.engine.trace_building import build
from kubemodel.engine.traces import dumps
from kubemodel.engine.transition_system import PoolFull, TransitionSystem
from kubemodel.spec.language.component import Component, Key, Rule
from kubemodel.spec.language.model import Field, Kind, Model
from kubemodel.spec.language.plan import KEY, Alternative, New, Set, Write

from .small_models import CONTROLLER, KUBELET, cluster, rollout


def counters(most: int = 3, grow: bool = False) -> TransitionSystem:
    """Two counters that go up to ``most``; one that grows for ever, or pods without end."""

    def up(value: int) -> list[Alternative]:
        return [Alternative((Write(KEY, "value", Set(value + 1)),))] if value < most else []

    def flip(value: int) -> list[Alternative]:
        return [Alternative((Write(KEY, "value", Set(1 - value)),))]

    def fill(_name: str) -> list[Alternative]:
        return [Alternative((Write(New("Thing"), "value", Set(1)),))]

    def one(name: str) -> Key:
        return Key("Counter", ("name", "value"), lambda own, value: value if own == name else None)

    rules = [Rule("first", one("a"), up), Rule("second", one("b"), up)]
    if grow:
        rules.append(Rule("fill", Key("Counter", ("name",), lambda name: name if name == "a" else None), fill))
    flipping = Component("flipper", (Rule("flip", one("c"), flip),), environment=most == 3)
    return TransitionSystem(
        Model(
            name="counters",
            kinds=(
                Kind("Counter", (Field("value", 0),), names=("a", "b", "c")),
                Kind("Thing", (Field("value"),), slots=2),
            ),
            components=(Component("adder", tuple(rules)), flipping),
            initial={},
        )
    )


def rules_of(system: TransitionSystem, policy: object, steps: int) -> list[str]:
    done = run(system, system.initial_state(), policy, max_steps=steps)  # type: ignore[arg-type]
    return [transition.group.rule.name for transition, _ in done.steps]


def test_round_robin_takes_turns_and_leaves_the_environment_out() -> None:
    assert rules_of(counters(), RoundRobin(), 20) == ["first", "second"] * 3


def test_round_robin_gives_the_environment_its_turn_when_asked() -> None:
    assert rules_of(counters(), RoundRobin(environment=True), 6) == ["first", "second", "flip"] * 2


def test_priority_takes_the_most_urgent_component_first() -> None:
    assert rules_of(counters(4), Priority(("flipper",)), 3) == ["flip"] * 3
    assert rules_of(counters(), Priority(("adder",)), 4) == ["first"] * 3 + ["second"]


def test_round_robin_reaches_every_key_of_a_rule() -> None:
    system = TransitionSystem(cluster(lag=0, todo=(), crashes=0))
    assert run(system, system.initial_state(), RoundRobin()).stopped
    started = [transition.group.rule.name for transition, _ in run(system, system.initial_state(), RoundRobin()).steps]
    assert started == ["manage", "continue", "start", "continue"]


@pytest.mark.parametrize("environment", [True, False])
def test_a_seed_is_a_run_whatever_was_explored_before(environment: bool) -> None:
    fresh, used = TransitionSystem(cluster()), TransitionSystem(cluster())
    run(used, used.initial_state(), Seeded(99), max_steps=60)
    traces = [
        dumps(build(system, run(system, system.initial_state(), Seeded(5, environment=environment), max_steps=30).path))
        for system in (fresh, used)
    ]
    assert traces[0] == traces[1]


def test_seeds_differ() -> None:
    system = TransitionSystem(rollout())
    ends = {run(system, system.initial_state(), Seeded(seed), max_steps=9).path for seed in range(20)}
    assert len(ends) > 3


def test_along_follows_a_path_and_stops_where_it_cannot() -> None:
    system = TransitionSystem(rollout())
    path = run(system, system.initial_state(), Seeded(3), max_steps=8).path
    assert run(system, path[0], Along(path[1:])).path == path
    broken = run(system, path[0], Along((*path[1:3], path[0], *path[3:])))
    assert broken.stopped
    assert broken.path == path[:3]


def test_max_steps_ends_a_run_that_would_go_on() -> None:
    system = counters(4)
    done = run(system, system.initial_state(), RoundRobin(), max_steps=5)
    assert (len(done.steps), done.stopped) == (5, False)


def test_settle_comes_to_rest_without_the_environment() -> None:
    system = TransitionSystem(cluster())
    state = settle(system, system.initial_state())
    assert not without_environment(transitions(system, state))
    assert {t.group.component.name for t in transitions(system, state)} == {"user", "fault"}


def test_settle_names_the_last_steps_of_what_never_rests() -> None:
    system = counters(4)
    with pytest.raises(NotSettledError, match="still at work after 50 steps; the last 8: flipper: flip; "):
        settle(system, system.initial_state(), max_steps=50)


def test_settle_at_the_very_last_step_is_settled() -> None:
    system = counters()
    state = settle(system, system.initial_state(), max_steps=6)
    assert not without_environment(transitions(system, state))


def test_running_out_of_objects_is_an_error_not_rest() -> None:
    system = counters(grow=True)
    with pytest.raises(PoolFull, match="more than 2 objects of kind Thing"):
        settle(system, system.initial_state())


def test_a_settled_state_can_be_where_a_model_starts() -> None:
    system = TransitionSystem(cluster())
    state = settle(system, system.initial_state())
    again = TransitionSystem(attrs.evolve(cluster(), initial=as_initial(system, state)))
    assert as_initial(again, again.initial_state()) == as_initial(system, state)
    components = {t.group.component.name for t in transitions(again, again.initial_state())}
    assert components.isdisjoint({CONTROLLER, KUBELET})
