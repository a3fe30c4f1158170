"""What the model simplifies of API servers, controllers and kube-proxies: each said where a scenario touches it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from ..environment.watch_faults import REQUEST_FAULTS, WATCH_FAULTS
from ..language.model import Assumption
from ..language.scenario import Scenario
from ..objects.workloads import Deployment
from ..properties.claims_followed import follows_claims
from .part import simplified

_CONSISTENT = (
    "replicaset-controller",
    "statefulset-controller",
    "daemonset-controller",
    "job-controller",
)


def _behind(*clients: str) -> Callable[[Scenario], bool]:
    return lambda scenario: any(client in clients for client, _ in scenario.lag)


def _faults(names: Collection[str]) -> Callable[[Scenario], bool]:
    return lambda scenario: any(scenario.faults.get(name, 0) for name in names)


def _rolls_out_past_lost_requests(scenario: Scenario) -> bool:
    return _faults(REQUEST_FAULTS)(scenario) and any(isinstance(it, Deployment) for it in scenario.objects)


SIMPLIFICATIONS: Mapping[Assumption, Callable[[Scenario], bool]] = {
    Assumption(
        "writes-not-awaited",
        "a controller acts although its last status has not come back to it, as before v1.36; since then those of"
        " ReplicaSets, StatefulSets, DaemonSets and Jobs wait for it",
        "00-index §4 consistency store",
    ): _behind(*_CONSISTENT),
    Assumption(
        "lists-in-one-piece",
        "a list comes whole and at once: without pages, from a cache that is ready and not older than was asked for;"
        " no watch ends because its client is slow",
        "kube-apiserver §2",
    ): _faults(WATCH_FAULTS),
    Assumption(
        "tries-without-end",
        "a Deployment is looked at again until its requests succeed; that its key is dropped after 15 tries, until"
        " something changes, is not followed",
        "00-index §4 work queue",
    ): _rolls_out_past_lost_requests,
    Assumption(
        "no-claim-is-lost",
        "a volume that is bound stays there as long as its claim, so that no claim is in phase Lost",
        "controllers-cluster §12",
    ): follows_claims,
    Assumption(
        "rules-as-a-whole",
        "a kube-proxy applies all of its rules or none, and does not end by itself; no pod gets to itself through a"
        " Service",
        "kube-proxy §6",
    ): lambda scenario: bool(scenario.clients),
}
"""The assumptions, with the scenarios to which they matter."""


CONTROL_PLANE_SIMPLIFICATIONS = simplified("simplified control plane", SIMPLIFICATIONS)
"""What the verdict says besides of the control plane and of kube-proxies."""
