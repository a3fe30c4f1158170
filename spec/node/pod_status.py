"""What the kubelet reports of a pod: phase and Ready, computed from the runtime (kubelet §5).

A report is written only where it differs from what is stored. Of a pod that is being deleted only the end is reported,
when nothing of it can run any more; a terminal phase is final.
"""

from __future__ import annotations

from functools import lru_cache

import attrs

from ..kinds import ABSENT, EXITED, INIT, POD, RUNNING, ContainerRuntime, PodRuntime, PodWorker
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
from ..objects.pod import TERMINAL_PHASES, Pod, PodSpec, is_ready, is_terminal
from .container_runtime import KILLED, stopped
from .heartbeat import KUBELET_CONNECTED
from .pod_containers import initialized, starting
from .pod_phase import pod_phase
from .pod_requests import incarnation, status_patch
from .post_start import hook_that_runs
from .readiness import ready_condition
from .static_pods import is_mirror


def has_readiness_probe(spec: PodSpec) -> bool:
    """Whether any container or sidecar of the pod has a readiness probe."""
    return any(container.readiness_probe is not None for container in (*spec.init_containers, *spec.containers))


def _state(held: PodRuntime | ContainerRuntime | None, terminal: bool, hooked: bool) -> ContainerState:
    """What is reported of one container, or of all of a pod that are not told apart.

    ``hooked``: its postStart hook has yet to return, until when its kubelet does not take it for running.
    """
    state = ABSENT if held is None else held.containers if isinstance(held, PodRuntime) else held.state
    if state == RUNNING:
        return ContainerWaiting() if hooked else ContainerRunning()
    if held is not None and state == EXITED:
        return ContainerTerminated(held.exit_code)
    return ContainerTerminated(KILLED, "ContainerStatusUnknown") if terminal else ContainerWaiting()


def _last_state(held: PodRuntime | ContainerRuntime | None, hooked: bool) -> ContainerState | None:
    """How the instance before the one ended whose postStart hook runs."""
    return ContainerTerminated(KILLED) if hooked and held is not None and held.restarts else None


def container_statuses(
    spec: PodSpec,
    runtime: PodRuntime | None,
    *,
    probed: bool,
    terminal: bool,
    started: tuple[str, ...] = (),
    hook: str = "",
) -> tuple[ContainerStatus, ...]:
    """The statuses of all containers, told apart or as the model's one state for all main containers has them.

    ``probed``: the readiness probe succeeded; ``started``: the containers whose startup probe did. ``terminal``: they
    have stopped for good; one without a known end then counts as killed (kubelet §3). Where containers are not told
    apart, init containers are over once there are main containers; sidecars do as those. ``hook``: the container whose
    postStart hook runs.
    """
    unstarted = starting(spec, started)
    if runtime is not None and runtime.each:
        return _apart(spec, runtime.each, unstarted, probed=probed, terminal=terminal, hook=hook)
    state, before = _state(runtime, terminal, bool(hook)), _last_state(runtime, bool(hook))
    runs = isinstance(state, ContainerRunning)
    init = ContainerTerminated(0) if runtime is not None and runtime.containers != ABSENT else ContainerWaiting()
    return tuple(
        ContainerStatus(
            container.name,
            state if lasting else init,
            before if lasting else None,
            ready=runs and container.name not in unstarted and (probed or container.readiness_probe is None)
            if lasting
            else True,
            started=runs and container.name not in unstarted,
        )
        for container, lasting in (
            *((container, container.sidecar) for container in spec.init_containers),
            *((container, True) for container in spec.containers),
        )
    )


def _apart(
    spec: PodSpec,
    each: tuple[ContainerRuntime, ...],
    unstarted: tuple[str, ...],
    *,
    probed: bool,
    terminal: bool,
    hook: str,
) -> tuple[ContainerStatus, ...]:
    found = []
    for declared, held in zip((*spec.init_containers, *spec.containers), each, strict=True):
        hooked = held.name == hook
        begun = held.state == RUNNING and not hooked and held.name not in unstarted
        ready = begun and (probed or declared.readiness_probe is None)
        if held.role == INIT:
            ready = held.state == EXITED and held.exit_code == 0
        state, before = _state(held, terminal, hooked), _last_state(held, hooked)
        found.append(ContainerStatus(declared.name, state, before, ready=ready, started=begun))
    return tuple(found)


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
def computed_status(
    pod: Pod, runtime: PodRuntime | None, *, probed: bool, started: tuple[str, ...] = (), hook: str = ""
) -> ReportStatus:
    """The status of a pod as the kubelet computes it. ``probed``: its readiness probe succeeded.

    ``started``: the containers whose startup probe succeeded. ``hook``: the container whose postStart hook runs.
    """
    over = pod.metadata.terminating and stopped(runtime)
    statuses = container_statuses(pod.spec, runtime, probed=probed, terminal=over, started=started, hook=hook)
    begun = runtime is not None and (initialized(runtime.each) if runtime.each else runtime.containers != ABSENT)
    phase = pod_phase(pod.spec, statuses, terminal=over, initialized=begun or over)
    if phase in TERMINAL_PHASES and runtime is not None and runtime.each and runtime.containers == RUNNING:
        # A terminal phase waits until no container runs any more: here sidecars do (kubelet §5).
        phase = pod.status.phase
    readiness = ready_condition(pod.spec, statuses, phase, pod.status.conditions)
    return ReportStatus(phase, readiness.status == "True")


@attrs.frozen(cache_hash=True)
class Report:
    """A status that differs from the stored one, of a pod of ``node``."""

    node: str
    uid: int | None
    status: ReportStatus


def _differing(pod: Pod | None, runtime: PodRuntime | None, worker: PodWorker | None) -> Report | None:
    if pod is None or not pod.spec.node_name or is_terminal(pod) or is_mirror(pod):
        return None
    if not stopped(runtime) if pod.metadata.terminating else worker is None:
        return None
    ready, started = (worker.ready, worker.started) if worker is not None else (False, ())
    hook = hook_that_runs(worker, runtime)
    status = computed_status(pod, runtime, probed=ready, started=started, hook=hook)
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
