"""Properties of single objects that the API server upholds, whatever happens (invariants A)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..kinds import POD, PodRuntime
from ..kinds import RUNNING as CONTAINERS_RUNNING
from ..language.component import Key
from ..language.property import HOLDS, IDLE, Finding, StateProperty, StepProperty, violated
from ..objects.pod import Pod, is_terminal

Change = tuple[Any, ...]
Answers = Mapping[str, Any]


def _write_once(_component: str, _rule: str, before: Change, after: Change, _seen: Answers) -> Finding:
    (old,), (new,) = before, after
    if old is None or new is None or not old.spec.node_name:
        return IDLE
    if new.spec.node_name == old.spec.node_name:
        return HOLDS
    return violated(f"a pod bound to {old.spec.node_name} is now bound to {new.spec.node_name or 'no node'}")


NODE_NAME_WRITE_ONCE = StepProperty(
    name="node-name-write-once",
    statement="once a pod is bound to a node it is never bound to another one",
    kind=POD,
    fields=("object",),
    judge=_write_once,
    reference="invariants 15",
    advice="a pod must be deleted and recreated to move; look at who wrote spec.nodeName",
)


def _irrevocable(_component: str, _rule: str, before: Change, after: Change, _seen: Answers) -> Finding:
    (old,), (new,) = before, after
    if old is None or old.metadata.deletion_timestamp is None:
        return IDLE
    if new is None:
        return HOLDS
    stamp = new.metadata.deletion_timestamp
    if stamp is not None and stamp <= old.metadata.deletion_timestamp:
        return HOLDS
    return violated(f"deletionTimestamp went from {old.metadata.deletion_timestamp:g} s to {stamp} on {new.kind}")


def deletion_timestamp_irrevocable(kind: str) -> StepProperty:
    """invariants 11, for objects of ``kind``."""
    return StepProperty(
        name="deletion-timestamp-irrevocable",
        statement="a deletion that was asked for is never taken back nor put off",
        kind=kind,
        fields=("object",),
        judge=_irrevocable,
        reference="invariants 11",
        advice="nothing may clear metadata.deletionTimestamp; the object has to go",
    )


def _finalizers(_component: str, _rule: str, before: Change, after: Change, _seen: Answers) -> Finding:
    (old,), (new,) = before, after
    if old is None or new is not None:
        return IDLE
    # A removing update takes the last finalizer off in the same write, so the version before it may still show one.
    if not old.metadata.finalizers or (old.metadata.terminating and len(old.metadata.finalizers) == 1):
        return HOLDS
    return violated(f"{old.kind} was removed while it had the finalizers {', '.join(old.metadata.finalizers)}")


def finalizers_block_removal(kind: str) -> StepProperty:
    """invariants 12, for objects of ``kind``."""
    return StepProperty(
        name="finalizers-block-removal",
        statement="an object is removed only once it has no finalizers",
        kind=kind,
        fields=("object",),
        judge=_finalizers,
        reference="invariants 12",
        advice="whoever put the finalizer there must take it off first",
    )


def _absorbing(_component: str, _rule: str, before: Change, after: Change, _seen: Answers) -> Finding:
    (old,), (new,) = before, after
    if old is None or not is_terminal(old):
        return IDLE
    if new is None or new.status.phase == old.status.phase:
        return HOLDS
    return violated(f"a {old.status.phase} pod became {new.status.phase}")


PHASE_TERMINAL_ABSORBING = StepProperty(
    name="phase-terminal-absorbing",
    statement="a pod that has Succeeded or Failed stays so",
    kind=POD,
    fields=("object",),
    judge=_absorbing,
    reference="invariants 75",
    advice="look at who wrote the pod's status after it was terminal",
)


def _stopped(pair: tuple[Pod, PodRuntime | None]) -> Finding:
    pod, runtime = pair
    if runtime is None or runtime.containers != CONTAINERS_RUNNING:
        return HOLDS
    return violated(f"the pod is {pod.status.phase}, yet its containers still run on {runtime.node}")


def _terminal_by_kubelet(pod: Pod | None, runtime: PodRuntime | None) -> tuple[Pod, PodRuntime | None] | None:
    # The property speaks of phases that the kubelet wrote; the pod garbage collector may write Failed for a node
    # that is gone, and names itself in the condition.
    if pod is None or not is_terminal(pod):
        return None
    by_gc = any(c.type == "DisruptionTarget" and c.reason == "DeletionByPodGC" for c in pod.status.conditions)
    return None if by_gc else (pod, runtime)


TERMINAL_PHASE_IMPLIES_STOPPED = StateProperty(
    name="terminal-phase-implies-stopped",
    statement="no container of a pod runs once the kubelet has reported the pod Succeeded or Failed",
    key=Key(POD, ("object", "runtime"), _terminal_by_kubelet),
    judge=_stopped,
    reference="invariants 76",
    assumes="the phase was written by the kubelet",
    advice="a terminal phase frees the pod's resources for the scheduler; it must be written last",
)
