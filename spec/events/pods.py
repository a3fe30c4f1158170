"""What events say of pods: their creation and deletion by controllers, their way to a node, their containers."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from ..control_plane.apiserver.evicting import NAME as EVICTING
from ..control_plane.scheduler.filtering import filter_node
from ..control_plane.scheduler.filters.verdict import Infeasible
from ..control_plane.scheduler.views import snapshot
from ..environment.users import NAME as USER
from ..kinds import KUBE_SCHEDULER, KUBELET, POD, REPLICA_SET, RUNNING, UNSCHEDULABLE
from ..language.observation import Deed, Known, Values
from ..node.container_sync import RESTART, RESTART_AFTER_BACK_OFF, START_NEXT
from ..objects.pod import Pod, is_terminal
from .recording import Event
from .words import Readers, Saying

_ASSIGNED = re.compile(r"Successfully assigned (?:\S+?/)?(\S+) to (\S+)")
_CREATED = re.compile(r"Created pod: (\S+)")
_DELETED = re.compile(r"Deleted pod: (\S+)")


_STARTING = (
    "admit pod",
    "adopt pod",
    "restart containers",
    "restart containers after back-off",
    *(START_NEXT, RESTART, RESTART_AFTER_BACK_OFF),
)
_MANAGING = ("manage replicas", "manage daemon pods", "sync")


def _pod(values: Values) -> Pod | None:
    found: Pod | None = values["object"]
    return found


def _runs(values: Values) -> bool:
    return values["runtime"] is not None and values["runtime"].containers == RUNNING


def owner_in_recording(name: str) -> str:
    """The name of the controller of a pod with a generated name."""
    return name.rpartition("-")[0]


def _may_be(name: str) -> Callable[[Values, Known], bool]:
    owner = owner_in_recording(name)

    def may_be(values: Values, known: Known) -> bool:
        pod = _pod(values)
        if pod is None or pod.metadata.name:
            return pod is not None and pod.metadata.name == name
        reference = pod.metadata.controller_reference
        if reference is None:
            return False
        if reference.kind != REPLICA_SET:
            return reference.name == owner
        replica_set = known(REPLICA_SET, owner)
        if replica_set is not None:
            return bool(replica_set["name"] == reference.name)
        return reference.name.rpartition("-")[0] == owner.rpartition("-")[0]

    return may_be


def instead(values: Values) -> str:
    """How a pod stands: what keeps something from being seen of it."""
    pod = _pod(values)
    if pod is None:
        return "the pod does not exist"
    told = [f"spec.nodeName is {pod.spec.node_name}" if pod.spec.node_name else "spec.nodeName is not set"]
    if pod.metadata.terminating:
        told.append("metadata.deletionTimestamp is set")
    told.append(f"its containers are {values['runtime'].containers}" if values["runtime"] else "it has no containers")
    if values.get("queue"):
        told.append(f"the scheduler's queue holds it as {values['queue']}")
    return ", ".join(told)


def _saying(name: str, component: str, *rules: str, **parts: Any) -> Saying:
    return Saying((POD, name), _may_be(name), instead, component, frozenset(rules), **parts)


def _scheduled(event: Event) -> Saying | None:
    found = _ASSIGNED.match(event.message)
    if found is None:
        return None
    node = found[2]

    def at(deed: Deed) -> bool:
        before, after = _pod(deed.before), _pod(deed.after)
        return bool(before and after and not before.spec.node_name and after.spec.node_name == node)

    def possible(values: Values) -> bool:
        pod = _pod(values)
        return pod is not None and not pod.spec.node_name and not pod.metadata.terminating

    def why(pod: Pod, answers: Mapping[str, Any]) -> str:
        seen = snapshot(answers["nodes"], answers["pods"])
        for candidate in seen.nodes:
            verdict = filter_node(pod, candidate, seen).verdict
            if candidate.metadata.name == node and isinstance(verdict, Infeasible):
                return f"{node} is not feasible: {'; '.join(verdict.reasons)}"
        return "" if any(it.metadata.name == node for it in seen.nodes) else f"there is no node {node}"

    return _saying(found[1], KUBE_SCHEDULER, "schedule", at=at, possible=possible, why=why)


def _failed_scheduling(event: Event) -> Saying:
    def during(values: Values) -> bool:
        pod = _pod(values)
        return pod is not None and not pod.spec.node_name and values["queue"] == UNSCHEDULABLE

    def possible(values: Values) -> bool:
        pod = _pod(values)
        return pod is not None and not pod.spec.node_name

    return _saying(event.name, KUBE_SCHEDULER, "schedule", during=during, possible=possible)


def _there(values: Values, host: str) -> bool:
    pod = _pod(values)
    return pod is not None and pod.spec.node_name == host


def _elsewhere(values: Values, host: str) -> bool:
    pod = _pod(values)
    return pod is None or pod.spec.node_name not in ("", host)


def _preparing(event: Event) -> Saying:
    """The kubelet pulls the image and creates the container: in the model one step with starting it."""

    def during(values: Values) -> bool:
        pod = _pod(values)
        return pod is not None and _there(values, event.host) and not is_terminal(pod)

    def possible(values: Values) -> bool:
        return not _elsewhere(values, event.host)

    return _saying(event.name, KUBELET, *_STARTING, during=during, possible=possible)


def _started(event: Event) -> Saying:
    def during(values: Values) -> bool:
        return _there(values, event.host) and _runs(values)

    def possible(values: Values) -> bool:
        return not _elsewhere(values, event.host)

    return _saying(event.name, KUBELET, *_STARTING, during=during, possible=possible)


def _killing(event: Event) -> Saying | None:
    if not event.message.startswith("Stopping container"):
        return None

    def during(values: Values) -> bool:
        pod = _pod(values)
        return pod is not None and _there(values, event.host) and pod.metadata.terminating and _runs(values)

    def possible(values: Values) -> bool:
        pod = _pod(values)
        if pod is None or _elsewhere(values, event.host):
            return False
        return _runs(values) or not pod.metadata.terminating

    return _saying(event.name, KUBELET, "stop pod", during=during, possible=possible)


def _created(event: Event) -> Saying | None:
    found = _CREATED.match(event.message)
    if found is None:
        return None

    def at(deed: Deed) -> bool:
        return _pod(deed.before) is None and _pod(deed.after) is not None and deed.component == event.component

    return _saying(found[1], event.component, *_MANAGING, at=at)


def _deleted(event: Event) -> Saying | None:
    found = _DELETED.match(event.message)
    if found is None:
        return None

    def at(deed: Deed) -> bool:
        return deed.component == event.component and ends(deed)

    def possible(values: Values) -> bool:
        pod = _pod(values)
        return pod is not None and not pod.metadata.terminating

    return _saying(found[1], event.component, *_MANAGING, at=at, possible=possible)


def _descheduled(event: Event) -> Saying:
    """A descheduler evicted the pod; where the scenario holds none, somebody took it away, as a user does."""

    def at(deed: Deed) -> bool:
        return deed.component in (USER, EVICTING) and ends(deed)

    def possible(values: Values) -> bool:
        pod = _pod(values)
        return pod is not None and not pod.metadata.terminating

    return _saying(event.name, USER, "act", at=at, possible=possible)


def ends(deed: Deed) -> bool:
    """Whether a step begins the end of a pod: its deletion is asked for, or it is gone at once."""
    before, after = _pod(deed.before), _pod(deed.after)
    if before is None or before.metadata.terminating:
        return False
    return after is None or after.metadata.terminating


READERS: Readers = {
    ("default-scheduler", "Scheduled"): _scheduled,
    ("default-scheduler", "FailedScheduling"): _failed_scheduling,
    ("sigs.k8s.io.descheduler", "RemovePodsViolatingTopologySpreadConstraint"): _descheduled,
    ("kubelet", "Pulling"): _preparing,
    ("kubelet", "Pulled"): _preparing,
    ("kubelet", "Created"): _preparing,
    ("kubelet", "Started"): _started,
    ("kubelet", "Killing"): _killing,
    **{
        (f"{controller}-controller", reason): reader
        for controller in ("replicaset", "daemonset", "job", "statefulset")
        for reason, reader in (("SuccessfulCreate", _created), ("SuccessfulDelete", _deleted))
    },
}


def tells(deed: Deed) -> bool:
    """Whether a step on a pod is one of which an event is written as a rule."""
    before, after = _pod(deed.before), _pod(deed.after)
    if deed.component.endswith("-controller") and ((before is None) != (after is None) or ends(deed)):
        return True
    return before is not None and after is not None and not before.spec.node_name and bool(after.spec.node_name)
