"""What the autoscaler remembers, and how it follows a load."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kubemodel.checker.rest import rest_states
from kubemodel.engine.transition_system import TransitionSystem
from kubemodel.spec.cluster import build
from kubemodel.spec.control_plane.controllers.autoscaling_limits import Changes
from kubemodel.spec.control_plane.controllers.autoscaling_memory import (
    Recent,
    Recommendations,
    changed,
    forgotten,
    noted,
    within_period,
)
from kubemodel.spec.control_plane.controllers.autoscaling_metrics import Proposal, largest
from kubemodel.spec.control_plane.controllers.autoscaling_proposals import Scale
from kubemodel.spec.control_plane.controllers.horizontal_pod_autoscaler import (
    MOST_TURNS,
    NAME,
    Keyed,
    Turn,
    decide,
)
from kubemodel.spec.kinds import DEPLOYMENT
from kubemodel.spec.objects.decoding_autoscaler import decode_autoscaler
from kubemodel.spec.objects.horizontal_pod_autoscaler import (
    MAX,
    PODS,
    Behavior,
    HorizontalPodAutoscalerSpec,
    ScalingPolicy,
    ScalingRules,
)

from ...exploration import autoscaler, deployment, explore, loaded, replica_set, scenario, stateful_set, values, without
from ...replication_scenarios import replication_controller
from ...volume_scenarios import claiming, storage_class

_BOTH = HorizontalPodAutoscalerSpec(
    max_replicas=10,
    behavior=Behavior(ScalingRules(60, MAX, (ScalingPolicy(PODS, 1, 60),)), ScalingRules(60, MAX, ())),
)


@given(st.lists(st.integers(0, 9), min_size=1))
def test_the_highest_and_the_lowest_of_a_window_are_never_lost(replicas: list[int]) -> None:
    memory = Recommendations()
    for one in replicas:
        memory = noted(memory, one, _BOTH)
    assert (memory.higher[0], memory.lower[0]) == (max(replicas), min(replicas))
    assert memory.higher[-1] == memory.lower[-1] == replicas[-1]


@given(st.lists(st.integers(0, 9), min_size=1))
def test_what_is_remembered_leaves_the_window_in_order(replicas: list[int]) -> None:
    memory = Recommendations()
    for one in replicas:
        memory = noted(memory, one, _BOTH)
    assert list(memory.higher) == sorted(set(memory.higher), reverse=True)
    assert list(memory.lower) == sorted(set(memory.lower))


def test_without_windows_nothing_is_remembered() -> None:
    at_once = Behavior(ScalingRules(0), ScalingRules(0))
    assert noted(Recommendations(), 3, HorizontalPodAutoscalerSpec(behavior=at_once)) == Recommendations()


def test_no_more_changes_are_remembered_than_fit_into_the_period() -> None:
    memory: tuple[Recent, ...] = ()
    for change in (1, 2, -1, 3, 4):
        memory = changed(memory, _BOTH, change)
    assert memory == (Recent(60, (2, -1, 3, 4)),)
    assert within_period(memory, 60) == Changes(9, 1)
    assert forgotten(memory, 60) == (Recent(60, (-1, 3, 4)),)
    assert within_period(memory, 15) == Changes()


def test_a_metric_that_failed_lets_others_only_add() -> None:
    assert largest((Proposal(3), None), 2) == 3
    assert largest((Proposal(1), None), 2) is None
    assert largest((None, None), 2) is None
    assert largest((Proposal(1), Proposal(2)), 5) == 2


@given(st.lists(st.sampled_from((1, -1))))
def test_turns_saturate(ways: list[int]) -> None:
    turns = (0, 0)
    for way in ways:
        turns = Turn(way)(turns)
    assert turns[1] == min(MOST_TURNS, sum(a != b for a, b in pairwise(ways)))


def test_a_target_percentage_of_version_one_is_a_metric() -> None:
    spec = {"maxReplicas": 3, "scaleTargetRef": {"kind": "Deployment", "name": "web"}}
    (metric,) = decode_autoscaler({"spec": {**spec, "targetCPUUtilizationPercentage": 60}}).spec.metrics
    (default,) = decode_autoscaler({"spec": spec}).spec.metrics
    assert (metric.target, default.target) == (60, 80)


@pytest.mark.parametrize(("amount", "settled"), [(5, 1), (15, 2), (100, 3)])
def test_the_count_settles_where_each_pod_has_what_it_shall_have(amount: int, settled: int) -> None:
    system = TransitionSystem(build(scenario(deployment(), autoscaler(1, 3), **loaded(amount))))
    rest = {values(system, state, DEPLOYMENT)[0].spec.replicas for state in rest_states(system)}
    assert rest == {settled}


def test_a_controller_that_restarts_takes_nothing_away_for_a_whole_window() -> None:
    (item,) = [it for it in scenario(deployment(), autoscaler(1, 3)).objects if it.kind == "HorizontalPodAutoscaler"]
    fresh = decide(Keyed(item, None, ()), Scale(3, 3, None), 1)
    assert (fresh.replicas, fresh.recommendations) == (3, Recommendations((3, 1)))
    later = decide(Keyed(item, Recommendations((1,)), ()), Scale(3, 3, None), 1)
    assert later.replicas == 1


@pytest.mark.parametrize("kind", ["ReplicaSet", "ReplicationController", "StatefulSet"])
def test_whatever_has_a_scale_is_kept_within_bounds(kind: str) -> None:
    name, target = {
        "ReplicaSet": ("web-old", replica_set(1)),
        "ReplicationController": ("old", replication_controller(1)),
        "StatefulSet": ("db", stateful_set(1)),
    }[kind]
    wanted = scenario(target, autoscaler(2, 3, kind=kind, name=name), properties=["hpa-within-bounds"])
    found = explore(wanted)
    assert found.violated == {}
    assert "hpa-within-bounds" in found.triggered
    idle = explore(wanted, without(NAME, f"sync {kind}"))
    assert idle.violated == {"hpa-within-bounds": "the target of web asks for 1 replicas, not 2 to 3"}


def test_pods_that_an_autoscaler_adds_to_a_stateful_set_have_the_next_ordinals_and_claims() -> None:
    wanted = scenario(claiming(), storage_class(), autoscaler(2, 3, kind="StatefulSet", name="db"))
    model = build(wanted)
    names = {kind.name: kind.names for kind in model.kinds}
    assert names["Pod"] == ("db-0", "db-1")
    assert names["PersistentVolumeClaim"] == ("data-db-0", "data-db-1")
