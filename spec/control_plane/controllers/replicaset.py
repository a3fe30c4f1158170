"""The ReplicaSet controller: as many active pods as the ReplicaSet asks for.

Duty (controllers-workloads §1): count the pods that a ReplicaSet owns, adopt orphans that match, create what is
missing, delete what is too much in the order of the ranking, report counts in the status. It does not act while it
still expects to see what it did before (00-index §4, expectations).

Life of a key: a pod or the ReplicaSet changes -> adopt -> manage replicas (creates or deletes) -> status. The
controller is one loop inside kube-controller-manager: expectations and the position in a plan are that process's
memory, lost when it ends. Selectors and labels of owned pods do not change here, so no pod is released.

ReplicationControllers are kept by the same rules, which is why these are made for a kind.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import attrs

from ...kinds import KUBE_CONTROLLER_MANAGER, POD, REPLICA_SET, process_runs
from ...language.component import Component, Handler, Key, Rule
from ...language.machine import Arrow, Machine, states_by
from ...language.plan import Alternative
from ...language.query import ANY, COUNT, DISTINCT, MULTISET, SUM_BY, Query, Read, no_parameter
from ...objects.conditions import find_condition
from ...objects.metadata import ObjectMeta
from ...objects.pod import Pod, PodStatus
from ...objects.selectors import LabelSelector
from ...objects.workloads import ReplicaSet, ReplicaSetStatus
from .expectations import dropping_rule, expiry_rule, observer, owned_by, owner
from .replicaset_availability import UNSEASON, counting, ready_for
from .replicaset_decisions import (
    REPLICA_FAILURE,
    Counted,
    Ranked,
    adoptable,
    count,
    counted,
    is_active,
    may_adopt,
    related,
    replica_failure,
    replicas_to_change,
    shares_controller,
    victims,
)
from .replicaset_requests import adopt_pods, create_pods, delete_pods, update_status

NAME = "replicaset-controller"


def owner_name(pod: Pod, kind: str = REPLICA_SET) -> str:
    """Name of the ReplicaSet, or other object of ``kind``, that controls the pod, "" if none does."""
    reference = pod.metadata.controller_reference
    return reference.name if reference is not None and reference.kind == kind else ""


def _identity(key: ReplicaSet) -> tuple[str, str]:
    return key.kind, key.metadata.name


def _spec_only(replica_set: ReplicaSet | None) -> ReplicaSet | None:
    """What adopting reads of a ReplicaSet: not its status, not its annotations."""
    if replica_set is None or replica_set.metadata.terminating:
        return None
    meta = attrs.evolve(replica_set.metadata, annotations=ObjectMeta().annotations, generation=1)
    return attrs.evolve(replica_set, metadata=meta, status=ReplicaSetStatus())


def _managed(replica_set: ReplicaSet | None) -> ReplicaSet | None:
    """What managing replicas reads of a ReplicaSet: its spec, and whether its status reports a failure."""
    spec = _spec_only(replica_set)
    failure = find_condition(replica_set.status.conditions, REPLICA_FAILURE) if replica_set is not None else None
    if spec is None or failure is None:
        return spec
    return attrs.evolve(spec, status=ReplicaSetStatus(conditions=(failure,)))


def _owned_active(identity: tuple[str, str], pod: Pod | None) -> bool | None:
    kind, name = identity
    return True if pod is not None and owner_name(pod, kind) == name and is_active(pod) else None


OWNED_ACTIVE = Query(POD, ("object",), _owned_active, COUNT, _identity)
"""How many active pods the ReplicaSet owns, as its controller sees them."""


def _expected(name: str | None, expected: tuple[str, str] | None) -> bool | None:
    return True if expected is not None and expected[1] == name else None


EXPECTED = Query(POD, ("expected",), _expected, ANY, lambda key: owner(*_identity(key)))
"""Whether the controller still waits to see what it did to some pod of the ReplicaSet."""


def _orphan(parameter: tuple[str, LabelSelector | None], pod: Pod | None) -> bool | None:
    return True if pod is not None and adoptable(pod, *parameter) else None


ORPHANS = Query(POD, ("object",), _orphan, COUNT, lambda key: (key.metadata.namespace, key.spec.selector))
"""How many pods without controller the ReplicaSet claims, as its controller sees them."""


def _surplus(key: ReplicaSet, active: int, **_answers: Any) -> tuple[str, str] | None:
    return _identity(key) if active > key.spec.replicas else None


def _rankable(identity: tuple[str, str] | None, pod: Pod | None, runtime: Any) -> Ranked | None:
    if identity is None or pod is None or not _owned_active(identity, pod):
        return None
    bare = attrs.evolve(
        pod,
        metadata=attrs.evolve(pod.metadata, owner_references=(), uid=None),
        status=PodStatus(phase=pod.status.phase, conditions=pod.status.conditions),
    )
    # Restart counts stand in the pod's status in a cluster; here the runtime holds them.
    return Ranked(bare, runtime.restarts if runtime is not None else 0)


RANKED = Query(POD, ("object", "runtime"), _rankable, MULTISET, _surplus)
"""What the deletion ranking reads of each owned pod; asked for only when there are too many."""


def _sibling(controller: Any, replica_set: ReplicaSet | None) -> tuple[str, LabelSelector | None] | None:
    if replica_set is None or not shares_controller(controller, replica_set):
        return None
    return replica_set.metadata.namespace, replica_set.spec.selector


def _ranking_controller(key: ReplicaSet, active: int, **_answers: Any) -> Any:
    return key.metadata.controller_reference if active > key.spec.replicas > 0 else None


def _siblings(kind: str) -> Query:
    """Namespace and selector of the objects of the same controller, its own too; asked for only to rank pods."""
    return Query(kind, ("object",), _sibling, DISTINCT, _ranking_controller)


def _related(siblings: tuple[tuple[str, LabelSelector | None], ...], pod: Pod | None) -> tuple[str, int] | None:
    return (pod.spec.node_name, 1) if pod is not None and related(pod, siblings) else None


COLOCATED = Query(POD, ("object",), _related, SUM_BY, lambda _key, siblings, **_answers: siblings)
"""How many active pods of these ReplicaSets are on each node."""


def _manage(
    replica_set: ReplicaSet,
    active: int,
    expected: bool,
    orphans: int,
    ranked: tuple[tuple[Ranked, int], ...] = (),
    siblings: tuple[Any, ...] = (),
    colocated: tuple[tuple[str, int], ...] = (),
) -> Iterable[Alternative]:
    difference = replicas_to_change(active, replica_set.spec.replicas)
    # A sync that cannot adopt what it claims ends with that error, before it counts replicas.
    if expected or orphans or difference == 0:
        return
    because = f"replicas of {replica_set.metadata.name}: {replica_set.spec.replicas} wanted, {active} active"
    if difference > 0:
        yield Alternative(create_pods(replica_set, difference), because)
        return
    for pods in victims(ranked, dict(colocated), -difference):
        yield Alternative(delete_pods(replica_set, pods), f"{because}; least in the ranking")


def _manage_rule(kind: str) -> Rule:
    return Rule(
        name="manage replicas",
        key=Key(kind, ("object",), _managed),
        queries={"active": OWNED_ACTIVE, "expected": EXPECTED, "orphans": ORPHANS},
        stages=({"ranked": RANKED, "siblings": _siblings(kind)}, {"colocated": COLOCATED}),
        decide=_manage,
        several_requests=True,
        reference="controllers-workloads §1.3",
        meaning="creates missing pods, or deletes the least of the ranking; reports it if the API server refuses",
    )


def _counted(parameter: tuple[tuple[str, str], Any], pod: Pod | None) -> Counted | None:
    identity, template_labels = parameter
    if pod is None or not _owned_active(identity, pod):
        return None
    # Where some ReplicaSet has minReadySeconds, ``counting`` puts another query in the place of this one.
    return counted(pod, template_labels, 0, 0.0)


def _failed(key: ReplicaSet) -> str | None:
    failed = find_condition(key.status.conditions, REPLICA_FAILURE) is not None
    return owner(*_identity(key)) if failed else None


def _status(replica_set: ReplicaSet, pods: tuple[tuple[Counted, int], ...], expected: bool) -> Iterable[Alternative]:
    status = count(replica_set.status, pods, replica_set.metadata.generation)
    difference = replicas_to_change(status.replicas, replica_set.spec.replicas)
    if expected or difference == 0 or replica_set.metadata.terminating:
        # This sync creates and deletes nothing, so nothing of it fails.
        status = attrs.evolve(status, conditions=replica_failure(status.conditions, ""))
    if status != replica_set.status:
        yield Alternative(
            update_status(replica_set, status), "its pods, or what became of them, changed since the status was written"
        )


def _status_rule(kind: str) -> Rule:
    return Rule(
        name="update status",
        key=Key(kind, ("object",), lambda replica_set: replica_set),
        queries={
            "pods": Query(
                POD, ("object",), _counted, MULTISET, lambda key: (_identity(key), key.spec.template.metadata.labels)
            ),
            "expected": Query(POD, ("expected",), _expected, ANY, _failed),
        },
        decide=_status,
        reference="controllers-workloads §1.4",
        meaning="writes the counts of active, ready and available pods, if they changed",
    )


def _live(parameter: ReplicaSet, stored: ReplicaSet | None) -> bool | None:
    if stored is None or stored.metadata.name != parameter.metadata.name:
        return None
    return True if may_adopt(parameter.metadata, stored.metadata) else None


def _adopt(replica_set: ReplicaSet, orphans: int, live: bool) -> Iterable[Alternative]:
    if live and orphans:
        yield Alternative(
            adopt_pods(replica_set, orphans),
            f"{orphans} pods without controller match the selector of {replica_set.metadata.name}",
        )


def _adopt_rule(kind: str) -> Rule:
    return Rule(
        name="adopt",
        key=Key(kind, ("object",), _spec_only),
        queries={
            "orphans": ORPHANS,
            "live": Query(kind, ("object",), _live, ANY, read=Read.QUORUM),
        },
        decide=_adopt,
        several_requests=True,
        reference="00-index §4 controller ref manager (#42639)",
        meaning="takes over pods without controller that match, after a live read of the object",
    )


observe = observer(REPLICA_SET)
"""The expectation about a pod after the controller saw it change (00-index §4, expectations)."""


def told(pod: Pod | None) -> Pod | None:
    """What the controller can tell of a pod: of one that is not active, nothing but for what it expects of it.

    It counts, ranks, adopts and deletes active pods alone (controllers-workloads, definitions).
    """
    return pod if pod is not None and is_active(pod) else None


def forget_at_once(expected: tuple[str, str] | None, _before: Pod | None, _after: Pod | None) -> tuple[str, str] | None:
    """The expectation when expectations are switched off: none; those of others stay."""
    return None if owned_by(expected, REPLICA_SET) else expected


def keeping(kind: str, *, expiry: bool = True, drops: bool = False, min_ready: Iterable[int] = ()) -> tuple[Rule, ...]:
    """The rules that keep as many pods as each object of ``kind`` asks for; see ``component``."""
    timers = tuple(ready_for(seconds, kind) for seconds in min_ready)
    status = counting(_status_rule(kind), _owned_active) if timers else _status_rule(kind)
    rules = (_adopt_rule(kind), _manage_rule(kind), status)
    return (
        *rules,
        *((expiry_rule(kind),) if expiry else ()),
        *((dropping_rule(kind),) if drops else ()),
        *timers,
    )


def component(
    *, expectations: bool = True, expiry: bool = True, drops: bool = False, min_ready: Sequence[int] = ()
) -> Component:
    """The controller. ``expectations`` and their ``expiry`` are switches, to show what they are there for.

    ``drops``: whether ReplicaSets can be deleted while it expects pods that were never created. ``min_ready``: the
    minReadySeconds above zero that ReplicaSets have.
    """
    rules = keeping(REPLICA_SET, expiry=expectations and expiry, drops=drops, min_ready=min_ready)
    if not expectations:
        rules = tuple(_without_expectations(rule) for rule in rules)
    return Component(
        name=NAME,
        rules=rules,
        process=KUBE_CONTROLLER_MANAGER,
        guards=(process_runs(KUBE_CONTROLLER_MANAGER),),
        handlers=(
            Handler(POD, "expected", observe if expectations else forget_at_once),
            *((UNSEASON,) if min_ready else ()),
        ),
        duty="keeps as many active pods as each ReplicaSet asks for",
        reference="controllers-workloads §1",
    )


NOTHING_EXPECTED = Query(POD, ("expected",), lambda _parameter, _expected: None, ANY, no_parameter)


def _without_expectations(rule: Rule) -> Rule:
    if "expected" not in rule.queries:
        return rule
    return attrs.evolve(rule, queries={**rule.queries, "expected": NOTHING_EXPECTED})


def asks(replica_set: ReplicaSet | None) -> str:
    """The name of the state that a stored ReplicaSet is in."""
    if replica_set is None:
        return "Absent"
    if replica_set.spec.replicas == 0:
        return "Empty"
    return "Met" if replica_set.status.available_replicas == replica_set.spec.replicas else "Unmet"


STATES = {
    "Absent": "no such object",
    "Empty": "asks for no replicas",
    "Unmet": "asks for replicas that its status does not report available",
    "Met": "its status reports as many available replicas as it asks for",
}
_PRESENT = ("Empty", "Unmet", "Met")
_DEPLOYMENT, _COLLECTOR, _USER = "deployment-controller", "garbage-collector", "user"
_NAMESPACES = "namespace-controller"
_AUTOSCALER = "horizontal-pod-autoscaler-controller"

MACHINE = Machine(
    name="replicaset",
    kind=REPLICA_SET,
    fields=("object",),
    states=states_by(asks, STATES),
    initial="Absent",
    arrows=(
        Arrow("create", "Absent", "Unmet", _DEPLOYMENT, "controllers-workloads §2"),
        Arrow("create empty", "Absent", "Empty", _DEPLOYMENT, "controllers-workloads §2"),
        Arrow("scale from zero", "Empty", "Unmet", _DEPLOYMENT, "controllers-workloads §2"),
        Arrow("scale from zero, status behind", "Empty", "Met", _DEPLOYMENT, "controllers-workloads §2"),
        Arrow("scale", "Met", "Unmet", _DEPLOYMENT, "controllers-workloads §2"),
        Arrow("scale", "Unmet", "Met", _DEPLOYMENT, "controllers-workloads §2"),
        Arrow("scale", "Met", "Unmet", _AUTOSCALER, "controllers-cluster §10.4"),
        Arrow("scale", "Unmet", "Met", _AUTOSCALER, "controllers-cluster §10.4"),
        Arrow("scale to zero", "Met", "Empty", _DEPLOYMENT, "controllers-workloads §2"),
        Arrow("scale to zero", "Unmet", "Empty", _DEPLOYMENT, "controllers-workloads §2"),
        Arrow("clean up history", "Empty", "Absent", _DEPLOYMENT, "controllers-workloads §2 C"),
        *(Arrow("delete", state, "Absent", _USER, "kube-apiserver §4") for state in _PRESENT),
        *(Arrow("collect", state, "Absent", _COLLECTOR, "controllers-cluster §6") for state in _PRESENT),
        *(Arrow("delete", state, "Absent", _NAMESPACES, "controllers-cluster §5") for state in _PRESENT),
        Arrow("update status", "Unmet", "Met", NAME, "controllers-workloads §1.4"),
        Arrow("update status", "Met", "Unmet", NAME, "controllers-workloads §1.4"),
    ),
    meaning="what a ReplicaSet asks for, and what its status says of it",
    reference="controllers-workloads §1",
)
