"""What the API server knows of pods in particular: first status, what of the spec may change, grace periods."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from ...language.request import DeleteOptions
from ...objects.conditions import Condition
from ...objects.containers import Container
from ...objects.pod import PENDING, Pod, PodSpec, PodStatus, is_terminal
from ...objects.taints import Toleration

POD_SCHEDULED = "PodScheduled"
SCHEDULING_GATED = "SchedulingGated"


def initial_pod(new: Pod) -> Pod:
    """A new pod is Pending; with gates it says that it waits for them (kube-apiserver §3, pod create strategy)."""
    waits = (Condition(POD_SCHEDULED, "False", SCHEDULING_GATED),)
    conditions = waits if new.spec.scheduling_gates else ()
    return attrs.evolve(new, status=PodStatus(phase=PENDING, conditions=conditions))


def pod_creation_fault(new: Pod) -> str:
    """A pod with gates has no node (invariants A16, bound-implies-no-gates)."""
    if new.spec.node_name and new.spec.scheduling_gates:
        return "spec.nodeName: cannot be set until all schedulingGates have been cleared"
    return ""


def pod_update_fault(before: Pod, after: Pod) -> str:
    """What of a change of the spec is not allowed (kube-apiserver §3, immutable or restricted), "" for nothing."""
    old, new = before.spec, after.spec
    return (
        _containers_fault(old.containers, new.containers)
        or _containers_fault(old.init_containers, new.init_containers)
        or _deadline_fault(old.active_deadline_seconds, new.active_deadline_seconds)
        or _tolerations_fault(old.tolerations, new.tolerations)
        or _gates_fault(old.scheduling_gates, new.scheduling_gates)
        or _other_fields_fault(old, new)
    )


def _containers_fault(old: Sequence[Container], new: Sequence[Container]) -> str:
    if len(old) != len(new):
        return "spec.containers: pod updates may not add or remove containers"
    if any(before.image and not after.image for before, after in zip(old, new, strict=True)):
        return "spec.containers: image is required"
    return ""


def _deadline_fault(old: int | None, new: int | None) -> str:
    if old == new:
        return ""
    if new is None:
        return "spec.activeDeadlineSeconds: must not update from a positive integer to nil value"
    if new < 1 or (old is not None and new > old):
        return "spec.activeDeadlineSeconds: must be positive and less than or equal to previous value"
    return ""


def _tolerations_fault(old: Sequence[Toleration], new: Sequence[Toleration]) -> str:
    # What is there stays, except for how long it lasts; more may be added.
    kinds = {attrs.evolve(toleration, toleration_seconds=None) for toleration in new}
    if all(attrs.evolve(toleration, toleration_seconds=None) in kinds for toleration in old):
        return ""
    return "spec.tolerations: existing toleration can not be modified except its tolerationSeconds"


def _gates_fault(old: Sequence[str], new: Sequence[str]) -> str:
    return "" if set(new) <= set(old) else "spec.schedulingGates: only deletion is allowed"


def _with_images(containers: Sequence[Container], images_of: Sequence[Container]) -> tuple[Container, ...]:
    pairs = zip(containers, images_of, strict=True)
    return tuple(attrs.evolve(container, image=other.image) for container, other in pairs)


def _other_fields_fault(old: PodSpec, new: PodSpec) -> str:
    period = new.termination_grace_period_seconds
    mends_negative_period = old.termination_grace_period_seconds < 0 and period == 1
    mutable_as_before = attrs.evolve(
        new,
        containers=_with_images(new.containers, old.containers),
        init_containers=_with_images(new.init_containers, old.init_containers),
        active_deadline_seconds=old.active_deadline_seconds,
        tolerations=old.tolerations,
        scheduling_gates=old.scheduling_gates,
        termination_grace_period_seconds=old.termination_grace_period_seconds if mends_negative_period else period,
    )
    if mutable_as_before == old:
        return ""
    return (
        "spec: pod updates may not change fields other than image, activeDeadlineSeconds, tolerations (only additions)"
        ", schedulingGates (only deletions) and terminationGracePeriodSeconds (from negative to 1)"
    )


def grace_period_seconds(pod: Pod, options: DeleteOptions) -> int:
    """How many seconds a live pod gets to end when it is deleted (kube-apiserver §4.3).

    0 where nothing can be running: without a node, or when it has ended already. A negative period counts as 1.
    """
    if not pod.spec.node_name or is_terminal(pod):
        return 0
    asked = options.grace_period_seconds
    period = pod.spec.termination_grace_period_seconds if asked is None else asked
    return 1 if period < 0 else period
