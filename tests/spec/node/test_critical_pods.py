"""Room for critical pods: who has to go, and what becomes of the others."""

from __future__ import annotations

import pytest
from kubemodel.spec.kinds import RUNNING, PodRuntime
from kubemodel.spec.node.critical_pods import Preempt, critical, endable, victims
from kubemodel.spec.objects.containers import Container, ResourceRequirements
from kubemodel.spec.objects.pod import CRITICAL_PRIORITY, FAILED, Pod, PodSpec
from kubemodel.spec.objects.quantities import resource_list

from ..container_scenarios import crowded
from ..exploration import explore, without
from .small_cluster import node

NODE = node(cpu="4")


def spec(cpu: str, priority: int = 0, **fields: object) -> PodSpec:
    """A pod spec on node a that requests so much CPU."""
    resources = ResourceRequirements(resource_list({"cpu": cpu}))
    return PodSpec(containers=(Container("web", resources=resources),), node_name="a", priority=priority, **fields)  # type: ignore[arg-type]


URGENT = spec("3", CRITICAL_PRIORITY)
SMALL, MIDDLING, LARGE = spec("1"), spec("2"), spec("3")


@pytest.mark.parametrize(
    ("running", "found"),
    [
        ((), ()),
        ((SMALL,), ()),
        ((LARGE,), ((LARGE,),)),
        ((SMALL, LARGE), ((LARGE,),)),
        ((MIDDLING, MIDDLING), ((MIDDLING, MIDDLING),)),
        ((SMALL, SMALL, SMALL), ((SMALL, SMALL),)),
        ((SMALL, MIDDLING), ((MIDDLING,),)),
    ],
)
def test_as_few_as_possible_have_to_go(running: tuple[PodSpec, ...], found: tuple[tuple[PodSpec, ...], ...]) -> None:
    assert victims(URGENT, NODE, running, running) == found


def test_others_that_fit_as_well_are_alternatives() -> None:
    other = spec("2", priority=5)
    assert set(victims(spec("2", CRITICAL_PRIORITY), NODE, (MIDDLING, other), (MIDDLING, other))) == {
        (MIDDLING,),
        (other,),
    }


def test_nobody_goes_for_a_pod_that_is_not_critical() -> None:
    assert victims(LARGE, NODE, (LARGE,), (LARGE,)) == ()


def test_nobody_goes_where_that_would_not_help() -> None:
    assert victims(URGENT, NODE, (URGENT,), ()) == ()
    assert victims(spec("5", CRITICAL_PRIORITY), NODE, (SMALL,), (SMALL,)) == ()


def test_critical_pods_cannot_be_ended() -> None:
    runs = PodRuntime("a", containers=RUNNING)
    assert critical(URGENT) and not critical(LARGE)
    assert endable("a", Pod(spec=LARGE), runs) == LARGE
    assert endable("a", Pod(spec=URGENT), runs) is None
    assert endable("b", Pod(spec=LARGE), runs) is None


def test_a_pod_that_had_to_go_says_why() -> None:
    status = Preempt()(Pod(spec=LARGE)).status
    assert (status.phase, status.reason) == (FAILED, "Preempting")


def test_without_the_rule_nothing_makes_room() -> None:
    whole, less = explore(crowded()), explore(crowded(), without("kubelet", "make room for critical pod"))
    assert ("kubelet", "make room for critical pod") in whole.rules
    assert "critical-pods-stay" not in less.triggered
