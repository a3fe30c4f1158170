"""Profiles of a scheduler: pods choose one by name, and wait for ever where nobody serves it."""

from __future__ import annotations

import pytest
from kubemodel.spec import cluster
from kubemodel.spec.control_plane.scheduler.views import DEFAULT_SCHEDULER, pending
from kubemodel.spec.language.scenario import Scenario
from kubemodel.spec.manifests.coverage import not_modelled
from kubemodel.spec.manifests.fields import Lines
from kubemodel.spec.manifests.loading import Document
from kubemodel.spec.objects.pod import PENDING, Pod, PodSpec, PodStatus

from ...exploration import bare_pod, explore, needing, node, pod_spec, scenario

PENDING_PODS = {
    name: Pod(spec=PodSpec(scheduler_name=name), status=PodStatus(PENDING)) for name in ("batch", DEFAULT_SCHEDULER)
}
NODES = [node("node-1", "4"), node("node-2", "64")]
"""A small node and a large one, of which LeastAllocated prefers the second."""


def placed(profiles: dict[str, str], name: str = DEFAULT_SCHEDULER) -> Scenario:
    """A pod of a profile comes to an empty cluster."""
    return scenario(bare_pod(pod_spec(container=needing("1"), schedulerName=name)), nodes=NODES, profiles=profiles)


def assumed(wanted: Scenario) -> list[str]:
    return [it.text for it in cluster.build(wanted).assumptions if it.name == "schedulers"]


def test_a_pod_is_seen_by_the_profiles_that_serve_it() -> None:
    for served, other in (("batch", DEFAULT_SCHEDULER), (DEFAULT_SCHEDULER, "batch")):
        assert pending(PENDING_PODS[served], None, "", None, (served,)) is not None
        assert pending(PENDING_PODS[other], None, "", None, (served,)) is None


def test_a_pod_that_nobody_serves_is_never_bound_and_the_verdict_says_so() -> None:
    found = explore(placed({}, "batch"))
    assert ("kube-scheduler", "schedule") not in found.rules
    assert assumed(placed({}, "batch")) == [
        "nobody schedules pods for batch: there is one scheduler, which serves default-scheduler"
    ]


def test_one_that_a_profile_serves_is_bound() -> None:
    served = placed({"batch": "any-feasible", DEFAULT_SCHEDULER: "any-feasible"}, "batch")
    assert ("kube-scheduler", "schedule") in explore(served).rules
    assert assumed(served) == []


@pytest.mark.parametrize(("name", "choices"), [("batch", 1), (DEFAULT_SCHEDULER, 2)])
def test_each_profile_scores_in_its_own_way(name: str, choices: int) -> None:
    both = placed({"batch": "least-allocated", DEFAULT_SCHEDULER: "any-feasible"}, name)
    anywhere = explore(placed({name: "any-feasible"}, name)).result.states
    only_the_emptier = explore(placed({name: "least-allocated"}, name)).result.states
    assert explore(both).result.states == {1: only_the_emptier, 2: anywhere}[choices]
    assert only_the_emptier < anywhere


def test_the_name_of_a_scheduler_is_modelled() -> None:
    assert not_modelled([Document(bare_pod(pod_spec(schedulerName="batch")), "pod.yaml", Lines(1))]) == ()
