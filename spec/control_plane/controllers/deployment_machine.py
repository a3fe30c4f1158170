"""The life of a Deployment's rollout, as users watch it (controllers-workloads §2, conditions)."""

from __future__ import annotations

from ...kinds import DEPLOYMENT
from ...language.machine import Arrow, Machine, State
from ...objects.conditions import find_condition
from ...objects.workloads import Deployment
from .deployment_status import PROGRESS_DEADLINE_EXCEEDED, PROGRESSING, is_complete

ABSENT, DELETING, PAUSED, TIMED_OUT = "Absent", "Deleting", "Paused", "TimedOut"
COMPLETE, IN_PROGRESS = "Complete", "Progressing"

_CONTROLLER, _USER, _NAMESPACES = "deployment-controller", "user", "namespace-controller"

_MEANINGS = {
    ABSENT: "no such Deployment",
    DELETING: "deletion was asked for and something holds it up",
    PAUSED: "spec.paused: the count is kept, the template is not rolled out",
    TIMED_OUT: "no progress within the deadline; informational, nothing is rolled back",
    COMPLETE: "the status shows all replicas updated and available, and no others",
    IN_PROGRESS: "pods are still to be replaced, or to become available",
}


def rollout_state(deployment: Deployment | None) -> str:
    """The name of the state that a stored Deployment is in."""
    if deployment is None:
        return ABSENT
    if deployment.metadata.terminating:
        return DELETING
    if deployment.spec.paused:
        return PAUSED
    condition = find_condition(deployment.status.conditions, PROGRESSING)
    if condition is not None and condition.reason == PROGRESS_DEADLINE_EXCEEDED:
        return TIMED_OUT
    return COMPLETE if is_complete(deployment, deployment.status) else IN_PROGRESS


def _state(name: str) -> State:
    return State(name, lambda deployment: rollout_state(deployment) == name, _MEANINGS[name])


_LIVE = (IN_PROGRESS, COMPLETE, TIMED_OUT, PAUSED)

MACHINE = Machine(
    name="rollout",
    kind=DEPLOYMENT,
    fields=("object",),
    states=tuple(_state(name) for name in _MEANINGS),
    initial=ABSENT,
    arrows=(
        Arrow("apply", ABSENT, IN_PROGRESS, _USER),
        Arrow("report complete", IN_PROGRESS, COMPLETE, _CONTROLLER, "controllers-workloads §2 conditions"),
        Arrow("report loss", COMPLETE, IN_PROGRESS, _CONTROLLER, "controllers-workloads §2 conditions"),
        Arrow("apply or scale", COMPLETE, IN_PROGRESS, _USER),
        Arrow("scale", COMPLETE, IN_PROGRESS, "horizontal-pod-autoscaler-controller", "controllers-cluster §10.4"),
        Arrow("put back", COMPLETE, IN_PROGRESS, "addon-manager", "dns-addons §4"),
        Arrow("make anew", ABSENT, IN_PROGRESS, "addon-manager", "dns-addons §4"),
        Arrow("progress deadline", IN_PROGRESS, TIMED_OUT, _CONTROLLER, "controllers-workloads §2 conditions"),
        Arrow("report progress", TIMED_OUT, IN_PROGRESS, _CONTROLLER, "controllers-workloads §2 conditions"),
        Arrow("report complete", TIMED_OUT, COMPLETE, _CONTROLLER, "controllers-workloads §2 conditions"),
        Arrow("pause", IN_PROGRESS, PAUSED, _USER),
        Arrow("pause", COMPLETE, PAUSED, _USER),
        Arrow("pause", TIMED_OUT, PAUSED, _USER),
        Arrow("resume", PAUSED, IN_PROGRESS, _USER),
        Arrow("resume", PAUSED, TIMED_OUT, _USER),
        *(Arrow("delete", state, ABSENT, _USER) for state in _LIVE),
        *(Arrow("delete, held up by a finalizer", state, DELETING, _USER) for state in _LIVE),
        *(Arrow("delete with its namespace", state, ABSENT, _NAMESPACES, "controllers-cluster §5") for state in _LIVE),
        *(Arrow("delete, held up by a finalizer", state, DELETING, _NAMESPACES) for state in _LIVE),
        Arrow("last finalizer removed", DELETING, ABSENT, _USER),
        Arrow("dependents are gone, or orphaned", DELETING, ABSENT, "garbage-collector", "controllers-cluster §6"),
    ),
    meaning="how far the rollout of a Deployment's template has come, by its own status",
    reference="controllers-workloads §2",
)
