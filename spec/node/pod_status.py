"""What the kubelet reports of a pod: phase and Ready, computed from the runtime (kubelet §5).

A report is written only where it differs from what is stored. Of a pod that is being deleted only the end is reported,
when nothing of it can run any more; a terminal phase is final.
"""

from __future__ import annotations

from functools import lru_cache

import attrs

from ..kinds import ABSENT, EXITED, POD, RUNNING, PodRuntime, PodWorker
from ..language.component import Key, Rule
from ..language.plan import KEY, Alternative, Call
from ..objects.conditions import Condition, with_condition
from ..objects.containers import (
    ContainerRunning,
    ContainerState,
    ContainerStatus,
    ContainerTerminated,
    ContainerWaiting,
)
from ..objects.pod import Pod, PodSpec, is_ready, is_terminal
from .container_runtime import KILLED, stopped
from .heartbeat import KUBELET_CONNECTED
from .pod_phase import pod_phase
from .pod_requests import incarnation, status_patch
from .readiness import ready_condition


def has_readiness_probe(spec: PodSpec) -> bool:
    """Whether any container or sidecar of the pod has a readiness probe."""
    return any(container.readiness_probe is not None for container in (*spec.init_containers, *spec.containers))


def _state(runtime: PodRuntime | None, terminal: bool) -> ContainerState:
    containers = ABSENT if runtime is None else runtime.containers
    if containers == RUNNING:
        return ContainerRunning()
    if runtime is not None and containers == EXITED:
        return ContainerTerminated(runtime.exit_code)
    return ContainerTerminated(KILLED, "ContainerStatusUnknown") if terminal else ContainerWaiting()


def container_statuses(
    spec: PodSpec, runtime: PodRuntime | None, *, probed: bool, terminal: bool
) -> tuple[ContainerStatus, ...]:
    """The statuses of all containers, as the model's one state for all main containers has them.

    ``probed``: the readiness probe succeeded. ``terminal``: they have stopped for good; one without a known end then
    counts as killed (kubelet §3). Init containers are over once there are main containers; sidecars do as those.
    """
    state = _state(runtime, terminal)
    runs = isinstance(state, ContainerRunning)
    init = ContainerTerminated(0) if runtime is not None and runtime.containers != ABSENT else ContainerWaiting()
    return tuple(
        ContainerStatus(
            container.name,
            state if lasting else init,
            ready=runs and (probed or container.readiness_probe is None) if lasting else True,
            started=runs,
        )
        for container, lasting in (
            *((container, container.sidecar) for container in spec.init_containers),
            *((container, True) for container in spec.containers),
        )
    )


@attrs.frozen(cache_hash=True)
class ReportStatus:
    """The kubelet's report of a pod: its phase, and whether it is Ready."""

    phase: str
    ready: bool

    def __call__(self, pod: Pod, /) -> Pod:
        """The pod after the report."""
        conditions = with_condition(pod.status.conditions, Condition("Ready", str(self.ready)))
        return attrs.evolve(pod, status=attrs.evolve(pod.status, phase=self.phase, conditions=conditions))


@lru_cache(maxsize=4096)
def computed_status(pod: Pod, runtime: PodRuntime | None, *, probed: bool) -> ReportStatus:
    """The status of a pod as the kubelet computes it. ``probed``: its readiness probe succeeded."""
    over = pod.metadata.terminating and stopped(runtime)
    statuses = container_statuses(pod.spec, runtime, probed=probed, terminal=over)
    initialized = runtime is not None and runtime.containers != ABSENT
    phase = pod_phase(pod.spec, statuses, terminal=over, initialized=initialized or over)
    readiness = ready_condition(pod.spec, statuses, phase, pod.status.conditions)
    return ReportStatus(phase, readiness.status == "True")


@attrs.frozen(cache_hash=True)
class Report:
    """A status that differs from the stored one, of a pod of ``node``."""

    node: str
    uid: int | None
    status: ReportStatus


def _differing(pod: Pod | None, runtime: PodRuntime | None, worker: PodWorker | None) -> Report | None:
    if pod is None or not pod.spec.node_name or is_terminal(pod):
        return None
    if not stopped(runtime) if pod.metadata.terminating else worker is None:
        return None
    status = computed_status(pod, runtime, probed=worker is not None and worker.ready)
    if (status.phase, status.ready) == (pod.status.phase, is_ready(pod)):
        return None
    return Report(pod.spec.node_name, incarnation(pod), status)


def _report(key: Report) -> list[Alternative]:
    return [
        Alternative(
            (Call(KEY, status_patch(key.uid, key.status)),), "the status in the API is not what the runtime shows"
        )
    ]


REPORT_STATUS = Rule(
    name="report status",
    key=Key(POD, ("object", "runtime", "worker"), _differing),
    decide=_report,
    guards=(KUBELET_CONNECTED,),
    reference="kubelet §5",
    meaning="the kubelet writes a pod's phase and condition Ready where they differ from what it computes",
)
