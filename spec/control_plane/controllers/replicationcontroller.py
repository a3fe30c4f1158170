"""The controller of ReplicationControllers, which were before ReplicaSets and are kept by the same rules.

References: controllers-workloads §1. A ReplicationController selects by plain pairs of labels, no Deployment owns it.
Its default propagation on deletion is Orphan, for compatibility: a raw DELETE leaves its pods; kubectl always says
Background (kube-apiserver §4.2).
"""

from __future__ import annotations

from collections.abc import Sequence

from ...kinds import KUBE_CONTROLLER_MANAGER, POD, REPLICATION_CONTROLLER, process_runs
from ...language.component import Component, Handler
from ...language.machine import Arrow, Machine, states_by
from .expectations import observer
from .replicaset import STATES, asks, keeping
from .replicaset_availability import UNSEASON

NAME = "replicationcontroller-controller"


def component(*, drops: bool = False, min_ready: Sequence[int] = ()) -> Component:
    """The controller. ``drops``: whether its objects can be deleted while it expects pods that were never created.

    ``min_ready``: the minReadySeconds above zero that ReplicationControllers have.
    """
    return Component(
        name=NAME,
        rules=keeping(REPLICATION_CONTROLLER, drops=drops, min_ready=min_ready),
        process=KUBE_CONTROLLER_MANAGER,
        guards=(process_runs(KUBE_CONTROLLER_MANAGER),),
        handlers=(
            Handler(POD, "expected", observer(REPLICATION_CONTROLLER)),
            *((UNSEASON,) if min_ready else ()),
        ),
        duty="keeps as many active pods as each ReplicationController asks for",
        reference="controllers-workloads §1",
    )


_AUTOSCALER = "horizontal-pod-autoscaler-controller"
_PRESENT = ("Empty", "Unmet", "Met")

MACHINE = Machine(
    name="replicationcontroller",
    kind=REPLICATION_CONTROLLER,
    fields=("object",),
    states=states_by(asks, STATES),
    initial="Absent",
    arrows=(
        Arrow("update status", "Unmet", "Met", NAME, "controllers-workloads §1.4"),
        Arrow("update status", "Met", "Unmet", NAME, "controllers-workloads §1.4"),
        Arrow("scale", "Met", "Unmet", "user", "controllers-workloads §1"),
        Arrow("scale", "Unmet", "Met", "user", "controllers-workloads §1"),
        Arrow("scale from zero", "Empty", "Unmet", "user", "controllers-workloads §1"),
        Arrow("scale from zero, status behind", "Empty", "Met", "user", "controllers-workloads §1"),
        Arrow("scale to zero", "Met", "Empty", "user", "controllers-workloads §1"),
        Arrow("scale to zero", "Unmet", "Empty", "user", "controllers-workloads §1"),
        Arrow("scale", "Met", "Unmet", _AUTOSCALER, "controllers-cluster §10.4"),
        Arrow("scale", "Unmet", "Met", _AUTOSCALER, "controllers-cluster §10.4"),
        *(Arrow("delete", state, "Absent", "user", "kube-apiserver §4") for state in _PRESENT),
        *(Arrow("delete", state, "Absent", "namespace-controller", "controllers-cluster §5") for state in _PRESENT),
        *(Arrow("let go", state, "Absent", "garbage-collector", "controllers-cluster §6") for state in _PRESENT),
    ),
    meaning="what a ReplicationController asks for, and what its status says of it",
    reference="controllers-workloads §1",
)
