"""Properties of ReplicationControllers (invariants 34, which are those of ReplicaSets)."""

from __future__ import annotations

from ..control_plane.controllers.replicaset import OWNED_ACTIVE
from ..kinds import REPLICATION_CONTROLLER
from ..language.component import Key
from ..language.property import HOLDS, Finding, Shape, TemporalProperty, violated
from ..objects.workloads import ReplicaSetStatus, ReplicationController


def _left_alone(found: ReplicationController | None) -> ReplicationController | None:
    if found is None or found.metadata.terminating:
        return None
    return ReplicationController(found.metadata, found.spec, ReplicaSetStatus())


def _stable(key: ReplicationController, active: int) -> Finding:
    if active == key.spec.replicas:
        return HOLDS
    return violated(f"active pods of {key.metadata.name}: {active}; wanted for good: {key.spec.replicas}")


STABLE_COUNT = TemporalProperty(
    name="replicationcontroller-stable-count",
    statement="a ReplicationController that is left alone ends up with exactly as many active pods as it asks for",
    key=Key(REPLICATION_CONTROLLER, ("object",), _left_alone),
    queries={"active": OWNED_ACTIVE},
    judge=_stable,
    shape=Shape.EVENTUALLY_ALWAYS,
    reference="invariants 34",
    advice="look for what refuses or removes its pods",
)
