"""The ReplicaSet controller: as many active pods as the ReplicaSet asks for.

Duty (controllers-workloads §1): count the pods that a ReplicaSet owns, adopt orphans that match, create what is
missing, delete what is too much in the order of the ranking, report counts in the status. It does not act while it
still expects to see what it did before (00-index §4, expectations).

Life of a key: a pod or the ReplicaSet changes -> adopt -> manage replicas (creates or deletes) -> status. The
controller is one loop inside kube-controller-manager: expectations and the position in a plan are that process's
memory, lost when it ends.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

import attrs

from ...kinds import CREATION, DELETION, KUBE_CONTROLLER_MANAGER, POD, REPLICA_SET, process_runs
from ...language.component import Component, Handler, Key, Rule
from ...language.machine import Arrow, Machine, State
from ...language.plan import IT, KEY, Alternative, Call, Chosen, New, Set, Write
from ...language.query import ANY, COUNT, MULTISET, Query, Read, no_parameter
from ...language.request import ApiCall, DeleteOptions, Outcome, Preconditions, Verb
from ...objects.metadata import ObjectMeta, OwnerReference
from ...objects.pod import Pod, PodStatus
from ...objects.selectors import LabelSelector
from ...objects.workloads import ReplicaSet, ReplicaSetStatus
from .replicaset_decisions import (
    Counted,
    deletion_rank,
    is_active,
    is_available,
    replicas_to_change,
)

NAME = "replicaset-controller"
EXPECTATIONS_TIMEOUT = 300.0
"""Seconds after which unmet expectations no longer hold the controller back (00-index §4)."""


def owner_name(pod: Pod) -> str:
    """Name of the ReplicaSet that controls the pod, "" if none does."""
    reference = pod.metadata.controller_reference
    return reference.name if reference is not None and reference.kind == REPLICA_SET else ""


def _controller_reference(replica_set: ReplicaSet) -> OwnerReference:
    meta = replica_set.metadata
    return OwnerReference(REPLICA_SET, meta.name, meta.uid, controller=True, block_owner_deletion=True)


def new_pod(replica_set: ReplicaSet) -> Pod:
    """The pod that the controller posts: the template, with the ReplicaSet as controller. Its name is generated."""
    template = replica_set.spec.template
    return Pod(
        metadata=ObjectMeta(
            namespace=replica_set.metadata.namespace,
            labels=template.metadata.labels,
            annotations=template.metadata.annotations,
            finalizers=template.metadata.finalizers,
            owner_references=(_controller_reference(replica_set),),
        ),
        spec=template.spec,
    )


@attrs.frozen(cache_hash=True)
class WriteStatus:
    """The edit that stores a ReplicaSet's status."""

    status: ReplicaSetStatus

    def __call__(self, stored: ReplicaSet, /) -> ReplicaSet:
        """The ReplicaSet with the new status."""
        return attrs.evolve(stored, status=self.status)


@attrs.frozen(cache_hash=True)
class AdoptBy:
    """The edit that makes ``reference`` the controller of a pod."""

    reference: OwnerReference

    def __call__(self, stored: Pod, /) -> Pod:
        """The pod with the reference added."""
        meta = attrs.evolve(stored.metadata, owner_references=(*stored.metadata.owner_references, self.reference))
        return attrs.evolve(stored, metadata=meta)


def _spec_only(replica_set: ReplicaSet | None) -> ReplicaSet | None:
    """What managing replicas reads of a ReplicaSet: not its status, not its annotations."""
    if replica_set is None or replica_set.metadata.terminating:
        return None
    meta = attrs.evolve(replica_set.metadata, annotations=ObjectMeta().annotations, generation=1)
    return attrs.evolve(replica_set, metadata=meta, status=ReplicaSetStatus())


def _owned_active(name: str, pod: Pod | None) -> bool | None:
    return True if pod is not None and owner_name(pod) == name and is_active(pod) else None


OWNED_ACTIVE = Query(POD, ("object",), _owned_active, COUNT, lambda key: key.metadata.name)
"""How many active pods the ReplicaSet owns, as its controller sees them."""


def _expected(name: str, expected: tuple[str, str] | None) -> bool | None:
    return True if expected is not None and expected[1] == name else None


EXPECTED = Query(POD, ("expected",), _expected, ANY, lambda key: key.metadata.name)
"""Whether the controller still waits to see what it did to some pod of the ReplicaSet."""


def _surplus(key: ReplicaSet, active: int, **_answers: Any) -> str | None:
    return key.metadata.name if active > key.spec.replicas else None


def _rankable(name: str | None, pod: Pod | None, runtime: Any) -> Pod | None:
    if name is None or pod is None or not _owned_active(name, pod):
        return None
    # Restart counts stand in the pod's status in a cluster; here the runtime holds them.
    restarts = runtime.restarts if runtime is not None else 0
    return attrs.evolve(
        pod,
        metadata=attrs.evolve(pod.metadata, owner_references=(), uid=restarts or None),
        status=PodStatus(phase=pod.status.phase, conditions=pod.status.conditions),
    )


RANKED = Query(POD, ("object", "runtime"), _rankable, MULTISET, _surplus)
"""What the deletion ranking reads of each owned pod; asked for only when there are too many."""


def _manage(
    replica_set: ReplicaSet, active: int, expected: bool, ranked: tuple[tuple[Pod, int], ...] = ()
) -> Iterable[Alternative]:
    difference = replicas_to_change(active, replica_set.spec.replicas)
    if expected or difference == 0:
        return
    name = replica_set.metadata.name
    wanted = replica_set.spec.replicas
    if difference > 0:
        create = Call(
            New(POD),
            ApiCall(Verb.CREATE, POD, new_pod(replica_set)),
            memory=(("expected", Set((CREATION, name))),),
            on=tuple((outcome, (Write(IT, "expected", Set(None)),)) for outcome in _REFUSED),
        )
        yield Alternative((create,) * difference, f"{name} wants {wanted} replicas and sees {active} active")
        return
    for victims in _victims(ranked, -difference):
        plan = tuple(
            Call(
                Chosen("ranked", pod),
                ApiCall(Verb.DELETE, POD, DeleteOptions()),
                memory=(("expected", Set((DELETION, name))),),
                on=tuple((outcome, (Write(IT, "expected", Set(None)),)) for outcome in _REFUSED),
            )
            for pod in victims
        )
        yield Alternative(plan, f"{name} wants {wanted} replicas and sees {active} active; least in the ranking")


_REFUSED = tuple(outcome for outcome in Outcome if not outcome.success)


def _victims(ranked: tuple[tuple[Pod, int], ...], count: int) -> Iterable[tuple[Pod, ...]]:
    """Every choice of the ``count`` least pods of the ranking; ties are alternatives."""
    on_node = Counter[str]()
    for pod, number in ranked:
        on_node[pod.spec.node_name] += number
    by_rank: dict[tuple[Any, ...], list[tuple[Pod, int]]] = {}
    for pod, number in ranked:
        restarts = 1 if pod.metadata.uid else 0
        rank = deletion_rank(
            attrs.evolve(pod, metadata=attrs.evolve(pod.metadata, uid=None)),
            on_node[pod.spec.node_name] if pod.spec.node_name else 0,
            0.0,
            restarts,
        )
        by_rank.setdefault(rank, []).append((pod, number))
    chosen: list[tuple[Pod, ...]] = [()]
    left = count
    for rank in sorted(by_rank):
        tied = by_rank[rank]
        available = sum(number for _, number in tied)
        take = min(left, available)
        chosen = [(*before, *some) for before in chosen for some in _selections(tied, take)]
        left -= take
        if left == 0:
            break
    return chosen


def _selections(tied: list[tuple[Pod, int]], take: int) -> list[tuple[Pod, ...]]:
    if not tied:
        return [()] if take == 0 else []
    (pod, number), *rest = tied
    return [
        (*((pod,) * some), *others)
        for some in range(min(number, take), -1, -1)
        for others in _selections(rest, take - some)
    ]


MANAGE = Rule(
    name="manage replicas",
    key=Key(REPLICA_SET, ("object",), _spec_only),
    queries={"active": OWNED_ACTIVE, "expected": EXPECTED},
    stages=({"ranked": RANKED},),
    decide=_manage,
    several_requests=True,
    reference="controllers-workloads §1.3",
    meaning="creates missing pods, or deletes the least of the ranking",
)


def _counted(parameter: tuple[str, LabelSelector | None], pod: Pod | None) -> Counted | None:
    name, selector = parameter
    if pod is None or not _owned_active(name, pod):
        return None
    labels = pod.metadata.labels
    matches = selector is None or all(labels.get(key) == value for key, value in selector.match_labels.items())
    # Assumption min-ready-seconds: a pod is available as soon as it is ready.
    return Counted(matches, is_available(pod, 0, 0.0), is_available(pod, 0, 0.0))


def _status(replica_set: ReplicaSet, counted: tuple[tuple[Counted, int], ...]) -> Iterable[Alternative]:
    status = attrs.evolve(
        replica_set.status,
        observed_generation=replica_set.metadata.generation,
        replicas=sum(number for _, number in counted),
        fully_labeled_replicas=sum(number for one, number in counted if one.fully_labeled),
        ready_replicas=sum(number for one, number in counted if one.ready),
        available_replicas=sum(number for one, number in counted if one.available),
    )
    if status != replica_set.status:
        update = ApiCall(Verb.UPDATE, REPLICA_SET, WriteStatus(status), "status", Preconditions(seen=replica_set))
        yield Alternative((Call(KEY, update),), "its pods have changed since the status was written")


STATUS = Rule(
    name="update status",
    key=Key(REPLICA_SET, ("object",), lambda replica_set: replica_set),
    queries={
        "counted": Query(
            POD,
            ("object",),
            _counted,
            MULTISET,
            lambda key: (key.metadata.name, key.spec.selector),
        )
    },
    decide=_status,
    reference="controllers-workloads §1.4",
    meaning="writes the counts of active, ready and available pods, if they changed",
)


def _orphan(parameter: tuple[str, LabelSelector], pod: Pod | None) -> Pod | None:
    namespace, selector = parameter
    if pod is None or pod.metadata.controller_reference is not None or not is_active(pod):
        return None
    return pod if pod.metadata.namespace == namespace and selector.matches(pod.metadata.labels) else None


def _live(parameter: ReplicaSet, stored: ReplicaSet | None) -> bool | None:
    if stored is None or stored.metadata.name != parameter.metadata.name:
        return None
    return True if stored.metadata.uid == parameter.metadata.uid and not stored.metadata.terminating else None


def _adopt(replica_set: ReplicaSet, orphans: tuple[tuple[Pod, int], ...], live: bool) -> Iterable[Alternative]:
    if live:
        for pod, _ in orphans:
            patch = ApiCall(Verb.PATCH, POD, AdoptBy(_controller_reference(replica_set)))
            yield Alternative(
                (Call(Chosen("orphans", pod), patch),),
                f"a pod without controller matches the selector of {replica_set.metadata.name}",
            )


ADOPT = Rule(
    name="adopt",
    key=Key(REPLICA_SET, ("object",), _spec_only),
    queries={
        "orphans": Query(
            POD,
            ("object",),
            _orphan,
            MULTISET,
            lambda key: (key.metadata.namespace, key.spec.selector or LabelSelector()),
        ),
        "live": Query(REPLICA_SET, ("object",), _live, ANY, read=Read.QUORUM),
    },
    decide=_adopt,
    reference="00-index §4 controller ref manager (#42639)",
    meaning="takes over a pod without controller that matches, after a live read of the ReplicaSet",
)


def _any_expected(expected: tuple[str, str] | None) -> tuple[str, str] | None:
    return expected


def _expire(expected: tuple[str, str]) -> Iterable[Alternative]:
    yield Alternative(
        (Write(KEY, "expected", Set(None)),), f"{expected[1]} has waited 5 minutes to see a {expected[0]}"
    )


EXPIRE = Rule(
    name="expectation expires",
    key=Key(POD, ("expected",), _any_expected),
    decide=_expire,
    duration=EXPECTATIONS_TIMEOUT,
    reference="00-index §4 expectations",
    meaning="an expectation older than 5 minutes no longer holds the controller back",
)


def observe(expected: tuple[str, str] | None, _before: Pod | None, after: Pod | None) -> tuple[str, str] | None:
    """The expectation about a pod after the controller saw it change (00-index §4, expectations)."""
    if expected is None:
        return None
    if expected[0] == CREATION:
        return None if after is not None else expected
    return None if after is None or after.metadata.terminating else expected


def forget_at_once(
    _expected: tuple[str, str] | None, _before: Pod | None, _after: Pod | None
) -> tuple[str, str] | None:
    """The expectation when expectations are switched off: none."""
    return None


def component(*, expectations: bool = True, expiry: bool = True) -> Component:
    """The controller. ``expectations`` and their ``expiry`` are switches, to show what they are there for."""
    rules: tuple[Rule, ...] = (ADOPT, MANAGE, STATUS, EXPIRE) if expectations and expiry else (ADOPT, MANAGE, STATUS)
    if not expectations:
        rules = tuple(_without_expectations(rule) for rule in rules)
    return Component(
        name=NAME,
        rules=rules,
        process=KUBE_CONTROLLER_MANAGER,
        guards=(process_runs(KUBE_CONTROLLER_MANAGER),),
        handlers=(Handler(POD, "expected", observe if expectations else forget_at_once),),
        duty="keeps as many active pods as each ReplicaSet asks for",
        reference="controllers-workloads §1",
    )


NOTHING_EXPECTED = Query(POD, ("expected",), lambda _parameter, _expected: None, ANY, no_parameter)


def _without_expectations(rule: Rule) -> Rule:
    if "expected" not in rule.queries:
        return rule
    return attrs.evolve(rule, queries={**rule.queries, "expected": NOTHING_EXPECTED})


def _asks(replica_set: ReplicaSet | None) -> str:
    if replica_set is None:
        return "Absent"
    if replica_set.spec.replicas == 0:
        return "Empty"
    return "Met" if replica_set.status.available_replicas == replica_set.spec.replicas else "Unmet"


_STATES = {
    "Absent": "no such ReplicaSet",
    "Empty": "asks for no replicas",
    "Unmet": "asks for replicas that its status does not report available",
    "Met": "its status reports as many available replicas as it asks for",
}
_DEPLOYMENT, _USER = "deployment-controller", "user"

MACHINE = Machine(
    name="replicaset",
    kind=REPLICA_SET,
    fields=("object",),
    states=tuple(
        State(name, lambda replica_set, name=name: _asks(replica_set) == name, text) for name, text in _STATES.items()
    ),
    initial="Absent",
    arrows=(
        Arrow("create", "Absent", "Unmet", _DEPLOYMENT, "controllers-workloads §2"),
        Arrow("create empty", "Absent", "Empty", _DEPLOYMENT, "controllers-workloads §2"),
        Arrow("scale from zero", "Empty", "Unmet", _DEPLOYMENT, "controllers-workloads §2"),
        Arrow("scale", "Met", "Unmet", _DEPLOYMENT, "controllers-workloads §2"),
        Arrow("scale", "Unmet", "Met", _DEPLOYMENT, "controllers-workloads §2"),
        Arrow("scale to zero", "Met", "Empty", _DEPLOYMENT, "controllers-workloads §2"),
        Arrow("scale to zero", "Unmet", "Empty", _DEPLOYMENT, "controllers-workloads §2"),
        Arrow("clean up history", "Empty", "Absent", _DEPLOYMENT, "controllers-workloads §2 C"),
        Arrow("update status", "Unmet", "Met", NAME, "controllers-workloads §1.4"),
        Arrow("update status", "Met", "Unmet", NAME, "controllers-workloads §1.4"),
    ),
    meaning="what a ReplicaSet asks for, and what its status says of it",
    reference="controllers-workloads §1",
)
