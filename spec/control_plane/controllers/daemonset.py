"""The DaemonSet controller: one pod on every node that the DaemonSet wants.

Duty (controllers-workloads §4): see which nodes its pods tolerate and are meant for, create a pod for each of them,
pinned there by node affinity (kube-scheduler binds it), delete what ended, what is too much and what should not be
there, replace pods of an old revision as the update strategy allows, report counts in the status. It does not act while
it still expects to see what it did before (00-index §4).

Life of a key: a node, a pod or the DaemonSet changes -> manage daemon pods -> once there is nothing to manage, rolling
update -> status. A pod's revision is the label ``controller-revision-hash``, a hash of the template:
ControllerRevisions hold no more than that here. Pods without controller are not adopted.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import attrs

from ...kinds import DAEMON_SET, KUBE_CONTROLLER_MANAGER, NODE, POD, process_runs
from ...language.component import Component, Handler, Key, Rule
from ...language.machine import Arrow, Machine, states_by
from ...language.plan import KEY, Alternative, Write
from ...language.query import ANY, DISTINCT, MULTISET, Query
from ...objects.daemon_set import DaemonSet, DaemonSetStatus
from ...objects.node import Node
from ...objects.pod import Pod
from ...objects.workloads import ROLLING_UPDATE
from .daemonset_decisions import (
    Counted,
    DaemonPod,
    Eligible,
    Sync,
    allows_surge,
    count,
    daemon_pod,
    eligible,
    manage,
    revision,
    rolling_update,
)
from .daemonset_requests import WaitNoLonger, carry_out, update_status
from .expectations import Expected, dropping_rule, expiry_rule, observer, owner

NAME = "daemonset-controller"
FAILED_POD_BACKOFF = 1.0
"""Seconds before the next Failed pod of a node is deleted, at first; later ones wait longer, which no order of timers
here depends on (controllers-workloads §4)."""


def owner_name(pod: Pod) -> str:
    """Name of the DaemonSet that controls the pod, "" if none does."""
    reference = pod.metadata.controller_reference
    return reference.name if reference is not None and reference.kind == DAEMON_SET else ""


@attrs.frozen(cache_hash=True)
class Wanted:
    """What managing reads: the DaemonSet but for its status, and the nodes whose next Failed pod has to wait."""

    daemon_set: DaemonSet
    waiting: tuple[str, ...] = ()


def _spec_only(daemon_set: DaemonSet | None) -> DaemonSet | None:
    if daemon_set is None or daemon_set.metadata.terminating:
        return None
    metadata = attrs.evolve(daemon_set.metadata, annotations=type(daemon_set.metadata)().annotations, generation=1)
    return attrs.evolve(daemon_set, metadata=metadata, status=DaemonSetStatus())


def _wanted(daemon_set: DaemonSet | None, waiting: tuple[str, ...]) -> Wanted | None:
    spec = _spec_only(daemon_set)
    return Wanted(spec, waiting) if spec is not None else None


def _eligible(daemon_set: DaemonSet, node: Node | None) -> Eligible | None:
    return eligible(daemon_set.spec, node) if node is not None else None


def _owned(parameter: tuple[str, str], pod: Pod | None) -> DaemonPod | None:
    name, revision_hash = parameter
    return daemon_pod(pod, revision_hash) if pod is not None and owner_name(pod) == name else None


def _expected(name: str, expected: Expected | None) -> bool | None:
    return True if expected is not None and expected[1] == owner(DAEMON_SET, name) else None


def identity(daemon_set: DaemonSet) -> tuple[str, str]:
    """What tells the DaemonSet's pods, and those of its newest revision, from others: its name, the revision."""
    return daemon_set.metadata.name, revision(daemon_set.spec.template)


QUERIES = {
    "nodes": Query(NODE, ("object",), _eligible, DISTINCT, lambda key: key.daemon_set),
    "pods": Query(POD, ("object",), _owned, MULTISET, lambda key: identity(key.daemon_set)),
    "expected": Query(POD, ("expected",), _expected, ANY, lambda key: key.daemon_set.metadata.name),
}
"""What the nodes are good for, the DaemonSet's pods, whether the controller waits to see what it did to one of them."""


def _managing(key: Wanted, nodes: tuple[Eligible, ...], pods: tuple[Counted, ...]) -> tuple[Sync, ...]:
    surge = allows_surge(key.daemon_set.spec)
    return tuple(sync for sync in manage(nodes, pods, surge=surge, waiting=key.waiting) if not sync.idle)


def _because(sync: Sync) -> str:
    said = [f"no pod yet for {', '.join(sync.creates)}"] if sync.creates else []
    leaving = sorted({pod.node for pod in sync.deletes})
    said += [f"pods to be deleted on {', '.join(leaving)}"] if leaving else []
    return "; ".join(said)


def _manage(
    key: Wanted, nodes: tuple[Eligible, ...], pods: tuple[Counted, ...], expected: bool
) -> Iterable[Alternative]:
    if expected:
        return
    for sync in _managing(key, nodes, pods):
        yield Alternative(carry_out(key.daemon_set, sync), _because(sync))


MANAGE = Rule(
    name="manage daemon pods",
    key=Key(DAEMON_SET, ("object", "waiting"), _wanted),
    queries=QUERIES,
    decide=_manage,
    several_requests=True,
    reference="controllers-workloads §4",
    meaning="creates the missing pod of each node that should run one; deletes ended, surplus and misplaced ones",
)


def _update(
    key: Wanted, nodes: tuple[Eligible, ...], pods: tuple[Counted, ...], expected: bool
) -> Iterable[Alternative]:
    spec = key.daemon_set.spec
    # What there is to manage comes first in a sync; then what it did is expected to be seen.
    if expected or spec.update_strategy.type != ROLLING_UPDATE or _managing(key, nodes, pods):
        return
    for sync in rolling_update(spec, nodes, pods):
        if not sync.idle:
            yield Alternative(carry_out(key.daemon_set, sync), f"an old revision is replaced: {_because(sync)}")


UPDATE = Rule(
    name="rolling update",
    key=Key(DAEMON_SET, ("object", "waiting"), _wanted),
    queries=QUERIES,
    decide=_update,
    several_requests=True,
    reference="controllers-workloads §4",
    meaning="replaces pods of an old revision, within maxUnavailable or maxSurge",
)


def _status(daemon_set: DaemonSet, nodes: tuple[Eligible, ...], pods: tuple[Counted, ...]) -> Iterable[Alternative]:
    status = count(daemon_set.status, nodes, pods, daemon_set.metadata.generation)
    if status != daemon_set.status:
        yield Alternative(update_status(daemon_set, status), "its nodes or pods changed since the status was written")


STATUS = Rule(
    name="update status",
    key=Key(DAEMON_SET, ("object",), lambda daemon_set: daemon_set),
    queries={
        "nodes": Query(NODE, ("object",), _eligible, DISTINCT),
        "pods": Query(POD, ("object",), _owned, MULTISET, identity),
    },
    decide=_status,
    reference="controllers-workloads §4",
    meaning="writes the counts of nodes that want a pod and have one, ready, updated, available, if they changed",
)


def _end_backoff(waiting: tuple[str, ...]) -> Iterable[Alternative]:
    for node in waiting:
        yield Alternative((Write(KEY, "waiting", WaitNoLonger(node)),), f"the back-off of {node} is over")


BACKOFF = Rule(
    name="failed-pod back-off ends",
    key=Key(DAEMON_SET, ("waiting",), lambda waiting: waiting or None),
    decide=_end_backoff,
    duration=FAILED_POD_BACKOFF,
    reference="controllers-workloads §4",
    meaning="a node whose Failed pod was deleted may have the next one deleted too",
)


RULES = (MANAGE, UPDATE, STATUS, BACKOFF, expiry_rule(DAEMON_SET))


def component(*, drops: bool = False) -> Component:
    """The controller. ``drops``: whether DaemonSets can be deleted while it expects something of them."""
    return Component(
        name=NAME,
        rules=(
            MANAGE,
            UPDATE,
            STATUS,
            BACKOFF,
            expiry_rule(DAEMON_SET),
            *((dropping_rule(DAEMON_SET),) if drops else ()),
        ),
        process=KUBE_CONTROLLER_MANAGER,
        guards=(process_runs(KUBE_CONTROLLER_MANAGER),),
        handlers=(Handler(POD, "expected", observer(DAEMON_SET)),),
        duty="keeps one pod on every node that each DaemonSet wants",
        reference="controllers-workloads §4",
    )


def _reports(daemon_set: Any) -> str:
    if daemon_set is None:
        return "Absent"
    status = daemon_set.status
    if status.observed_generation != daemon_set.metadata.generation:
        return "Not observed"
    wanted = status.desired_number_scheduled
    return "Met" if status.updated_number_scheduled == status.number_available == wanted else "Unmet"


_STATES = {
    "Absent": "no such DaemonSet",
    "Not observed": "its status does not speak of its newest spec",
    "Unmet": "its status reports nodes without an available pod of the newest revision",
    "Met": "its status reports such a pod on every node that wants one",
}
_PRESENT = ("Not observed", "Unmet", "Met")
_USER = "user"

MACHINE = Machine(
    name="daemonset",
    kind=DAEMON_SET,
    fields=("object",),
    states=states_by(_reports, _STATES),
    initial="Absent",
    arrows=(
        Arrow("observe spec", "Not observed", "Unmet", NAME, "controllers-workloads §4"),
        Arrow("observe spec", "Not observed", "Met", NAME, "controllers-workloads §4"),
        Arrow("update status", "Unmet", "Met", NAME, "controllers-workloads §4"),
        Arrow("update status", "Met", "Unmet", NAME, "controllers-workloads §4"),
        Arrow("apply", "Unmet", "Not observed", _USER, "controllers-workloads §4"),
        Arrow("apply", "Met", "Not observed", _USER, "controllers-workloads §4"),
        *(Arrow("delete", state, "Absent", "namespace-controller", "controllers-cluster §5") for state in _PRESENT),
    ),
    meaning="what a DaemonSet's status says of its nodes",
    reference="controllers-workloads §4",
)
