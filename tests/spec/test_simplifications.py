"""What verdicts say of simplified nodes and control planes: each where a scenario touches it, and nothing elsewhere."""

from __future__ import annotations

import pytest
from kubemodel.spec import cluster
from kubemodel.spec.cluster import control_plane_simplifications, node_simplifications
from kubemodel.spec.language.scenario import Scenario

from .container_scenarios import SIDECAR, several
from .exploration import CLIENT, PROBED, bare_pod, deployment, pod_spec, pre_stop, scenario, service
from .volume_scenarios import claiming, storage_class

SIMPLIFICATIONS = {**node_simplifications.SIMPLIFICATIONS, **control_plane_simplifications.SIMPLIFICATIONS}

_PROBE = {"tcpSocket": {"port": 80}}
_BEHIND = {"replicaset-controller": {"Pod": 1}}

TOUCHED = {
    "hooks-of-sidecars": scenario(bare_pod(several({**SIDECAR, **pre_stop(5)}))),
    "grace-of-probes": scenario(
        bare_pod(pod_spec(container={"livenessProbe": {**_PROBE, "terminationGracePeriodSeconds": 5}}))
    ),
    "one-success": scenario(bare_pod(pod_spec(container={"readinessProbe": {**_PROBE, "successThreshold": 2}}))),
    "readiness-while-terminating": scenario(bare_pod(pod_spec(container=PROBED)), service(), **CLIENT),
    "local-storage-in-bounds": scenario(
        bare_pod(pod_spec(container={"resources": {"limits": {"ephemeral-storage": "1Gi"}}}))
    ),
    "admitted-once": scenario(bare_pod(), faults={"kubelet-crash": 1}),
    "replies-of-sandboxes": scenario(bare_pod(), faults={"cri-reply-lost": 1}),
    "sandbox-with-network": scenario(bare_pod(), faults={"sandbox-exit": 1}),
    "writes-not-awaited": scenario(deployment(), lag=_BEHIND),
    "lists-in-one-piece": scenario(deployment(), lag=_BEHIND, faults={"watch-break": 1}),
    "tries-without-end": scenario(deployment(), faults={"request-lost": 1}),
    "no-claim-is-lost": scenario(claiming(), storage_class()),
    "rules-as-a-whole": scenario(bare_pod(), service(), **CLIENT),
}


def said(wanted: Scenario) -> set[str]:
    """The names of those of the assumptions that a verdict prints."""
    return {it.name for it in cluster.build(wanted).assumptions} & {it.name for it in SIMPLIFICATIONS}


def test_each_has_a_scenario() -> None:
    assert set(TOUCHED) == {assumption.name for assumption in SIMPLIFICATIONS}


@pytest.mark.parametrize("name", TOUCHED)
def test_it_is_said_where_a_scenario_touches_it(name: str) -> None:
    assert name in said(TOUCHED[name])


@pytest.mark.parametrize("untouched", [scenario(bare_pod(pod_spec(container=PROBED))), scenario(deployment())])
def test_nothing_is_said_of_what_nobody_touches(untouched: Scenario) -> None:
    assert said(untouched) == set()
