"""Ending a pod on its node, and completing its deletion (kubelet §3).

Being deleted: containers stopped, sidecars after the others and the last of them first, sandbox stopped, terminal
status reported (``pod_status``), object deleted with grace 0 and what the runtime kept removed. Finished, or gone from
the API: containers stopped, sandbox removed, nothing to report. Each request is a step of its own; containers may run
on after the object is gone.
"""

from __future__ import annotations

from collections.abc import Callable

import attrs

from ..kinds import POD, RUNNING, PodRuntime, PodWorker
from ..language.component import Key, Rule
from ..language.plan import KEY, Alternative, Call, RuntimeCall, Set, Step, Write
from ..objects.pod import Pod, PodSpec, is_terminal
from .container_runtime import RemoveSandbox, StopContainer, StopSandbox, stopped
from .heartbeat import KUBELET_CONNECTED
from .pod_containers import sidecars_that_run
from .pod_requests import final_delete, incarnation
from .startup import wanted
from .static_pods import is_mirror


@attrs.frozen(cache_hash=True)
class Condemned:
    """What the runtime of ``node`` holds of a pod that shall not run any more.

    ``runs``: its containers run. ``reports``: its end has yet to be reported, so its exit codes are still needed.
    ``sidecars``: those that run, the last one first.
    """

    node: str
    runs: bool
    reports: bool
    sidecars: tuple[str, ...] = ()


def pre_stop_seconds(pod: Pod) -> int:
    """How long the preStop hooks of a pod that is being deleted hold its containers back; never beyond the grace."""
    grace = pod.metadata.deletion_grace_period_seconds
    if grace is None:
        grace = pod.spec.termination_grace_period_seconds
    return min(grace, longest_sleep(pod.spec))


def longest_sleep(spec: PodSpec) -> int:
    """The longest time in seconds that a preStop hook of a container sleeps; containers are stopped together."""
    sleeps = (each.lifecycle.pre_stop_sleep or 0 for each in spec.containers if each.lifecycle is not None)
    return max(sleeps, default=0)


def condemned(seconds: int, *, in_steps: bool = False) -> Callable[[Pod | None, PodRuntime | None], Condemned | None]:
    """The view of a pod to be ended, ``seconds`` after that is asked for.

    ``in_steps``: not as long as containers run that are to be sent TERM first (``grace``).
    """

    def view(pod: Pod | None, runtime: PodRuntime | None) -> Condemned | None:
        if runtime is None or (pod is not None and wanted(pod)):
            return None
        runs = runtime.containers == RUNNING
        if in_steps and runs and not runtime.each:
            return None
        deleting = pod is not None and pod.metadata.terminating
        if deleting and stopped(runtime):
            return None
        hook = pre_stop_seconds(pod) if pod is not None and deleting and runs else 0
        return Condemned(runtime.node, runs, deleting, sidecars_that_run(runtime.each)) if hook == seconds else None

    return view


def _stop(key: Condemned) -> list[Alternative]:
    plan: list[Step] = []
    if key.runs:
        # The worker that ends the pod, also after a restart of the kubelet: whose memory the plan is.
        plan.append(Write(KEY, "worker", Set(PodWorker(key.node))))
        plan.append(RuntimeCall(KEY, "runtime", StopContainer(), "StopContainer"))
        plan += (RuntimeCall(KEY, "runtime", StopContainer(name), "StopContainer") for name in key.sidecars)
    if key.reports:
        plan.append(RuntimeCall(KEY, "runtime", StopSandbox(), "StopPodSandbox"))
        return [Alternative(tuple(plan), "the pod is being deleted")]
    plan.append(RuntimeCall(KEY, "runtime", RemoveSandbox(), "RemovePodSandbox"))
    plan.append(Write(KEY, "worker", Set(None)))
    return [Alternative(tuple(plan), "the pod has finished, or its object is gone")]


STOP_POD = Rule(
    name="stop pod",
    key=Key(POD, ("object", "runtime"), condemned(0)),
    decide=_stop,
    guards=(KUBELET_CONNECTED,),
    several_requests=True,
    reference="kubelet §3",
    meaning="the kubelet stops what runs of a pod that is being deleted, has finished or is gone from the API",
)


STOP_ENDED_POD = attrs.evolve(STOP_POD, key=Key(POD, ("object", "runtime"), condemned(0, in_steps=True)))
"""As ``STOP_POD``, for containers that have ended after TERM or KILL."""


def stop_after_hook(seconds: int) -> Rule:
    """As ``STOP_POD``, for pods whose preStop hooks take so long: until then their containers run on."""
    return attrs.evolve(
        STOP_POD,
        name=f"stop pod after preStop {seconds} s",
        key=Key(POD, ("object", "runtime"), condemned(seconds)),
        duration=float(seconds),
        meaning=f"the kubelet stops a pod that is being deleted once its preStop hook has slept for {seconds} s",
    )


@attrs.frozen(cache_hash=True)
class Ended:
    """A pod of ``node`` that is being deleted, of which nothing runs and whose end is reported."""

    node: str
    uid: int | None


def _ended(pod: Pod | None, runtime: PodRuntime | None) -> Ended | None:
    if pod is None or not pod.spec.node_name or not pod.metadata.terminating or is_mirror(pod):
        return None
    return Ended(pod.spec.node_name, incarnation(pod)) if is_terminal(pod) and stopped(runtime) else None


def _delete(key: Ended) -> list[Alternative]:
    forget = (Write(KEY, "runtime", Set(None)), Write(KEY, "worker", Set(None)))
    return [
        Alternative((Call(KEY, final_delete(key.uid)), *forget), "the pod's end is reported and nothing of it runs")
    ]


DELETE_POD = Rule(
    name="complete deletion",
    key=Key(POD, ("object", "runtime"), _ended),
    decide=_delete,
    guards=(KUBELET_CONNECTED,),
    reference="kubelet §3",
    meaning="the kubelet deletes the object of a pod that has ended, with grace 0",
)
