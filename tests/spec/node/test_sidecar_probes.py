"""Probes of sidecars: which of them can hang, what stops them, and that nothing else of their pod is stopped."""

from __future__ import annotations

from typing import Any

import attrs
import pytest
from kubemodel.spec.kinds import EXITED, MAIN, RUNNING, SIDECAR, ContainerRuntime, PodRuntime
from kubemodel.spec.node.container_runtime import Exit, Hang, machine_lost
from kubemodel.spec.node.probes import answers
from kubemodel.spec.node.sidecar_probes import (
    has_lively_sidecars,
    has_probed_sidecars,
    rules,
    sidecars_to_hang,
)
from kubemodel.spec.objects.containers import Container, Probe
from kubemodel.spec.objects.pod import PodSpec

from ..container_scenarios import LIVELY, SLOW, several
from ..container_scenarios import SIDECAR as PROXY
from ..exploration import PROBED, bare_pod, explore, scenario, without

QUICK = Probe(period_seconds=2, failure_threshold=5)


def spec(**probes: Probe) -> PodSpec:
    """A pod spec with a sidecar that has these probes, and a main container without any."""
    return PodSpec(
        init_containers=(Container("proxy", restart_policy="Always", **probes),), containers=(Container("web"),)
    )


def runtime(state: str = RUNNING, hung: bool = False) -> PodRuntime:
    proxy = ContainerRuntime("proxy", SIDECAR, state, hung=hung)
    return PodRuntime("a", containers=RUNNING, each=(proxy, ContainerRuntime("web", MAIN, RUNNING)), serving=True)


@pytest.mark.parametrize(
    ("found", "held", "hang"),
    [
        (spec(liveness_probe=QUICK), runtime(), ("proxy",)),
        (spec(readiness_probe=QUICK), runtime(), ("proxy",)),
        (spec(), runtime(), ()),
        (spec(liveness_probe=QUICK), runtime(EXITED), ()),
        (spec(liveness_probe=QUICK), runtime(hung=True), ()),
        (spec(liveness_probe=QUICK), attrs.evolve(runtime(), each=()), ()),
    ],
)
def test_sidecars_hang_where_somebody_asks_them(found: PodSpec, held: PodRuntime, hang: tuple[str, ...]) -> None:
    assert sidecars_to_hang(found, held) == hang


def test_a_sidecar_hangs_alone_until_it_ends() -> None:
    hangs = Hang("proxy")(runtime())
    assert (hangs, hangs.serving) == (runtime(hung=True), True)
    assert Exit(1, "proxy")(hangs).each[0] == ContainerRuntime("proxy", SIDECAR, EXITED, 1)
    lost = machine_lost(hangs)
    assert lost is not None
    assert not lost.each[0].hung


def test_a_pod_answers_once_all_of_it_does_that_has_a_readiness_probe() -> None:
    asked = spec(readiness_probe=QUICK)
    assert answers(asked, runtime())
    assert answers(asked, attrs.evolve(runtime(), serving=False))
    assert not answers(asked, runtime(hung=True))
    assert not answers(asked, runtime(EXITED))
    both = attrs.evolve(asked, containers=(Container("web", readiness_probe=QUICK),))
    assert not answers(both, attrs.evolve(runtime(), serving=False))


def test_probes_take_as_long_to_fail_as_they_say() -> None:
    found = spec(startup_probe=Probe(initial_delay_seconds=40), liveness_probe=QUICK)
    assert (has_probed_sidecars(found), has_lively_sidecars(found)) == (True, True)
    assert {(rule.name, rule.duration) for rule in rules([found])} == {
        ("sidecar's startup probe fails after 70 s", 70.0),
        ("sidecar's liveness probe fails after 10 s", 10.0),
    }
    assert rules([PodSpec(containers=(Container("web", liveness_probe=QUICK),))]) == ()


def _hanging(sidecar: dict[str, Any], mutate: Any = None) -> Any:
    wanted = scenario(
        bare_pod(several({**PROXY, **sidecar})), start="created", faults={"application-hang": 1}, alsoCheck=[]
    )
    return explore(wanted, mutate)


def test_a_sidecar_that_hangs_is_started_again_and_its_main_container_is_not() -> None:
    found = _hanging(LIVELY)
    assert {("kubelet", "sidecar's liveness probe fails"), ("kubelet", "restart container")} <= found.rules
    assert ("container", "Running", "Exited", "kubelet") not in found.arrows
    assert found.violated == {}


def test_without_the_rule_it_hangs_for_ever() -> None:
    found = _hanging(LIVELY, without("kubelet", "sidecar's liveness probe fails"))
    assert set(found.violated) == {"hanging-containers-stopped"}


def test_what_comes_after_a_sidecar_waits_for_its_startup_probe() -> None:
    found = _hanging(SLOW)
    assert {("kubelet", "sidecar's startup probe fails"), ("kubelet", "startup probe succeeds")} <= found.rules
    lost = _hanging(SLOW, without("kubelet", "sidecar's startup probe fails"))
    assert ("kubelet", "restart container") not in lost.rules


def test_a_sidecar_that_hangs_takes_its_pod_out_of_the_endpoints() -> None:
    assert ("pod", "Ready", "Running", "kubelet") in _hanging(dict(PROBED)).arrows
