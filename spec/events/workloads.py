"""What events say of ReplicaSets: how the Deployment controller scales them."""

from __future__ import annotations

import re

from ..kinds import DEPLOYMENT, REPLICA_SET
from ..language.observation import Deed, Known, Values
from ..objects.workloads import ReplicaSet
from .recording import Event
from .words import Readers, Saying

CONTROLLER = "deployment-controller"

_SCALING = frozenset(
    {
        "create ReplicaSet",
        "share out scaling",
        "scale up new ReplicaSet",
        "scale down old ReplicaSets",
        "stop old ReplicaSets",
        "start new ReplicaSet",
    }
)

_SCALED = re.compile(r"Scaled (up|down) replica set (\S+) (?:from (\d+) )?to (\d+)")


def _replicas(values: Values) -> int:
    found: ReplicaSet | None = values["object"]
    return 0 if found is None else found.spec.replicas


def _instead(values: Values) -> str:
    if values["object"] is None:
        return "the ReplicaSet does not exist"
    return f"spec.replicas of the ReplicaSet is {_replicas(values)}"


def _scaled(event: Event) -> Saying | None:
    found = _SCALED.match(event.message)
    if found is None or event.kind != DEPLOYMENT:
        return None
    direction, name, since, to = found[1], found[2], found[3], int(found[4])

    def at(deed: Deed) -> bool:
        before, after = _replicas(deed.before), _replicas(deed.after)
        turned = after > before if direction == "up" else after < before
        return deed.component == CONTROLLER and turned and after == to and (since is None or before == int(since))

    def may_be(values: Values, _known: Known) -> bool:
        replica_set: ReplicaSet | None = values["object"]
        reference = replica_set.metadata.controller_reference if replica_set is not None else None
        return reference is not None and reference.kind == DEPLOYMENT and reference.name == event.name

    return Saying(
        (REPLICA_SET, name),
        may_be,
        _instead,
        CONTROLLER,
        _SCALING,
        at=at,
    )


READERS: Readers = {(CONTROLLER, "ScalingReplicaSet"): _scaled}


def tells(deed: Deed) -> bool:
    """Whether a step on a ReplicaSet is one of which an event is written as a rule."""
    return deed.component == CONTROLLER and _replicas(deed.before) != _replicas(deed.after)
