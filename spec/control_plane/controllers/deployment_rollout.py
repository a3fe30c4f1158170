"""How many replicas each ReplicaSet of a Deployment gets during a rollout (controllers-workloads §2).

The numbers come first: functions over counts alone, which may be symbolic (``spec.language.arithmetic``). Below them
stand the decisions on a Deployment and its ReplicaSets; those return what to set, as ``Targets``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ...language.arithmetic import Number, ceil_div, floor_div, maximum, minimum, select
from ...objects.int_or_percent import IntOrPercent, percentage
from ...objects.workloads import RECREATE, ROLLING_UPDATE, DeploymentSpec, ReplicaSet

Targets = tuple[tuple[str, int], ...]
"""ReplicaSets to scale, by name, with the replicas each shall have, in the order of the requests."""


def resolve_fenceposts(
    surge: IntOrPercent | None, unavailable: IntOrPercent | None, replicas: Number
) -> tuple[Number, Number]:
    """The counts that maxSurge and maxUnavailable come to, absent ones being 0.

    A percentage of surge is rounded up, one of unavailable down; where both come to 0, one pod may be unavailable, as
    else nothing could ever move. Raises ValueError for text that is no percentage.
    """
    surge_percent, unavailable_percent = percentage(surge or 0), percentage(unavailable or 0)
    more = surge or 0 if surge_percent is None else ceil_div(replicas * surge_percent, 100)
    fewer = unavailable or 0 if unavailable_percent is None else floor_div(replicas * unavailable_percent, 100)
    return fenceposts(more, fewer)


def fenceposts(surge: Number, unavailable: Number) -> tuple[Number, Number]:
    """Both counts as they are, but for one unavailable pod where both are 0."""
    return surge, select(surge == 0, select(unavailable == 0, 1, unavailable), unavailable)


def at_most_all(unavailable: Number, replicas: Number) -> Number:
    """How many pods may be missing: no more than there shall be."""
    return minimum(unavailable, replicas)


def grown(new: Number, total: Number, replicas: Number, surge: Number) -> Number:
    """Replicas of the new ReplicaSet (step A): up to ``replicas``, while ``total`` over all stays within the surge."""
    room = replicas + surge - total
    return select(room <= 0, new, new + minimum(room, replicas - new))


def new_size(new: Number, total: Number, replicas: Number, surge: Number) -> Number:
    """Replicas of the new ReplicaSet after step A: it shrinks to ``replicas``, or grows."""
    return select(new > replicas, replicas, grown(new, total, replicas, surge))


def removable(total: Number, new: Number, new_available: Number, replicas: Number, max_unavailable: Number) -> Number:
    """How many old replicas may go at most (step B): what exceeds the least to keep, new ones counting once available.

    Not positive: none.
    """
    return total - (replicas - max_unavailable) - (new - new_available)


def without_unhealthy(old: Sequence[tuple[Number, Number]], budget: Number) -> tuple[tuple[Number, ...], Number]:
    """Step B1 on the (replicas, available) of the old ReplicaSets, oldest first: their replicas after it.

    Unavailable replicas go first, ``budget`` of them at most. The second result is 1 if the step broke off: the
    controller refuses to go on from a ReplicaSet that reports more available replicas than it asks for, which is one
    whose status has not caught up with its last scaling.
    """
    left, broken, after = budget, 0, []
    for replicas, available in old:
        refused = select(left > 0, select(replicas > 0, select(available > replicas, 1, 0), 0), 0)
        cut = minimum(maximum(left, 0), maximum(replicas - available, 0))
        after.append(replicas - cut)
        left = select(refused == 1, 0, left - cut)
        broken = select(refused == 1, 1, broken)
    return tuple(after), broken


def without_spare(
    old: Sequence[Number], available: Number, replicas: Number, max_unavailable: Number
) -> tuple[Number, ...]:
    """Step B2 on the replicas of the old ReplicaSets, oldest first: their replicas after it.

    ``available`` is what the statuses of all ReplicaSets add up to; what it exceeds the promised minimum by may go.
    """
    left, after = maximum(available - (replicas - max_unavailable), 0), []
    for count in old:
        cut = minimum(count, left)
        after.append(count - cut)
        left = left - cut
    return tuple(after)


def old_sizes(
    old: Sequence[tuple[Number, Number]], new: Number, new_available: Number, replicas: Number, max_unavailable: Number
) -> tuple[tuple[Number, ...], tuple[Number, ...], Number]:
    """Step B on the (replicas, available) of the old ReplicaSets, oldest first: their replicas after B1, then after B2.

    Those without replicas are not looked at. The third result is 1 if B1 broke off, so that there was no B2.
    """
    total = sum((size for size, _ in old), new)
    budget = removable(total, new, new_available, replicas, max_unavailable)
    healthy, broken = without_unhealthy(old, budget)
    available = sum((select(size > 0, ready, 0) for size, ready in old), new_available)
    spared = without_spare(healthy, available, replicas, max_unavailable)
    goes_on = select(budget > 0, 1 - broken, 0)
    return healthy, tuple(select(goes_on == 1, *sizes) for sizes in zip(spared, healthy, strict=True)), broken


def max_surge(spec: DeploymentSpec) -> int:
    """How many pods there may be above the desired count; 0 unless the strategy is RollingUpdate."""
    if spec.strategy.type != ROLLING_UPDATE:
        return 0
    rolling = spec.strategy.rolling_update
    surge, _ = resolve_fenceposts(rolling.max_surge, rolling.max_unavailable, spec.replicas)
    return int(surge)


def max_unavailable(spec: DeploymentSpec) -> int:
    """How many of the desired pods may be missing, ``replicas`` at most; 0 unless the strategy is RollingUpdate."""
    if spec.strategy.type != ROLLING_UPDATE:
        return 0
    rolling = spec.strategy.rolling_update
    _, unavailable = resolve_fenceposts(rolling.max_surge, rolling.max_unavailable, spec.replicas)
    return int(at_most_all(unavailable, spec.replicas))


def min_available(spec: DeploymentSpec) -> int:
    """How many pods a rollout must keep available; 0 unless the strategy is RollingUpdate."""
    return spec.replicas - max_unavailable(spec) if spec.strategy.type == ROLLING_UPDATE else 0


def initial_replicas(spec: DeploymentSpec, others: int, new: int = 0) -> int:
    """Replicas of the new ReplicaSet beside ``others`` of all ReplicaSets together, itself with ``new`` included."""
    return (
        spec.replicas if spec.strategy.type == RECREATE else int(new_size(new, others, spec.replicas, max_surge(spec)))
    )


def desired(replica_sets: Iterable[ReplicaSet]) -> int:
    """The replicas that ReplicaSets ask for, in total."""
    return sum(rs.spec.replicas for rs in replica_sets)


def scale_up_new(spec: DeploymentSpec, new: ReplicaSet, old: Sequence[ReplicaSet]) -> Targets:
    """Step A of a rolling update: the new ReplicaSet grows within the surge, or shrinks to the desired count."""
    count = new.spec.replicas
    target = initial_replicas(spec, desired(old) + count, count)
    return ((new.metadata.name, target),) if target != count else ()


def scale_down_old(spec: DeploymentSpec, new: ReplicaSet, old: Sequence[ReplicaSet]) -> tuple[Targets, ...]:
    """Step B of a rolling update on the old ReplicaSets that ask for pods, oldest first: the targets of B1, of B2."""
    old = [rs for rs in old if rs.spec.replicas > 0]
    counts = [(rs.spec.replicas, rs.status.available_replicas) for rs in old]
    own = (new.spec.replicas, new.status.available_replicas)
    most = max_unavailable(spec)
    if not old or removable(desired((*old, new)), *own, spec.replicas, most) <= 0:
        return ()
    healthy, spared, broken = old_sizes(counts, *own, spec.replicas, most)
    first = _changed(old, [size for size, _ in counts], healthy)
    return (first,) if broken else (first, _changed(old, healthy, spared))


def _changed(old: Sequence[ReplicaSet], before: Sequence[int], after: Sequence[int]) -> Targets:
    names = (rs.metadata.name for rs in old)
    return tuple((name, to) for name, size, to in zip(names, before, after, strict=True) if to != size)


def stop_old(old: Sequence[ReplicaSet]) -> Targets:
    """Recreate, first step: every old ReplicaSet goes to 0."""
    return tuple((rs.metadata.name, 0) for rs in old if rs.spec.replicas > 0)


def start_new(spec: DeploymentSpec, new: ReplicaSet, old: Sequence[ReplicaSet], old_pods: bool) -> Targets:
    """Recreate, last step: once no old pod is left (``old_pods``) nor reported, the new ReplicaSet gets its count."""
    if old_pods or any(rs.spec.replicas or rs.status.replicas for rs in old):
        return ()
    return ((new.metadata.name, spec.replicas),) if new.spec.replicas != spec.replicas else ()
