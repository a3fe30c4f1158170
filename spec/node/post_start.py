"""postStart hooks: what a container runs right after its start, while its kubelet waits (container-runtime §3).

The hook runs beside the container's program; the worker of the pod waits for it before it does anything else for the
pod: starts the next container, starts again what has ended, takes the container for running. A hook that fails ends
its container (FailedPostStartHook), which then starts again as its restart policy says, with the usual back-off. That a
hook runs is the kubelet's memory: one that restarts finds a running container, and runs no hook again.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

import attrs

from ..environment.budgets import left, spend
from ..kinds import POD, RUNNING, PodRuntime, PodWorker
from ..language.component import Key, Rule
from ..language.machine import Arrow, Machine, states_by
from ..language.plan import KEY, Alternative, RuntimeCall, Write
from ..objects.pod import Pod, PodSpec
from .container_runtime import StopContainer
from .heartbeat import KUBELET_RUNS

KUBELET, FAULT = "kubelet", "fault"

POST_START_ERROR = "post-start-error"
"""The fault by which a hook fails."""

HOOK_RETURNS = "postStart hook returns"
"""The name of the rule of hooks that take no time; those of others have their seconds behind it."""

FAILED_POST_START_HOOK = "FailedPostStartHook"
"""The reason of the event that a hook has failed."""


@lru_cache(maxsize=1024)
def with_hooks(spec: PodSpec) -> tuple[str, ...]:
    """The names of the containers of a pod that have a postStart hook, in the order in which they start."""
    declared = (*spec.init_containers, *spec.containers)
    return tuple(it.name for it in declared if it.lifecycle is not None and it.lifecycle.post_start is not None)


@lru_cache(maxsize=1024)
def first_main_with_hook(spec: PodSpec) -> str:
    """The first main container with a postStart hook, "" if none has one."""
    hooked = with_hooks(spec)
    return next((it.name for it in spec.containers if it.name in hooked), "")


def hook_seconds(spec: PodSpec, name: str) -> int:
    """For how many seconds the postStart hook of a container sleeps."""
    declared = (*spec.init_containers, *spec.containers)
    return next((it.lifecycle.post_start or 0 for it in declared if it.name == name and it.lifecycle is not None), 0)


@attrs.frozen(cache_hash=True)
class Hooked:
    """The edit by which the kubelet begins to wait for the hook of the container called ``name``; "": it has waited."""

    name: str = ""

    def __call__(self, worker: PodWorker, /) -> PodWorker:
        """What the kubelet remembers afterwards."""
        return attrs.evolve(worker, hook=self.name)


def begin(name: str) -> Write:
    """The step after StartContainer by which the hook of the container called ``name`` begins to run."""
    return Write(KEY, "worker", Hooked(name))


def hook_that_runs(worker: PodWorker | None, runtime: PodRuntime | None) -> str:
    """The container whose hook its kubelet waits for, "" if there is none; a hook ends with its container."""
    if worker is None or not worker.hook or runtime is None:
        return ""
    if not runtime.each:
        return worker.hook if runtime.containers == RUNNING else ""
    return next((it.name for it in runtime.each if it.name == worker.hook and it.state == RUNNING), "")


@attrs.frozen(cache_hash=True)
class Waiting:
    """A pod of ``node`` whose kubelet waits for the hook of the container called ``name``, ``apart`` from others."""

    node: str
    name: str
    apart: bool


def hook_returns(seconds: int, *, fails: bool) -> Rule:
    """The rule by which hooks end that take so many seconds; ``fails``: a fault may let them fail."""

    def view(pod: Pod | None, runtime: PodRuntime | None, worker: PodWorker | None) -> Waiting | None:
        name = hook_that_runs(worker, runtime)
        if not name or pod is None or worker is None or runtime is None or hook_seconds(pod.spec, name) != seconds:
            return None
        return Waiting(worker.node, name, bool(runtime.each))

    def decide(key: Waiting, fails: bool = False) -> Iterable[Alternative]:
        over = Write(KEY, "worker", Hooked())
        yield Alternative((over,), f"the postStart hook of {key.name} has returned")
        if fails:
            stop = RuntimeCall(KEY, "runtime", StopContainer(key.name if key.apart else ""), "StopContainer")
            text = f"{FAILED_POST_START_HOOK}: the postStart hook of {key.name} has failed, its container is killed"
            yield Alternative((*spend(POST_START_ERROR), over, stop), text)

    return Rule(
        name=f"{HOOK_RETURNS} after {seconds} s" if seconds else HOOK_RETURNS,
        key=Key(POD, ("object", "runtime", "worker"), view),
        decide=decide,
        queries={"fails": left(POST_START_ERROR)} if fails else {},
        guards=(KUBELET_RUNS,),
        duration=float(seconds),
        several_requests=True,
        reference="container-runtime §3; kubelet §6",
        meaning="the kubelet has waited for a postStart hook: only now its container counts as running; one that fails"
        " is killed",
    )


def rules(specs: Iterable[PodSpec], *, fails: bool) -> tuple[Rule, ...]:
    """The rules of the postStart hooks of these pods."""
    seconds = {hook_seconds(spec, name) for spec in specs for name in with_hooks(spec)}
    return tuple(hook_returns(each, fails=fails) for each in sorted(seconds))


POST_START = Machine(
    name="postStart hook",
    kind=POD,
    fields=("worker", "runtime"),
    states=states_by(
        lambda worker, runtime: "Running" if hook_that_runs(worker, runtime) else "None",
        {
            "None": "nobody waits for a postStart hook of the pod",
            "Running": "a container has been started, and its kubelet waits for its postStart hook",
        },
    ),
    initial="None",
    arrows=(
        Arrow("start container", "None", "Running", KUBELET, "container-runtime §3"),
        Arrow("return, fail, or stop", "Running", "None", KUBELET, "kubelet §6"),
        Arrow("container or kubelet ends", "Running", "None", FAULT, "kubelet §3"),
    ),
    meaning="whether the kubelet waits for what a container of one pod does right after its start",
    reference="container-runtime §3",
)
