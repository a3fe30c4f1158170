"""The Deployment controller's rules that update ReplicaSets: new revisions, scaling, rolling update, Recreate.

All are made alike (``_edit_rule``): views of the ReplicaSets decide which of them change; only those are then read as a
whole, for their updates carry the version that was seen, and conflict with any other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ...kinds import DEPLOYMENT, REPLICA_SET
from ...language.component import Key, Rule
from ...language.plan import Alternative, Call, Named
from ...language.query import MULTISET, Query
from ...language.request import ApiCall, Preconditions, Verb
from ...objects.workloads import RECREATE, ROLLING_UPDATE, Deployment, DeploymentSpec, ReplicaSet
from .deployment_changes import ReviseTo, ScaleTo
from .deployment_replica_sets import next_revision, revision_is_due, scale_marks
from .deployment_rollout import Targets, scale_down_old, scale_up_new, start_new, stop_old
from .deployment_scaling import is_scaling_event, scaled
from .deployment_views import (
    Sets,
    emptied_set,
    old_pods_query,
    rolls_out,
    sets_query,
    sized_set,
    split,
    views,
    where,
    with_size,
)


def _edit_rule(
    name: str,
    view: Callable[[Deployment | None], Deployment | None],
    targets: Callable[..., tuple[tuple[str, Any], ...]],
    because: str,
    *,
    sets: Callable[..., ReplicaSet | None] = sized_set,
    further: Mapping[str, Query] | None = None,
) -> Rule:
    """A rule that updates ReplicaSets: ``targets(deployment, sets, **further)`` gives (name, change) in order.

    Only once it is known which ones change are they read as a whole, for the updates' precondition.
    """

    def names(deployment: Deployment, **answers: Any) -> tuple[str, ...]:
        return tuple(name for name, _ in targets(deployment, **answers))

    def decide(deployment: Deployment, stored: Sets, **answers: Any) -> Iterable[Alternative]:
        seen = {replica_set.metadata.name: replica_set for replica_set in views(stored)}
        plan = tuple(
            Call(
                Named(REPLICA_SET, target),
                ApiCall(Verb.UPDATE, REPLICA_SET, change, preconditions=Preconditions(seen=seen[target])),
            )
            for target, change in targets(deployment, **answers)
        )
        if plan:
            yield Alternative(plan, because)

    return Rule(
        name=name,
        key=Key(DEPLOYMENT, ("object",), view),
        queries={"sets": sets_query(sets)},
        stages=(
            *((further,) if further else ()),
            {"stored": Query(REPLICA_SET, ("object",), _called, MULTISET, names)},
        ),
        decide=decide,
        several_requests=True,
        reference="controllers-workloads §2",
        meaning=because,
    )


def _called(names: tuple[str, ...], replica_set: ReplicaSet | None) -> ReplicaSet | None:
    return replica_set if replica_set is not None and replica_set.metadata.name in names else None


def _scalings(spec: DeploymentSpec, targets: Targets) -> tuple[tuple[str, ScaleTo], ...]:
    return tuple((name, ScaleTo(replicas, *scale_marks(spec))) for name, replicas in targets)


def _revision(deployment: Deployment, sets: Sets) -> tuple[tuple[str, ReviseTo], ...]:
    new, old = split(deployment, sets)
    if new is None or not revision_is_due(deployment, new, old):
        return ()
    return ((new.metadata.name, ReviseTo(next_revision(old), deployment.spec.min_ready_seconds)),)


def _share(deployment: Deployment, sets: Sets) -> tuple[tuple[str, ScaleTo], ...]:
    new, old = split(deployment, sets)
    if new is not None and revision_is_due(deployment, new, old):
        return ()
    if not deployment.spec.paused and not is_scaling_event(deployment, views(sets)):
        return ()
    return _scalings(deployment.spec, scaled(deployment, new, old))


def _grow(deployment: Deployment, sets: Sets) -> tuple[tuple[str, ScaleTo], ...]:
    new, old = split(deployment, sets)
    if new is None or not rolls_out(deployment, sets):
        return ()
    return _scalings(deployment.spec, scale_up_new(deployment.spec, new, old))


def _shrink(deployment: Deployment, sets: Sets) -> tuple[tuple[str, ScaleTo], ...]:
    new, old = split(deployment, sets)
    if new is None or not rolls_out(deployment, sets) or scale_up_new(deployment.spec, new, old):
        return ()
    targets: list[tuple[str, int]] = []
    for step in scale_down_old(deployment.spec, new, old):
        earlier = {name for name, _ in targets}
        for name, replicas in step:
            # What a ReplicaSet becomes by a first update is not known yet: a second one is left to the next sync.
            if name in earlier:
                return _scalings(deployment.spec, tuple(targets))
            targets.append((name, replicas))
    return _scalings(deployment.spec, tuple(targets))


def _stop(deployment: Deployment, sets: Sets) -> tuple[tuple[str, ScaleTo], ...]:
    _, old = split(deployment, sets)
    return _scalings(deployment.spec, stop_old(old)) if rolls_out(deployment, sets) else ()


def _start(deployment: Deployment, sets: Sets, old_pods: bool) -> tuple[tuple[str, ScaleTo], ...]:
    new, old = split(deployment, sets)
    if new is None or not rolls_out(deployment, sets):
        return ()
    return _scalings(deployment.spec, start_new(deployment.spec, new, old, old_pods))


def _follows(strategy: str) -> Callable[[Deployment | None], Deployment | None]:
    return where(lambda deployment: not deployment.spec.paused and deployment.spec.strategy.type == strategy)


REVISE = _edit_rule(
    "revise ReplicaSet", where(lambda _: True), _revision, "the ReplicaSet of the template gets the next revision"
)
SHARE = _edit_rule("share out scaling", with_size, _share, "spec.replicas changed: every ReplicaSet gets its share")
SCALE_UP = _edit_rule(
    "scale up new ReplicaSet",
    _follows(ROLLING_UPDATE),
    _grow,
    "rolling update, step A: the new ReplicaSet grows as far as replicas + maxSurge allows",
)
SCALE_DOWN = _edit_rule(
    "scale down old ReplicaSets",
    _follows(ROLLING_UPDATE),
    _shrink,
    "rolling update, step B: old ReplicaSets shrink, unavailable replicas first, as far as maxUnavailable allows",
)
STOP_OLD = _edit_rule("stop old ReplicaSets", _follows(RECREATE), _stop, "Recreate: old ReplicaSets go to 0 first")
START_NEW = _edit_rule(
    "start new ReplicaSet",
    _follows(RECREATE),
    _start,
    "Recreate: no old pod is left, the new ReplicaSet gets its replicas",
    sets=emptied_set,
    further={"old_pods": old_pods_query(lambda key: key)},
)
