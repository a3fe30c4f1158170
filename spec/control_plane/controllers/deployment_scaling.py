"""What a change of ``spec.replicas`` does to the ReplicaSets of a Deployment (controllers-workloads §2).

In the middle of a rollout each ReplicaSet gets its share of the change; its annotations tell how large the whole was
when it was last scaled.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ...language.arithmetic import Number, floor_div, maximum, minimum, select
from ...objects.workloads import ROLLING_UPDATE, Deployment, ReplicaSet
from .deployment_replica_sets import (
    DESIRED_REPLICAS,
    MAX_REPLICAS,
    active,
    age_order,
    scale_marks,
    whole_number,
    with_scale,
)
from .deployment_rollout import Targets, desired, max_surge


def is_scaling_event(deployment: Deployment, replica_sets: Iterable[ReplicaSet]) -> bool:
    """Whether some ReplicaSet that asks for pods was last scaled for another ``spec.replicas``."""
    for rs in active(replica_sets):
        annotated = whole_number(rs.metadata.annotations.get(DESIRED_REPLICAS))
        if annotated is not None and annotated != deployment.spec.replicas:
            return True
    return False


def is_saturated(deployment: Deployment, new: ReplicaSet | None) -> bool:
    """Whether the new ReplicaSet was scaled to the Deployment's count and has as many available."""
    if new is None:
        return False
    counts = (
        new.spec.replicas,
        whole_number(new.metadata.annotations.get(DESIRED_REPLICAS)),
        new.status.available_replicas,
    )
    return counts == (deployment.spec.replicas,) * 3


def active_or_latest(new: ReplicaSet | None, old: Sequence[ReplicaSet]) -> ReplicaSet | None:
    """The one ReplicaSet that asks for pods; the newest where none does; None where several do or none exists."""
    everything = (*old, new) if new is not None else tuple(old)
    asking = active(everything)
    if asking:
        return asking[0] if len(asking) == 1 else None
    return new if new is not None else max(old, key=age_order, default=None)


def share(size: Number, whole: Number, whole_before: Number) -> Number:
    """What a ReplicaSet of ``size`` gains as the whole goes from ``whole_before`` to ``whole``, halves rounded up."""
    return floor_div(2 * size * whole + whole_before, 2 * whole_before) - size


def limited(share_: Number, left: Number) -> Number:
    """A share that does not exceed what is ``left`` to add, or to remove where that is negative."""
    return select(left >= 0, minimum(share_, left), maximum(share_, left))


def fraction(deployment: Deployment, replica_set: ReplicaSet) -> int:
    """The replicas that the ReplicaSet gains (or, negative, loses) as its share of a scaling event.

    Without a usable annotation the Deployment's reported size stands for the size before; 0 if that is 0 too.
    """
    size = replica_set.spec.replicas
    if deployment.spec.replicas == 0:
        return -size
    before = whole_number(replica_set.metadata.annotations.get(MAX_REPLICAS)) or deployment.status.replicas
    if before == 0:
        return 0
    return int(share(size, deployment.spec.replicas + max_surge(deployment.spec), before))


def proportional(deployment: Deployment, replica_sets: Sequence[ReplicaSet]) -> Targets:
    """The size of every ReplicaSet after proportional scaling; largest first, what is left over goes to the first.

    Of equal ones the newer come first when adding and the older when removing.
    """
    allowed = deployment.spec.replicas + max_surge(deployment.spec) if deployment.spec.replicas > 0 else 0
    to_add = allowed - desired(replica_sets)
    by_age = sorted(replica_sets, key=age_order, reverse=to_add > 0)
    ranked = sorted(by_age, key=lambda rs: -rs.spec.replicas)
    sizes: dict[str, int] = {}
    left = to_add
    for rs in ranked:
        gain = int(limited(fraction(deployment, rs), left)) if left != 0 and rs.spec.replicas else 0
        sizes[rs.metadata.name] = rs.spec.replicas + gain
        left -= gain
    if ranked and to_add != 0:
        first = ranked[0].metadata.name
        sizes[first] = max(0, sizes[first] + left)
    return tuple(sizes.items())


def scaled(deployment: Deployment, new: ReplicaSet | None, old: Sequence[ReplicaSet]) -> Targets:
    """The ReplicaSets that a scaling event changes (in size or in what they are annotated with), and their sizes."""
    count = deployment.spec.replicas
    only = active_or_latest(new, old)
    if only is not None:
        return ((only.metadata.name, count),) if only.spec.replicas != count else ()
    if is_saturated(deployment, new):
        return tuple((rs.metadata.name, 0) for rs in active(old))
    if deployment.spec.strategy.type != ROLLING_UPDATE:
        return ()
    marks = scale_marks(deployment.spec)
    asking = {rs.metadata.name: rs for rs in active((*old, new) if new is not None else old)}
    return tuple(
        (name, size)
        for name, size in proportional(deployment, tuple(asking.values()))
        if size != asking[name].spec.replicas
        or with_scale(asking[name].metadata.annotations, marks) != asking[name].metadata.annotations
    )
