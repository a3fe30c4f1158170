"""The laws call the controllers' own functions: a change of one of these breaks its proof."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from kubemodel.proving.induction.catalogue import law_called
from kubemodel.proving.induction.proving import Outcome, prove
from kubemodel.spec.control_plane.apiserver import eviction, handling
from kubemodel.spec.control_plane.controllers import (
    deployment_rollout,
    disruption_decisions,
    job_decisions,
    replicaset_decisions,
)
from kubemodel.spec.control_plane.leader_election import lease_timing
from kubemodel.spec.control_plane.scheduler.filters import pod_topology_spread
from kubemodel.spec.language import arithmetic

Change = Callable[[Callable[..., Any]], Callable[..., Any]]


def more(by: int) -> Change:
    """The function, its result increased."""
    return lambda function: lambda *given, **named: function(*given, **named) + by


def always(value: Any) -> Change:
    """A function that answers the same whatever it is asked."""
    return lambda _function: lambda *_given, **_named: value


def unready_spared(_function: Callable[..., Any]) -> Callable[..., Any]:
    """All pods rank alike."""
    return lambda *_given, **_named: (0,)


def takes_more(function: Callable[..., Any]) -> Callable[..., Any]:
    """One more of the first ReplicaSet's replicas goes."""

    def changed(old: Any, *given: Any) -> Any:
        first, *rest = function(old, *given)
        return (arithmetic.maximum(first - 1, 0), *rest)

    return changed


def takes_one_more(function: Callable[..., Any]) -> Callable[..., Any]:
    """As ``takes_more``, of the step that says besides whether it broke off."""

    def changed(old: Any, *given: Any) -> Any:
        (first, *rest), broken = function(old, *given)
        return (arithmetic.maximum(first - 1, 0), *rest), broken

    return changed


CHANGES: dict[str, tuple[str, ModuleType, str, Change]] = {
    "scale up": ("rolling-update", deployment_rollout, "grown", more(1)),
    "scale down unhealthy": ("rolling-update", deployment_rollout, "without_unhealthy", takes_one_more),
    "scale down spare": ("rolling-update", deployment_rollout, "without_spare", takes_more),
    "deletion rank": ("rolling-update", replicaset_decisions, "deletion_rank", unready_spared),
    "percentage up": ("rollout-percentages", deployment_rollout, "ceil_div", lambda _: arithmetic.floor_div),
    "percentage down": ("rollout-percentages", deployment_rollout, "floor_div", lambda _: arithmetic.ceil_div),
    "budget percentage": ("budget-percentages", disruption_decisions, "scaled_value", more(1)),
    "allowed": ("disruption-budget", disruption_decisions, "disruptions_allowed", more(1)),
    "healthy": ("disruption-budget", disruption_decisions, "healthy_pods", more(1)),
    "charge": ("disruption-budget", eviction, "charged", more(1)),
    "conflict of budgets": ("disruption-budget", handling, "conflicts", always(0)),
    "conflict of leases": ("single-leader", handling, "conflicts", always(0)),
    "expiry": ("single-leader", lease_timing, "has_expired", lambda _: lambda unchanged: unchanged >= 12),
    "renewal": ("single-leader", lease_timing, "must_stop", always(False)),
    "tracked": ("job-counters", job_decisions, "tracked", lambda _: lambda seen: seen.pod is not None),
    "skew": ("topology-spread", pod_topology_spread, "fits_skew", always(True)),
    "least": ("topology-spread", pod_topology_spread, "minimum", lambda _: arithmetic.maximum),
    "conflict": ("no-lost-update", handling, "conflicts", always(0)),
}

HARMLESS = {"renewal"}
"""Changes that keep what is promised, but leave steps that can never happen."""


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_function_breaks_its_proof(change: str, monkeypatch: pytest.MonkeyPatch) -> None:
    law, module, function, changed = CHANGES[change]
    monkeypatch.setattr(module, function, changed(getattr(module, function)))
    found = prove(law_called(law))
    assert found.outcome is (Outcome.VACUOUS if change in HARMLESS else Outcome.REFUTED), found.reason
