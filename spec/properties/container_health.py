"""Properties of probes that stop containers, and of what containers run right after their start (kubelet §6)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..kinds import EXITED, KUBELET, POD, RUNNING, PodRuntime
from ..language.property import HOLDS, IDLE, Finding, StepProperty, violated
from ..node.pod_containers import starting
from ..node.post_start import hook_that_runs
from ..node.probes import LIVENESS_FAILS, STARTUP_FAILS
from ..node.sidecar_probes import SIDECAR_LIVENESS_FAILS, SIDECAR_STARTUP_FAILS
from ..objects.pod import is_ready

Change = tuple[Any, ...]

_LIVENESS, _STARTUP = (LIVENESS_FAILS, SIDECAR_LIVENESS_FAILS), (STARTUP_FAILS, SIDECAR_STARTUP_FAILS)


def _ended(runtime: PodRuntime, now: PodRuntime) -> tuple[str, ...]:
    """The containers that ran and have ended."""
    pairs = zip(runtime.each, now.each, strict=True)
    return tuple(old.name for old, new in pairs if old.state == RUNNING and new.state == EXITED)


def _stopped(component: str, rule: str, before: Change, after: Change, _seen: Mapping[str, Any]) -> Finding:
    (pod, runtime, worker), (_, now, _) = before, after
    if component != KUBELET or not rule.startswith((*_LIVENESS, *_STARTUP)):
        return IDLE
    if pod is None or worker is None or runtime is None or now is None or not runtime.each:
        return IDLE
    unstarted = starting(pod.spec, worker.started)
    for container in (*pod.spec.init_containers, *pod.spec.containers):
        if container.name not in _ended(runtime, now):
            continue
        if rule.startswith(_STARTUP):
            asked = container.startup_probe is not None and container.name in unstarted
        else:
            asked = container.liveness_probe is not None and container.name not in unstarted
        if not asked:
            return violated(f"{container.name} is stopped although no probe of its own has failed ({rule})")
    return HOLDS


PROBES_STOP_THEIR_OWN = StepProperty(
    name="probes-stop-their-own-container",
    statement="where a startup or liveness probe fails, the kubelet stops the container that it asks, and no other one",
    kind=POD,
    fields=("object", "runtime", "worker"),
    judge=_stopped,
    reference="kubelet §6",
    advice="a sidecar that is started again takes no main container with it: what needs both has to notice by itself",
)


def _waited(component: str, _rule: str, before: Change, after: Change, _seen: Mapping[str, Any]) -> Finding:
    (pod, runtime, worker), (later, now, remembered) = before, after
    hook = hook_that_runs(worker, runtime)
    if component != KUBELET or not hook or pod is None or runtime is None:
        return IDLE
    if later is not None and is_ready(later) and not is_ready(pod):
        return violated(f"the pod is reported ready although the postStart hook of {hook} runs")
    if now is None or hook_that_runs(remembered, now) != hook:
        return HOLDS
    pairs = zip(runtime.each, now.each, strict=True)
    begun = [it.name for old, it in pairs if it.state == RUNNING and old.state != RUNNING]
    return violated(f"{begun[0]} is started although the postStart hook of {hook} runs") if begun else IDLE


HOOKS_BEFORE_THE_NEXT = StepProperty(
    name="post-start-before-the-next",
    statement="a pod is reported ready, and its next container started, only once the postStart hook of the container"
    " that was started last has returned",
    kind=POD,
    fields=("object", "runtime", "worker"),
    judge=_waited,
    reference="container-runtime §3",
    advice="a postStart hook that takes long holds up the whole pod; what only has to come first belongs into an init"
    " container",
)
