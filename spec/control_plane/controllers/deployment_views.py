"""What the Deployment controller's rules see of Deployments, ReplicaSets and pods: as little as each of them needs.

Views are Deployments and ReplicaSets themselves, with their template replaced by its fingerprint and with everything
left out that the rule does not read, so that the decision functions take views and whole objects alike.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs
from frozendict import frozendict

from ...kinds import POD, REPLICA_SET
from ...language.query import ANY, MULTISET, Query
from ...objects.metadata import ObjectMeta
from ...objects.pod import Pod, is_terminal
from ...objects.selectors import LabelSelector
from ...objects.workloads import RECREATE, Deployment, DeploymentStatus, ReplicaSet, ReplicaSetSpec, ReplicaSetStatus
from .deployment_replica_sets import (
    DESIRED_REPLICAS,
    MAX_REPLICAS,
    REVISION,
    REVISION_HISTORY,
    find_new_replica_set,
    find_old_replica_sets,
    fingerprint,
    owned_by,
    revision_is_due,
)
from .deployment_scaling import is_scaling_event

Sets = tuple[tuple[ReplicaSet, int], ...]
"""The answer of a query for ReplicaSets: views, each with the number 1, for names are unique."""

_READ_ANNOTATIONS = (DESIRED_REPLICAS, MAX_REPLICAS, REVISION, REVISION_HISTORY)


def is_managed(deployment: Deployment | None) -> bool:
    """Whether there is a live Deployment, and its selector is not the one that would select everything."""
    return (
        deployment is not None and not deployment.metadata.terminating and deployment.spec.selector != LabelSelector()
    )


def identified(deployment: Deployment) -> Deployment:
    """The Deployment with the fingerprint of its template in the template's place."""
    spec = attrs.evolve(deployment.spec, template=fingerprint(deployment.spec.template))
    return attrs.evolve(deployment, spec=spec)


def desired_state(deployment: Deployment) -> Deployment:
    """Identity and spec of the Deployment, without its status."""
    metadata = deployment.metadata
    return attrs.evolve(
        identified(deployment),
        metadata=ObjectMeta(metadata.name, metadata.namespace, metadata.uid),
        status=DeploymentStatus(),
    )


def where(condition: Callable[[Deployment], bool]) -> Callable[[Deployment | None], Deployment | None]:
    """The view of ``desired_state`` on managed Deployments that satisfy ``condition``."""

    def view(deployment: Deployment | None) -> Deployment | None:
        if deployment is None or not is_managed(deployment) or not condition(deployment):
            return None
        return desired_state(deployment)

    return view


def with_size(deployment: Deployment | None) -> Deployment | None:
    """The view of scaling: the desired state, and the size that the status reports."""
    if deployment is None or not is_managed(deployment):
        return None
    return attrs.evolve(desired_state(deployment), status=DeploymentStatus(replicas=deployment.status.replicas))


def _metadata(replica_set: ReplicaSet) -> ObjectMeta:
    annotations = replica_set.metadata.annotations
    return ObjectMeta(
        name=replica_set.metadata.name,
        annotations=frozendict({key: annotations[key] for key in _READ_ANNOTATIONS if key in annotations}),
        creation_timestamp=replica_set.metadata.creation_timestamp,
    )


def _spec(replica_set: ReplicaSet) -> ReplicaSetSpec:
    spec = replica_set.spec
    return ReplicaSetSpec(spec.replicas, template=fingerprint(spec.template), min_ready_seconds=spec.min_ready_seconds)


def sized_set(deployment: Deployment | None, replica_set: ReplicaSet | None) -> ReplicaSet | None:
    """Of the Deployment's ReplicaSets: size, marks, and how many replicas are available."""
    if deployment is None or replica_set is None or not owned_by(deployment, replica_set):
        return None
    status = ReplicaSetStatus(available_replicas=replica_set.status.available_replicas)
    return ReplicaSet(_metadata(replica_set), _spec(replica_set), status)


def emptied_set(deployment: Deployment | None, replica_set: ReplicaSet | None) -> ReplicaSet | None:
    """Of the Deployment's ReplicaSets: size, marks, and whether replicas are reported (counted as 1)."""
    if deployment is None or replica_set is None or not owned_by(deployment, replica_set):
        return None
    status = ReplicaSetStatus(replicas=min(1, replica_set.status.replicas))
    return ReplicaSet(_metadata(replica_set), _spec(replica_set), status)


def cleanable_set(deployment: Deployment | None, replica_set: ReplicaSet | None) -> ReplicaSet | None:
    """As ``emptied_set``, and whether it is live and its spec was observed (its generation is 0 if so)."""
    view = emptied_set(deployment, replica_set)
    if view is None or replica_set is None:
        return None
    metadata = attrs.evolve(
        view.metadata,
        generation=int(replica_set.metadata.generation > replica_set.status.observed_generation),
        deletion_timestamp=0.0 if replica_set.metadata.terminating else None,
    )
    return attrs.evolve(view, metadata=metadata)


def reported_set(deployment: Deployment | None, replica_set: ReplicaSet | None) -> ReplicaSet | None:
    """Of the Deployment's ReplicaSets: size, marks, and the status."""
    if deployment is None or replica_set is None or not owned_by(deployment, replica_set):
        return None
    return ReplicaSet(_metadata(replica_set), _spec(replica_set), replica_set.status)


def views(answer: Sets) -> tuple[ReplicaSet, ...]:
    """The ReplicaSets of an answer."""
    return tuple(replica_set for replica_set, _ in answer)


def the_key(key: Any, **_answers: Any) -> Any:
    """The parameter of a query that depends on the whole key and on no answer."""
    return key


def sets_query(view: Callable[..., ReplicaSet | None], parameter: Callable[..., Any] = the_key) -> Query:
    """The query for the views of all ReplicaSets of the key, a Deployment."""
    return Query(REPLICA_SET, ("object",), view, MULTISET, parameter)


def split(deployment: Deployment, sets: Sets) -> tuple[ReplicaSet | None, tuple[ReplicaSet, ...]]:
    """The new ReplicaSet, and the old ones, oldest first."""
    found = views(sets)
    return find_new_replica_set(deployment, found), find_old_replica_sets(deployment, found)


def rolls_out(deployment: Deployment, sets: Sets) -> bool:
    """Whether a sync comes as far as the strategy: the revision is written and no scaling is due."""
    new, old = split(deployment, sets)
    revised = new is None or not revision_is_due(deployment, new, old)
    return revised and not deployment.spec.paused and not is_scaling_event(deployment, views(sets))


def _old_pod(owners: tuple[str, ...], pod: Pod | None) -> bool | None:
    if pod is None or is_terminal(pod):
        return None
    reference = pod.metadata.controller_reference
    return True if reference is not None and reference.kind == REPLICA_SET and reference.name in owners else None


def old_pods_query(view: Callable[[Deployment], Deployment]) -> Query:
    """Whether a pod of an old ReplicaSet has not finished: also terminating ones, also with phase Unknown.

    ``view`` gives the rule's key the fingerprint of its template. Only Recreate looks, and only while it waits.
    """

    def names(key: Deployment, sets: Sets, **_answers: Any) -> tuple[str, ...]:
        if key.spec.strategy.type != RECREATE:
            return ()
        new, old = split(view(key), sets)
        waits = new is None or new.spec.replicas != key.spec.replicas
        return tuple(rs.metadata.name for rs in old) if waits else ()

    return Query(POD, ("object",), _old_pod, ANY, names)
