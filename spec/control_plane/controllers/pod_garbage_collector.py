"""The pod garbage collector: ends pods that no kubelet will ever end (controllers-cluster §8).

Duty: pods of nodes whose object is gone, pods that are being deleted and have no node, pods that are being deleted on
a node that is out of service. Each is marked Failed, if it has not finished, and then deleted with grace 0. Whatever
still runs of it on a machine is not touched: safe only if the node is really gone.

Finished pods beyond a threshold are deleted too, the oldest first. Its default, 12500, is out of a model's reach; the
switch ``finished-pods-kept`` sets a lower one, and then any of them is taken: ages are not kept.
"""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from ...kinds import KUBE_CONTROLLER_MANAGER, NODE, POD, process_runs
from ...language.component import Component, Countdown, Key, Rule
from ...language.plan import KEY, Alternative, Call, Step
from ...language.query import ANY, COUNT, Query, Read
from ...language.request import ApiCall, DeleteOptions, Verb
from ...node.heartbeat import node_of
from ...objects.conditions import Condition, with_condition
from ...objects.node import Node
from ...objects.pod import FAILED, Pod, is_terminal
from .node_taints import ready_status

NAME = "pod-garbage-collector"

QUARANTINE = 40.0
"""Seconds that a node is missing before its pods are collected."""

PERIOD = 20.0
"""Seconds between two passes."""

OUT_OF_SERVICE = "node.kubernetes.io/out-of-service"
"""Key of the taint by which a user says that a node is down for good."""


EVICTED = "Evicted"
"""The reason of pods that a kubelet under pressure has ended."""

COLLECTED = Condition("DisruptionTarget", "True", "DeletionByPodGC")
"""The condition of a pod that this controller ended; its containers may run on."""


def must_collect(terminating: bool, node_name: str, *, node_gone: bool, out_of_service: bool) -> bool:
    """Whether a pod is collected. ``node_gone``: its node has no object. ``out_of_service``: that node is given up."""
    if node_name and node_gone:
        return True
    return terminating and (not node_name or out_of_service)


def excess(finished: int, threshold: int) -> int:
    """How many of so many finished pods are deleted."""
    return max(0, finished - threshold)


def finished_to_collect(pods: Iterable[Pod], threshold: int) -> tuple[Pod, ...]:
    """The finished pods that are deleted: those that were evicted first, then the oldest."""
    finished = [pod for pod in pods if is_terminal(pod)]
    evicted_first = sorted(
        finished, key=lambda pod: (pod.status.reason != EVICTED, pod.metadata.creation_timestamp or 0.0)
    )
    return tuple(evicted_first[: excess(len(finished), threshold)])


@attrs.frozen(cache_hash=True)
class MarkFailed:
    """The phase becomes Failed, and the condition DisruptionTarget says by whom."""

    def __call__(self, pod: Pod, /) -> Pod:
        """The pod after the write."""
        conditions = with_condition(pod.status.conditions, COLLECTED)
        return attrs.evolve(pod, status=attrs.evolve(pod.status, phase=FAILED, conditions=conditions))


@attrs.frozen(cache_hash=True)
class _Candidate:
    node: str
    terminating: bool
    finished: bool


def _candidate(pod: Pod | None) -> _Candidate | None:
    if pod is None or not (pod.spec.node_name or pod.metadata.terminating):
        return None
    return _Candidate(pod.spec.node_name, pod.metadata.terminating, is_terminal(pod))


def _terminating(pod: Pod | None) -> _Candidate | None:
    key = _candidate(pod)
    return key if key is not None and key.terminating else None


def _bound(pod: Pod | None) -> _Candidate | None:
    key = _candidate(pod)
    return key if key is not None and key.node else None


def _collect(key: _Candidate, because: str) -> list[Alternative]:
    plan: list[Step] = []
    if not key.finished:
        plan.append(Call(KEY, ApiCall(Verb.PATCH, POD, MarkFailed(), "status")))
    plan.append(Call(KEY, ApiCall(Verb.DELETE, POD, DeleteOptions(0))))
    return [Alternative(tuple(plan), because)]


def _there(name: str, other: str, node: Node | None) -> bool | None:
    return True if name == other and node is not None else None


def out_of_service(node: Node) -> bool:
    """Whether the node is not ready and carries the taint out-of-service."""
    tainted = any(taint.key == OUT_OF_SERVICE for taint in node.spec.taints)
    return tainted and ready_status(node.status.conditions) != "True"


def _given_up(name: str, other: str, node: Node | None) -> bool | None:
    return True if name == other and node is not None and out_of_service(node) else None


def _collect_orphan(key: _Candidate, there: bool) -> list[Alternative]:
    if not must_collect(key.terminating, key.node, node_gone=not there, out_of_service=False):
        return []
    return _collect(key, "the pod's node has no object")


def _collect_terminating(key: _Candidate, given_up: bool) -> list[Alternative]:
    if not must_collect(key.terminating, key.node, node_gone=False, out_of_service=given_up):
        return []
    return _collect(key, "the pod's node is out of service" if key.node else "the pod never got a node")


COLLECT_ORPHAN = Rule(
    name="collect pod of missing node",
    key=Key(POD, ("object",), _bound),
    decide=_collect_orphan,
    queries={"there": Query(NODE, ("name", "object"), _there, ANY, node_of, read=Read.QUORUM)},
    duration=QUARANTINE,
    several_requests=True,
    reference="controllers-cluster §8",
    meaning="a pod whose node has no object any more is marked Failed and deleted",
)

COLLECT_TERMINATING = Rule(
    name="collect terminating pod",
    key=Key(POD, ("object",), _terminating),
    decide=_collect_terminating,
    queries={"given_up": Query(NODE, ("name", "object"), _given_up, ANY, node_of)},
    duration=PERIOD,
    countdown=Countdown(periodic=True),
    several_requests=True,
    reference="controllers-cluster §8",
    meaning="a pod that is being deleted, without a node or on one out of service, is marked Failed and deleted",
)


def _finished(pod: Pod | None) -> bool | None:
    return True if pod is not None and is_terminal(pod) and not pod.metadata.terminating else None


def _collect_finished(threshold: int) -> Rule:
    def decide(_key: bool, finished: int) -> list[Alternative]:
        if not excess(finished, threshold):
            return []
        delete = Call(KEY, ApiCall(Verb.DELETE, POD, DeleteOptions(0)))
        return [Alternative((delete,), f"{finished} pods have finished, {threshold} are kept")]

    return Rule(
        name="collect finished pod",
        key=Key(POD, ("object",), _finished),
        decide=decide,
        queries={"finished": Query(POD, ("object",), lambda _key, pod: _finished(pod), COUNT)},
        duration=PERIOD,
        countdown=Countdown(periodic=True),
        reference="controllers-cluster §8",
        meaning="finished pods beyond the threshold are deleted",
    )


def component(finished_kept: int | None = None) -> Component:
    """The pod garbage collector. ``finished_kept``: a threshold for finished pods that a model can reach."""
    finished = () if finished_kept is None else (_collect_finished(finished_kept),)
    return Component(
        name=NAME,
        rules=(COLLECT_ORPHAN, COLLECT_TERMINATING, *finished),
        process=KUBE_CONTROLLER_MANAGER,
        guards=(process_runs(KUBE_CONTROLLER_MANAGER),),
        duty="marks and deletes pods that no kubelet will ever end",
        reference="controllers-cluster §8",
    )
