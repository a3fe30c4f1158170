"""Starting a pod's sandbox and containers, from whatever the runtime holds of it (container-runtime §3).

The kubelet is level-triggered: what it does next depends on what the runtime shows, not on what it did before, so a
kubelet that restarts in the middle goes on where the runtime stands. A kubelet whose link is down acts on what it saw
last: it keeps the pods that it knows running, whatever became of their objects (kubelet §9).
"""

from __future__ import annotations

import attrs

from ..kinds import CREATED, EXITED, POD, RUNNING, SANDBOX_NOT_READY, SANDBOX_READY, PodRuntime, PodWorker
from ..language.component import Key, Rule
from ..language.plan import KEY, Alternative, RuntimeCall, Set, Step, Write
from ..language.query import Query
from ..objects.pod import Pod, PodSpec, is_terminal
from .container_runtime import CreateContainer, RunSandbox, StartContainer
from .heartbeat import KUBELET_CONNECTED, KUBELET_RUNS
from .restart_policy import NEVER, pod_restarts

BACK_OFF = 10.0
"""Seconds that a container which exited again waits before it is restarted (kubelet §6, CrashLoopBackOff)."""


def start_calls(
    spec: PodSpec, runtime: PodRuntime | None, node: str, *, serving: bool, name: str = ""
) -> tuple[RuntimeCall, ...]:
    """What the kubelet still has to ask of the runtime until the pod runs; empty if it runs or may not run again.

    ``serving``: the application serves as soon as its container runs. ``name``: of a pod that the runtime does not know
    yet, if it has one of its own. container-runtime §3, 1-4.
    """
    called = name if runtime is None else runtime.name
    sandbox = RuntimeCall(KEY, "runtime", RunSandbox(node, called), "RunPodSandbox")
    start = RuntimeCall(KEY, "runtime", StartContainer(serving), "StartContainer")
    first = RuntimeCall(KEY, "runtime", CreateContainer(), "CreateContainer")
    if runtime is None:
        return (sandbox, first, start)
    if runtime.containers == RUNNING:
        return ()
    if runtime.containers == EXITED and not pod_restarts(spec, runtime.exit_code):
        return ()
    if runtime.sandbox == SANDBOX_NOT_READY:
        return () if spec.restart_policy == NEVER else (sandbox, first, start)
    if runtime.containers == CREATED:
        return (start,)
    if runtime.containers == EXITED:
        return (RuntimeCall(KEY, "runtime", CreateContainer(attempt=1), "CreateContainer"), start)
    return (first, start)


def start_plan(
    node: str, spec: PodSpec, runtime: PodRuntime | None, *, serving: bool, name: str = ""
) -> tuple[Step, ...]:
    """The pod's worker begins, or begins again, and starts what does not run; no probe has succeeded yet."""
    return (Write(KEY, "worker", Set(PodWorker(node))), *start_calls(spec, runtime, node, serving=serving, name=name))


@attrs.frozen(cache_hash=True)
class Unfinished:
    """A pod of ``node`` of which the runtime holds something. ``wanted``: its object says that it shall run."""

    node: str
    spec: PodSpec
    runtime: PodRuntime
    wanted: bool = True


def wanted(pod: Pod) -> bool:
    """Whether the API says that the pod shall run: not being deleted, not finished."""
    return not pod.metadata.terminating and not is_terminal(pod)


def _unknown(pod: Pod | None, runtime: PodRuntime | None, worker: PodWorker | None) -> Unfinished | None:
    if pod is None or runtime is None or worker is not None or not wanted(pod):
        return None
    return Unfinished(runtime.node, pod.spec, runtime)


def _ended(pod: Pod | None, runtime: PodRuntime | None, worker: PodWorker | None) -> Unfinished | None:
    if pod is None or runtime is None or worker is None or runtime.containers == RUNNING:
        return None
    # A sandbox that is down under a pod that shall not run was stopped by the kubelet itself.
    if not wanted(pod) and runtime.sandbox != SANDBOX_READY:
        return None
    return Unfinished(runtime.node, pod.spec, runtime, wanted(pod))


def _backs_off(runtime: PodRuntime) -> bool:
    return runtime.sandbox == SANDBOX_READY and runtime.containers == EXITED and runtime.restarts > 0


def _first_time(pod: Pod | None, runtime: PodRuntime | None, worker: PodWorker | None) -> Unfinished | None:
    key = _ended(pod, runtime, worker)
    return None if key is None or _backs_off(key.runtime) else key


def _again(pod: Pod | None, runtime: PodRuntime | None, worker: PodWorker | None) -> Unfinished | None:
    key = _ended(pod, runtime, worker)
    return key if key is not None and _backs_off(key.runtime) else None


_FIELDS = ("object", "runtime", "worker")


def adopt(*, serving: bool) -> Rule:
    """The rule by which a kubelet that restarted takes over what the runtime still holds (kubelet §3)."""

    def decide(key: Unfinished) -> list[Alternative]:
        plan = start_plan(key.node, key.spec, key.runtime, serving=serving)
        return [Alternative(plan, "the kubelet has restarted and finds the pod in the API and in the runtime")]

    return Rule(
        name="adopt pod",
        key=Key(POD, _FIELDS, _unknown),
        decide=decide,
        guards=(KUBELET_CONNECTED,),
        several_requests=True,
        reference="kubelet §3",
        meaning="after its restart the kubelet goes on with a pod from what the runtime holds",
    )


def restart(*, serving: bool, back_off: bool) -> Rule:
    """The rule by which ended containers start again; with ``back_off`` for those that were restarted before."""

    def decide(key: Unfinished, connected: bool) -> list[Alternative]:
        calls = start_calls(key.spec, key.runtime, key.node, serving=serving)
        if not calls or (connected and not key.wanted):
            return []
        plan = start_plan(key.node, key.spec, key.runtime, serving=serving)
        return [Alternative(plan, "the restart policy lets the containers start again")]

    queries: dict[str, Query] = {"connected": KUBELET_CONNECTED}
    return Rule(
        name="restart containers after back-off" if back_off else "restart containers",
        key=Key(POD, _FIELDS, _again if back_off else _first_time),
        decide=decide,
        queries=queries,
        guards=(KUBELET_RUNS,),
        duration=BACK_OFF if back_off else 0.0,
        several_requests=True,
        reference="kubelet §6",
        meaning="the kubelet starts a pod's containers again after they ended",
    )
