"""What the model simplifies of kubelets and container runtimes, each said only where a scenario touches it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ..environment import faults
from ..language.model import Assumption
from ..language.scenario import Scenario
from ..node.cri_replies import LOST as CRI_REPLY_LOST
from ..node.pod_status import has_readiness_probe
from ..objects.containers import Container
from ..objects.pod import PodSpec
from .over_time import pod_specs
from .part import simplified

_EPHEMERAL_STORAGE = "ephemeral-storage"


def _some_spec(has: Callable[[PodSpec], bool]) -> Callable[[Scenario], bool]:
    return lambda scenario: any(map(has, pod_specs(scenario)))


def _some_container(has: Callable[[Container], bool]) -> Callable[[Scenario], bool]:
    return _some_spec(lambda spec: any(map(has, (*spec.init_containers, *spec.containers))))


def _sidecar_sleeps(spec: PodSpec) -> bool:
    hooks = (it.lifecycle for it in spec.init_containers if it.sidecar)
    return any(hook is not None and (hook.pre_stop_sleep or 0) > 0 for hook in hooks)


def _own_grace(container: Container) -> bool:
    probes = (container.liveness_probe, container.startup_probe)
    return any(probe is not None and probe.termination_grace_period_seconds is not None for probe in probes)


def _several_successes(container: Container) -> bool:
    return container.readiness_probe is not None and container.readiness_probe.success_threshold > 1


def _serves_clients(scenario: Scenario) -> bool:
    return bool(scenario.clients) and any(map(has_readiness_probe, pod_specs(scenario)))


def _faults(*names: str) -> Callable[[Scenario], bool]:
    return lambda scenario: any(scenario.faults.get(name, 0) for name in names)


SIMPLIFICATIONS: Mapping[Assumption, Callable[[Scenario], bool]] = {
    Assumption(
        "hooks-of-sidecars",
        "preStop hooks of sidecars take no time",
        "kubelet §6",
    ): _some_spec(_sidecar_sleeps),
    Assumption(
        "grace-of-probes",
        "a container that a probe stops ends at once, whatever terminationGracePeriodSeconds of the probe says",
        "kubelet §6",
    ): _some_container(_own_grace),
    Assumption(
        "one-success",
        "one success makes a readiness probe succeed, whatever its successThreshold says",
        "kubelet §6",
    ): _some_container(_several_successes),
    Assumption(
        "readiness-while-terminating",
        "a pod that is being deleted stays as ready as it was, until it has ended",
        "kubelet §6",
    ): _serves_clients,
    Assumption(
        "local-storage-in-bounds",
        "no container, and no emptyDir, exceeds its limit of ephemeral-storage",
        "kubelet §7",
    ): _some_container(lambda container: _EPHEMERAL_STORAGE in container.resources.limits),
    Assumption(
        "admitted-once",
        "a kubelet that restarts takes back what it had admitted, without asking again whether it fits the node",
        "kubelet §4",
    ): _faults(faults.KUBELET_CRASH),
    Assumption(
        "replies-of-sandboxes",
        "of the calls to a runtime only RunPodSandbox loses its reply; all others succeed, or wait until they do",
        "container-runtime §1",
    ): _faults(CRI_REPLY_LOST),
    Assumption(
        "sandbox-with-network",
        "a sandbox that runs has its network and its address",
        "container-runtime §2, §3",
    ): _faults(faults.SANDBOX_EXIT, CRI_REPLY_LOST),
}
"""The assumptions, with the scenarios to which they matter."""


NODE_SIMPLIFICATIONS = simplified("simplified nodes", SIMPLIFICATIONS)
"""What the verdict says besides of nodes."""
