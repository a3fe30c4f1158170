"""Active deadlines of pods: the kubelet ends a pod that has been active on its node for too long.

No plug-in of the scheduler reads a deadline (kube-scheduler §4): only the Job controller, for Jobs, and the kubelet,
for single pods, end what takes too long. The kubelet counts from the pod's start time, which it set when it took the
pod in; past ``spec.activeDeadlineSeconds`` the pod's containers are stopped, and it is Failed with reason
DeadlineExceeded, whatever its restart policy (pkg/kubelet/active_deadline.go). What made the pod makes the next one.
"""

from __future__ import annotations

import attrs

from ..kinds import POD, PodRuntime, PodWorker
from ..language.component import Countdown, Key, Rule
from ..language.plan import KEY, Alternative, Call, RuntimeCall, Step
from ..objects.conditions import Condition, with_condition
from ..objects.pod import FAILED, Pod
from .container_runtime import StopContainer, StopSandbox
from .heartbeat import KUBELET_CONNECTED
from .pod_containers import sidecars_that_run
from .pod_requests import incarnation, status_patch
from .startup import wanted

DEADLINE_EXCEEDED = "DeadlineExceeded"
"""The reason of a pod that has been active for too long."""


@attrs.frozen(cache_hash=True)
class Overdue:
    """The status of a pod that has been active on its node for too long."""

    def __call__(self, pod: Pod, /) -> Pod:
        """The pod after the report."""
        conditions = with_condition(pod.status.conditions, Condition("Ready", "False"))
        status = attrs.evolve(pod.status, phase=FAILED, reason=DEADLINE_EXCEEDED, conditions=conditions)
        return attrs.evolve(pod, status=status)


@attrs.frozen(cache_hash=True)
class Active:
    """A pod with a deadline that the kubelet of ``node`` has taken in. ``sidecars``: those that run, the last first."""

    node: str
    uid: int | None
    sandbox: bool
    sidecars: tuple[str, ...] = ()


def active(seconds: int, pod: Pod | None, runtime: PodRuntime | None, worker: PodWorker | None) -> Active | None:
    """The view of a pod whose deadline is so many seconds."""
    if pod is None or worker is None or not wanted(pod) or pod.spec.active_deadline_seconds != seconds:
        return None
    sidecars = sidecars_that_run(runtime.each) if runtime is not None else ()
    return Active(worker.node, incarnation(pod), runtime is not None, sidecars)


def _end(seconds: int, key: Active) -> list[Alternative]:
    stop: list[Step] = []
    if key.sandbox:
        stop.append(RuntimeCall(KEY, "runtime", StopContainer(), "StopContainer"))
        stop += [RuntimeCall(KEY, "runtime", StopContainer(name), "StopContainer") for name in key.sidecars]
        stop.append(RuntimeCall(KEY, "runtime", StopSandbox(), "StopPodSandbox"))
    report = Call(KEY, status_patch(key.uid, Overdue()))
    return [Alternative((*stop, report), f"the pod has been active on {key.node} for {seconds} s")]


def deadline_rule(seconds: int) -> Rule:
    """The rule for pods whose deadline is so many seconds."""
    return Rule(
        name=f"active deadline {seconds} s",
        key=Key(POD, ("object", "runtime", "worker"), lambda *values: active(seconds, *values)),
        decide=lambda key: _end(seconds, key),
        guards=(KUBELET_CONNECTED,),
        duration=float(seconds),
        countdown=Countdown(stored=True),
        several_requests=True,
        reference="kube-scheduler §4, deadlines; pkg/kubelet/active_deadline.go",
        meaning=f"the kubelet ends a pod that has been active for the {seconds} s that its spec allows",
    )
