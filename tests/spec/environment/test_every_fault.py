"""Every fault of the design can be asked for, by a flag and in a scenario, is told on the page, and comes in a test."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from kubemodel.cli.inputs import Flags, overridden
from kubemodel.spec.environment.faults import FAULTS
from kubemodel.spec.environment.watch_faults import WATCH_FAULTS
from kubemodel.spec.manifests.settings import Settings, as_document

from ..coverage_scenarios import SCENARIOS

PAGE = (Path(__file__).parents[3] / "docs" / "writing-a-scenario.md").read_text()

DESIGNED: Mapping[str, tuple[str, ...]] = {
    "node crash and return": ("node-crash",),
    "component crash and restart": ("controller-manager-crash", "scheduler-crash", "kubelet-crash"),
    "link cut between a node and the API servers": ("link-cut",),
    "one cut of all nodes": ("control-plane-cut",),
    "API-server instance down": ("api-server-down",),
    "etcd quorum lost": ("etcd-member-down",),
    "watch broken, relist": ("watch-break", "watch-end"),
    "watch event lost without relist": ("watch-event-lost",),
    "request lost before it was applied": ("request-lost",),
    "reply lost after it was applied": ("reply-lost",),
    "container exit": ("container-exit", "container-completion"),
    "failing probe": ("probe-failure",),
    "image pull error": ("image-pull-error",),
    "clock skew between leader candidates": ("clock-skew",),
    "leader overlap": ("leader-pause",),
}
"""What the design lists, by the names of the faults. Slow components stand in ``slow``, and a crash falls between two
requests wherever ``rpc`` is not ``reconcile``."""


@pytest.mark.parametrize("name", [name for names in DESIGNED.values() for name in names])
def test_a_fault_of_the_design_can_be_asked_for_and_comes(name: str) -> None:
    assert FAULTS[name]
    lag = ("replicaset-controller/Pod=1",) if name in WATCH_FAULTS else ()
    asked = overridden(Settings(), Flags(faults=(f"{name}=2",), lag=lag))
    assert as_document(asked)["faults"] == {name: 2}
    assert f"`{name}`" in PAGE
    assert any(scenario.faults.get(name, 0) for scenario in SCENARIOS.values())


def test_a_majority_of_etcd_is_lost_somewhere() -> None:
    assert any(scenario.faults.get("etcd-member-down", 0) >= 2 for scenario in SCENARIOS.values())


def test_slow_components_can_be_asked_for() -> None:
    asked = overridden(Settings(), Flags(slow=("kubelet",)))
    assert as_document(asked)["slow"] == ["kubelet"]
    assert "`slow`" in PAGE
