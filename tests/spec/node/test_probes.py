"""Startup and liveness probes on tiny clusters: what they hold back, and what becomes of containers that hang."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs
import pytest
from kubemodel.spec.constants import with_constants
from kubemodel.spec.environment.faults import APPLICATION_HANG
from kubemodel.spec.kinds import RUNNING, PodRuntime, PodWorker
from kubemodel.spec.language.component import Component
from kubemodel.spec.language.model import Model
from kubemodel.spec.node import container_runtime, kubelet
from kubemodel.spec.node.pod_status import computed_status
from kubemodel.spec.node.probes import FAILURE, UNPROBED, ProbeSeconds, probe_seconds
from kubemodel.spec.objects.containers import Probe
from kubemodel.spec.objects.pod import Pod

from .small_cluster import cluster, node, pod, search, without

KUBELET = kubelet.component(probe_seconds=ProbeSeconds(startup=(FAILURE,), liveness=(FAILURE,)))
RUNTIME = container_runtime.component(track_serving=True)
NODES = {"a": {"object": node()}}
RUNS = PodRuntime("a", containers=RUNNING, serving=True)


def probed(*probes: str, policy: str = "Always") -> Pod:
    """A pod with these probes: startup, liveness, readiness."""
    found = pod(policy=policy)
    (container,) = found.spec.containers
    container = attrs.evolve(container, **{f"{probe}_probe": Probe() for probe in probes})
    return attrs.evolve(found, spec=attrs.evolve(found.spec, containers=(container,)))


def alone(item: Pod, may: Mapping[str, int] = {}, kubelet: Component = KUBELET, **bundle: Any) -> Model:
    return cluster(kubelet, RUNTIME, pods=({"object": item, **bundle},), nodes=NODES, may=may)


def test_a_pod_with_a_startup_probe_is_ready_only_after_it() -> None:
    item = probed("startup")
    assert not computed_status(item, RUNS, probed=False).ready
    assert computed_status(item, RUNS, probed=False, started=("main",)).ready


def test_readiness_waits_for_startup() -> None:
    found = search(alone(probed("startup", "readiness")))
    workers = {values[3] for values in found.pods if isinstance(values[3], PodWorker)}
    assert {worker.started for worker in workers if worker.ready} == {("main",)}
    assert found.end_pods == {("Ready",)}


def test_without_startup_probes_nothing_is_remembered_of_them() -> None:
    found = search(alone(probed("liveness", "readiness"), {APPLICATION_HANG: 1}))
    assert {values[3].started for values in found.pods if isinstance(values[3], PodWorker)} == {()}


@pytest.mark.parametrize(
    ("probes", "policy", "last"),
    [
        (("liveness",), "Always", {("Ready",)}),
        (("liveness",), "OnFailure", {("Ready",)}),
        (("liveness",), "Never", {("Ready",), ("Failed",)}),
        (("startup",), "Always", {("Ready",)}),
        (("readiness",), "Always", {("Ready",), ("Running",)}),
    ],
)
def test_what_becomes_of_an_application_that_hangs(probes: tuple[str, ...], policy: str, last: Any) -> None:
    found = search(alone(probed(*probes, policy=policy), {APPLICATION_HANG: 1}))
    assert found.end_pods == last


def test_an_application_that_hangs_again_is_started_again_after_the_back_off() -> None:
    assert "restart containers after back-off" not in search(alone(probed("liveness"), {APPLICATION_HANG: 1})).rules
    assert "restart containers after back-off" in search(alone(probed("liveness"), {APPLICATION_HANG: 2})).rules


@pytest.mark.parametrize("probe", ["startup", "liveness"])
def test_without_a_failing_probe_it_hangs_for_ever(probe: str) -> None:
    hangs = attrs.evolve(RUNS, serving=False, hung=True)
    model = alone(probed(probe), runtime=hangs, worker=PodWorker("a"))
    assert {runtime.hung for (runtime,) in search(model).end_runtimes} == {False}
    idle = alone(probed(probe), kubelet=without(KUBELET, f"{probe} probe fails"), runtime=hangs, worker=PodWorker("a"))
    assert {runtime.hung for (runtime,) in search(idle).end_runtimes} == {True}


def test_without_the_rule_no_startup_probe_succeeds() -> None:
    found = search(alone(probed("startup"), kubelet=without(KUBELET, "startup probe succeeds")))
    assert ("Ready",) not in found.end_pods


QUICK, PATIENT = Probe(period_seconds=2, failure_threshold=5), Probe(initial_delay_seconds=40)


@pytest.mark.parametrize(
    ("probes", "expected"),
    [
        ({}, UNPROBED),
        ({"readiness_probe": QUICK}, ProbeSeconds(readiness=(10,))),
        ({"liveness_probe": Probe()}, ProbeSeconds(liveness=(30,))),
        ({"liveness_probe": PATIENT}, ProbeSeconds(liveness=(30, 70))),
        ({"startup_probe": PATIENT}, ProbeSeconds(startup=(70,))),
    ],
)
def test_a_probe_takes_as_long_to_fail_as_it_says(probes: Mapping[str, Probe], expected: ProbeSeconds) -> None:
    (container,) = pod().spec.containers
    spec = attrs.evolve(pod().spec, containers=(attrs.evolve(container, **probes),))
    assert probe_seconds([spec]) == expected


def _starting_in(seconds: float, **probes: Probe) -> set[str]:
    """The rules that fire where an application takes so long to start."""
    item = probed()
    (container,) = item.spec.containers
    item = attrs.evolve(
        item, spec=attrs.evolve(item.spec, containers=(attrs.evolve(container, **probes),), restart_policy="Never")
    )
    (slow,) = with_constants((RUNTIME,), {"application-start": seconds})
    agent = kubelet.component(track_serving=True, probe_seconds=probe_seconds([item.spec]))
    return set(search(cluster(agent, slow, pods=({"object": item},), nodes=NODES)).rules)


def test_a_liveness_probe_kills_what_starts_too_slowly_unless_it_is_patient() -> None:
    assert "liveness probe fails" in _starting_in(60.0, liveness_probe=Probe())
    assert "application serves" in _starting_in(60.0, liveness_probe=PATIENT)
    assert "liveness probe fails after 70 s" not in _starting_in(60.0, liveness_probe=PATIENT)
    assert "liveness probe fails after 70 s" in _starting_in(90.0, liveness_probe=PATIENT)


def test_a_startup_probe_gives_time_to_start() -> None:
    patient = {"liveness_probe": Probe(), "startup_probe": Probe(failure_threshold=12)}
    assert not {rule for rule in _starting_in(60.0, **patient) if "fails" in rule}
    assert "startup probe fails after 120 s" in _starting_in(150.0, **patient)
