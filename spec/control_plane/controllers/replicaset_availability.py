"""minReadySeconds of ReplicaSets: pods that are available only some time after they became ready (§1.4, §1.5).

Instants are not kept. A pod's field ``seasoned`` says that it has been ready for as long as its ReplicaSet asks; a
timer sets it, and readiness that is lost takes it away. It stands for the last change of the pod's condition Ready, so
it is no process's memory.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import attrs

from ...kinds import POD, REPLICA_SET
from ...language.component import Countdown, Handler, Key, Rule
from ...language.plan import KEY, Alternative, Set, Write
from ...language.query import ANY, MULTISET, Query
from ...objects.conditions import condition_is_true, find_condition
from ...objects.pod import Pod
from ...objects.workloads import ReplicaSet
from .replicaset_decisions import Counted, counted

SEASONED = "seasoned"


def representative(pod: Pod) -> Pod:
    """The pod with its condition Ready dated at instant 0, if it has one."""
    ready = find_condition(pod.status.conditions, "Ready")
    if ready is None:
        return pod
    dated = attrs.evolve(ready, last_transition_time=0.0)
    conditions = tuple(dated if condition is ready else condition for condition in pod.status.conditions)
    return attrs.evolve(pod, status=attrs.evolve(pod.status, conditions=conditions))


def count_seasoned(template_labels: Any, min_ready_seconds: int, pod: Pod, seasoned: bool) -> Counted:
    """What a ReplicaSet's status counts of a pod: now is so much later than it became ready."""
    now = float(min_ready_seconds) if seasoned else 0.0
    return counted(representative(pod), template_labels, min_ready_seconds, now)


def _is_ready(pod: Pod | None) -> bool:
    return pod is not None and condition_is_true(pod.status.conditions, "Ready")


def ready_for(seconds: int, kind: str = REPLICA_SET) -> Rule:
    """The timer of ReplicaSets, or objects of ``kind``, whose minReadySeconds are so many."""

    def ripens(pod: Pod | None, seasoned: bool) -> str | None:
        reference = pod.metadata.controller_reference if pod is not None else None
        if seasoned or reference is None or reference.kind != kind:
            return None
        return reference.name if _is_ready(pod) else None

    def asks(name: str, replica_set: ReplicaSet | None) -> bool | None:
        mine = replica_set is not None and replica_set.metadata.name == name
        return True if mine and replica_set is not None and replica_set.spec.min_ready_seconds == seconds else None

    def decide(_name: str, asked: bool) -> Iterable[Alternative]:
        if asked:
            yield Alternative((Write(KEY, SEASONED, Set(True)),), f"the pod has been ready for {seconds} s")

    return Rule(
        name=f"minReadySeconds {seconds} s pass",
        key=Key(POD, ("object", SEASONED), ripens),
        queries={"asked": Query(kind, ("object",), asks, ANY)},
        decide=decide,
        duration=float(seconds),
        countdown=Countdown(stored=True),
        reference="controllers-workloads §1.5",
        meaning="a pod that stayed ready becomes available, and its ReplicaSet is looked at again",
    )


def _still(seasoned: bool, _before: Pod | None, after: Pod | None) -> bool:
    return seasoned and _is_ready(after)


UNSEASON = Handler(POD, SEASONED, _still)
"""Readiness that is lost has to last anew."""


def counting(status: Rule, owned: Any) -> Rule:
    """The rule that writes the status, where pods have to be ready for a while; ``owned(identity, pod)`` ones count."""

    def classify(parameter: tuple[tuple[str, str], Any, int], pod: Pod | None, seasoned: bool) -> Counted | None:
        identity, labels, seconds = parameter
        return None if pod is None or not owned(identity, pod) else count_seasoned(labels, seconds, pod, seasoned)

    def parameter(key: ReplicaSet) -> tuple[tuple[str, str], Any, int]:
        return (key.kind, key.metadata.name), key.spec.template.metadata.labels, key.spec.min_ready_seconds

    pods = Query(POD, ("object", SEASONED), classify, MULTISET, parameter)
    return attrs.evolve(status, queries={**status.queries, "pods": pods})
