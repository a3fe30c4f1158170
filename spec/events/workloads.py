"""What events say of ReplicaSets: how the Deployment controller scales them."""

from __future__ import annotations

import re

from ..control_plane.controllers.horizontal_pod_autoscaler import NAME as AUTOSCALER
from ..kinds import DEPLOYMENT, REPLICA_SET
from ..language.observation import Deed, Known, Values
from ..objects.workloads import Deployment, ReplicaSet
from .recording import Event
from .words import Readers, Saying

CONTROLLER = "deployment-controller"

_RESIZED = re.compile(r"New size: (\d+); reason: ")

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


def _wanted(values: Values) -> int | None:
    found: Deployment | None = values["object"]
    return None if found is None else found.spec.replicas


def _never(_values: Values, _known: Known) -> bool:
    # Deployments bear their names in the model, so that nothing needs to be guessed.
    return False


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


def _rescaled(event: Event) -> Saying | None:
    found = _RESIZED.match(event.message)
    if found is None or event.kind != DEPLOYMENT:
        return None
    size = int(found[1])

    def at(deed: Deed) -> bool:
        return rescales(deed) and _wanted(deed.after) == size

    def instead(values: Values) -> str:
        return f"spec.replicas of the Deployment is {_wanted(values)}"

    return Saying((DEPLOYMENT, event.name), _never, instead, AUTOSCALER, frozenset({"sync Deployment"}), at=at)


READERS: Readers = {
    (CONTROLLER, "ScalingReplicaSet"): _scaled,
    ("horizontal-pod-autoscaler", "SuccessfulRescale"): _rescaled,
}


def rescales(deed: Deed) -> bool:
    """Whether a step on a Deployment is an autoscaler's, of which an event is written as a rule."""
    return deed.component == AUTOSCALER and _wanted(deed.before) != _wanted(deed.after)


def tells(deed: Deed) -> bool:
    """Whether a step on a ReplicaSet is one of which an event is written as a rule."""
    return deed.component == CONTROLLER and _replicas(deed.before) != _replicas(deed.after)
