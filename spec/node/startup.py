"""Starting a pod's sandbox and containers, from whatever the runtime holds of it (container-runtime §3).

The kubelet is level-triggered: what it does next depends on what the runtime shows, not on what it did before, so a
kubelet that restarts in the middle goes on where the runtime stands. A kubelet whose link is down acts on what it saw
last: it keeps the pods that it knows running, whatever became of their objects (kubelet §9).
"""

from __future__ import annotations

import attrs

from ..kinds import CREATED, EXITED, POD, RUNNING, SANDBOX_NOT_READY, SANDBOX_READY, UNCHECKED, PodRuntime, PodWorker
from ..language.component import Key, Rule
from ..language.plan import KEY, Alternative, RuntimeCall, Set, Step, Write
from ..language.query import Query
from ..objects.pod import Pod, PodSpec, is_terminal
from .container_runtime import CreateContainer, Known, RunSandbox, StartContainer, has_images
from .heartbeat import KUBELET_CONNECTED, KUBELET_RUNS
from .pod_containers import Each, containers_of, in_new_sandbox, next_to_start, started, starting
from .post_start import begin, first_main_with_hook, with_hooks
from .restart_policy import NEVER, pod_restarts

BACK_OFF = 10.0
"""Seconds that a container which exited again waits before it is restarted (kubelet §6, CrashLoopBackOff)."""


def start_calls(
    spec: PodSpec,
    runtime: PodRuntime | None,
    node: str,
    *,
    serving: bool,
    name: str = "",
    apart: bool = False,
    pulls: bool = False,
) -> tuple[Step, ...]:
    """What the kubelet still has to ask of the runtime until the pod runs; empty if it runs or may not run again.

    ``serving``: the application serves as soon as its container runs. ``name``: of a pod that the runtime does not know
    yet, if it has one of its own; ``apart``: its containers are to be told apart. container-runtime §3, 1-4. Of a pod
    whose containers are told apart, and whose sandbox is ready, nothing: ``container_sync`` goes on with it. ``pulls``:
    images are followed, so that a new sandbox waits for them.
    """
    called = name if runtime is None else runtime.name
    if runtime is None and pulls:
        return (_waiting_sandbox(node, called, containers_of(spec) if apart else ()),)
    if apart and runtime is None:
        return in_sandbox(node, called, containers_of(spec), spec, serving=serving)
    if runtime is not None and runtime.each:
        each = in_new_sandbox(spec, runtime.each) if runtime.sandbox == SANDBOX_NOT_READY else None
        if each is not None and runtime.pull:
            return (_waiting_sandbox(node, called, each),)
        return () if each is None else in_sandbox(node, called, each, spec, serving=serving)
    if runtime is not None and runtime.sandboxes > 1:
        return ()
    sandbox = RuntimeCall(KEY, "runtime", RunSandbox(node, called), "RunPodSandbox")
    hooked = first_main_with_hook(spec)
    run = RuntimeCall(KEY, "runtime", StartContainer(serving), "StartContainer")
    start: tuple[Step, ...] = (run, begin(hooked)) if hooked else (run,)
    first = RuntimeCall(KEY, "runtime", CreateContainer(), "CreateContainer")
    if runtime is None:
        return (sandbox, first, *start)
    if runtime.containers == RUNNING:
        return ()
    if runtime.containers == EXITED and not pod_restarts(spec, runtime.exit_code):
        return ()
    if runtime.sandbox == SANDBOX_NOT_READY:
        anew = (_waiting_sandbox(node, called),) if runtime.pull else (sandbox, first, *start)
        return () if spec.restart_policy == NEVER else anew
    if runtime.containers == CREATED:
        return start
    if not has_images(runtime):
        return ()
    if runtime.containers == EXITED:
        return (RuntimeCall(KEY, "runtime", CreateContainer(attempt=1), "CreateContainer"), *start)
    return (first, *start)


def _waiting_sandbox(node: str, name: str, each: Each = ()) -> RuntimeCall:
    return RuntimeCall(KEY, "runtime", RunSandbox(node, name, each, UNCHECKED), "RunPodSandbox")


def in_sandbox(node: str, name: str, each: Each, spec: PodSpec, *, serving: bool) -> tuple[Step, ...]:
    """The calls for a new sandbox and for the containers that are due in it at once."""
    sandbox = RuntimeCall(KEY, "runtime", RunSandbox(node, name, each), "RunPodSandbox")
    return (sandbox, *due_calls(each, starting(spec), serving=serving, hooked=with_hooks(spec)))


def due_calls(
    each: Each, unstarted: tuple[str, ...], *, serving: bool, hooked: tuple[str, ...] = ()
) -> tuple[Step, ...]:
    """The calls that start the containers that are due, and those that are due once these run.

    ``unstarted``: the containers whose startup probe has yet to succeed, even where they run. ``hooked``: those with a
    postStart hook, which the kubelet waits for before it starts another one.
    """
    calls: list[Step] = []
    while names := next_to_start(each, unstarted):
        for name in names:
            created = next(it for it in each if it.name == name).state == CREATED
            calls += named_calls(name, attempt=0, created=created, serving=serving, hooked=name in hooked)
            if name in hooked:
                return tuple(calls)
            each = started(each, name)
    return tuple(calls)


def named_calls(name: str, *, attempt: int, created: bool, serving: bool, hooked: bool = False) -> tuple[Step, ...]:
    """The calls that start one container; ``created``: CreateContainer was done before. ``hooked``: it has a hook."""
    create = RuntimeCall(KEY, "runtime", CreateContainer(attempt, name), "CreateContainer")
    start = RuntimeCall(KEY, "runtime", StartContainer(serving, name), "StartContainer")
    hook = (begin(name),) if hooked else ()
    return (start, *hook) if created else (create, start, *hook)


def start_plan(
    node: str,
    spec: PodSpec,
    runtime: PodRuntime | None,
    *,
    serving: bool,
    name: str = "",
    apart: bool = False,
    pulls: bool = False,
) -> tuple[Step, ...]:
    """The pod's worker begins, or begins again, and starts what does not run; no probe has succeeded yet."""
    calls = start_calls(spec, runtime, node, serving=serving, name=name, apart=apart, pulls=pulls)
    return (Write(KEY, "worker", Set(PodWorker(node))), *calls)


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


def ended_pod(pod: Pod | None, runtime: PodRuntime | None, worker: PodWorker | None) -> Unfinished | None:
    """The view of a pod that the kubelet knows, of which nothing runs though something ended or was never started."""
    if pod is None or runtime is None or worker is None or runtime.containers == RUNNING:
        return None
    # Single containers in a sandbox that is ready are for ``container_sync``; what lacks its image has to wait.
    creatable = (runtime.containers == CREATED or has_images(runtime)) and not _unsettled(runtime)
    if runtime.sandbox == SANDBOX_READY and (runtime.each or not creatable):
        return None
    # A sandbox that is down under a pod that shall not run was stopped by the kubelet itself.
    if not wanted(pod) and runtime.sandbox != SANDBOX_READY:
        return None
    return Unfinished(runtime.node, pod.spec, runtime, wanted(pod))


def _unsettled(runtime: PodRuntime) -> bool:
    """Whether the kubelet was not told of the sandbox, or there are two."""
    return runtime.doubted or runtime.sandboxes > 1


def _backs_off(runtime: PodRuntime) -> bool:
    return runtime.sandbox == SANDBOX_READY and runtime.containers == EXITED and runtime.restarts > 0


def _first_time(pod: Pod | None, runtime: PodRuntime | None, worker: PodWorker | None) -> Unfinished | None:
    key = ended_pod(pod, runtime, worker)
    return None if key is None or _backs_off(key.runtime) else key


def _again(pod: Pod | None, runtime: PodRuntime | None, worker: PodWorker | None) -> Unfinished | None:
    key = ended_pod(pod, runtime, worker)
    return key if key is not None and _backs_off(key.runtime) else None


_FIELDS = ("object", "runtime", "worker")


def adopt(*, serving: bool) -> Rule:
    """The rule by which a kubelet that restarted takes over what the runtime still holds (kubelet §3)."""

    def decide(key: Unfinished) -> list[Alternative]:
        plan = start_plan(key.node, key.spec, key.runtime, serving=serving)
        if key.runtime.doubted:
            plan = (Write(KEY, "worker", Set(PodWorker(key.node))), Write(KEY, "runtime", Known()))
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
