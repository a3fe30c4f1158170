"""Pods that count as available only some time after they became ready."""

from __future__ import annotations

from kubemodel.checker.rest import rest_states
from kubemodel.engine.transition_system import TransitionSystem
from kubemodel.spec.cluster import build
from kubemodel.spec.control_plane.controllers.replicaset_availability import UNSEASON, count_seasoned
from kubemodel.spec.kinds import DEPLOYMENT
from kubemodel.spec.objects.conditions import Condition
from kubemodel.spec.objects.metadata import ObjectMeta
from kubemodel.spec.objects.pod import RUNNING, Pod, PodStatus

from ...exploration import deployment, edited, explore, scenario, values

READY = Pod(ObjectMeta(name="web"), status=PodStatus(RUNNING, (Condition("Ready", "True"),)))
UNREADY = Pod(ObjectMeta(name="web"), status=PodStatus(RUNNING, (Condition("Ready", "False"),)))


def test_a_pod_is_available_once_it_was_ready_for_long_enough() -> None:
    labels = READY.metadata.labels
    assert not count_seasoned(labels, 20, READY, seasoned=False).available
    assert count_seasoned(labels, 20, READY, seasoned=True).available
    assert count_seasoned(labels, 0, READY, seasoned=False).available
    assert not count_seasoned(labels, 20, UNREADY, seasoned=True).available


def test_readiness_that_is_lost_has_to_last_anew() -> None:
    assert UNSEASON.react(True, READY, READY)
    assert not UNSEASON.react(True, READY, UNREADY)
    assert not UNSEASON.react(True, READY, None)
    assert not UNSEASON.react(False, UNREADY, READY)


def test_a_rollout_completes_only_after_the_time() -> None:
    slow = scenario(deployment(minReadySeconds=20))
    system = TransitionSystem(build(slow))
    assert {values(system, state, DEPLOYMENT)[0].status.available_replicas for state in rest_states(system)} == {1}
    never = edited("replicaset-controller", "minReadySeconds 20 s pass", lambda _rule: ())
    assert "deployment-eventually-complete" in explore(slow, never).violated


def test_without_the_field_nothing_changes() -> None:
    plain, zero = (explore(scenario(deployment(**spec))).result for spec in ({}, {"minReadySeconds": 0}))
    assert plain.states == zero.states
