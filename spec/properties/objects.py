"""Properties of single objects that the API server upholds, whatever happens (invariants A)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from ..control_plane.controllers.pod_garbage_collector import COLLECTED
from ..kinds import POD, PodRuntime
from ..kinds import RUNNING as CONTAINERS_RUNNING
from ..language.component import Key
from ..language.property import HOLDS, IDLE, Finding, StateProperty, StepProperty, suspended, violated
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


@attrs.frozen(cache_hash=True)
class _Finished:
    """A terminal pod: its phase, whether the pod garbage collector wrote that, and where its containers run ("")."""

    phase: str
    collected: bool
    running_on: str


def _finished(pod: Pod | None, runtime: PodRuntime | None) -> _Finished | None:
    if pod is None or not is_terminal(pod):
        return None
    runs = runtime is not None and runtime.containers == CONTAINERS_RUNNING
    return _Finished(pod.status.phase, COLLECTED in pod.status.conditions, runtime.node if runtime and runs else "")


def _stopped(pod: _Finished) -> Finding:
    if not pod.running_on:
        return HOLDS
    if pod.collected:
        return suspended(f"the pod garbage collector ended a pod that still runs on {pod.running_on}")
    return violated(f"the pod is {pod.phase}, yet its containers still run on {pod.running_on}")


TERMINAL_PHASE_IMPLIES_STOPPED = StateProperty(
    name="terminal-phase-implies-stopped",
    statement="no container of a pod runs once the kubelet has reported the pod Succeeded or Failed",
    key=Key(POD, ("object", "runtime"), _finished),
    judge=_stopped,
    reference="invariants 76",
    assumes="the phase was written by the kubelet",
    advice="a terminal phase frees the pod's resources for the scheduler; it must be written last",
)
