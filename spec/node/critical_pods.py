"""Room for critical pods: a kubelet ends others on its node rather than reject one (kubelet §4).

A pod is critical by its priority, as those of system-node-critical are. Where it does not fit, the kubelet ends as few
pods as make room for it, none of them critical; then it admits it.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import combinations

import attrs

from ..kinds import NODE, POD, SANDBOX_READY, PodRuntime
from ..language.component import Key, Rule
from ..language.plan import Alternative, Call, Chosen, RuntimeCall, Step
from ..language.query import MULTISET, ONLY, Query
from ..objects.conditions import Condition, with_condition
from ..objects.node import Node
from ..objects.pod import CRITICAL_PRIORITY, FAILED, Pod, PodSpec
from .admission import Arrival, arrival, occupies, own_node, rejection
from .container_runtime import StopContainer, StopSandbox
from .heartbeat import KUBELET_CONNECTED, node_of
from .pod_requests import status_patch
from .startup import wanted

MAKE_ROOM = "make room for critical pod"
"""The name of the rule."""

PREEMPTING = "Preempting"
"""The reason of a pod that its kubelet ended for a critical one."""


def critical(spec: PodSpec) -> bool:
    """Whether a pod is critical."""
    return (spec.priority or 0) >= CRITICAL_PRIORITY


def _without(running: tuple[PodSpec, ...], ended: tuple[PodSpec, ...]) -> tuple[PodSpec, ...]:
    left = list(running)
    for spec in ended:
        left.remove(spec)
    return tuple(left)


@lru_cache(maxsize=1024)
def victims(
    spec: PodSpec, node: Node, running: tuple[PodSpec, ...], candidates: tuple[PodSpec, ...]
) -> tuple[tuple[PodSpec, ...], ...]:
    """The sets of ``candidates`` whose end makes room for a critical pod, each as small as possible; () if none does.

    ``running``: all that takes room on the node, the candidates among it. Nothing where room is not what is missing.
    """
    if not critical(spec) or not rejection(spec, node, running).startswith("OutOf"):
        return ()
    for count in range(1, len(candidates) + 1):
        sets = dict.fromkeys(combinations(candidates, count))
        enough = tuple(chosen for chosen in sets if not rejection(spec, node, _without(running, chosen)))
        if enough:
            return enough
    return ()


@attrs.frozen(cache_hash=True)
class Preempt:
    """The status of a pod that its kubelet ends for a critical one."""

    def __call__(self, pod: Pod, /) -> Pod:
        """The pod after the report."""
        target = Condition("DisruptionTarget", "True", "TerminationByKubelet")
        conditions = with_condition(with_condition(pod.status.conditions, target), Condition("Ready", "False"))
        return attrs.evolve(
            pod, status=attrs.evolve(pod.status, phase=FAILED, reason=PREEMPTING, conditions=conditions)
        )


def endable(node: str, pod: Pod | None, runtime: PodRuntime | None) -> PodSpec | None:
    """The class of a pod that the kubelet of ``node`` may end for a critical one: it runs there, and is none itself."""
    if pod is None or runtime is None or runtime.node != node or runtime.sandbox != SANDBOX_READY:
        return None
    return pod.spec if wanted(pod) and not critical(pod.spec) else None


def _expanded(counted: tuple[tuple[PodSpec, int], ...]) -> tuple[PodSpec, ...]:
    return tuple(spec for spec, count in counted for _ in range(count))


def _make_room(
    key: Arrival,
    node: Node | None,
    others: tuple[tuple[PodSpec, int], ...],
    endable: tuple[tuple[PodSpec, int], ...],
) -> list[Alternative]:
    if node is None:
        return []
    found = []
    for chosen in victims(key.spec, node, _expanded(others), _expanded(endable)):
        plan: list[Step] = []
        for number, spec in enumerate(chosen):
            victim = Chosen("endable", spec, number)
            plan.append(RuntimeCall(victim, "runtime", StopContainer(), "StopContainer"))
            plan.append(RuntimeCall(victim, "runtime", StopSandbox(), "StopPodSandbox"))
            plan.append(Call(victim, status_patch(None, Preempt())))
        found.append(Alternative(tuple(plan), f"a critical pod does not fit: {len(chosen)} have to go for it"))
    return found


MAKE_ROOM_FOR_CRITICAL = Rule(
    name=MAKE_ROOM,
    key=Key(POD, ("object", "runtime", "worker"), lambda *values: _critical(arrival(*values))),
    decide=_make_room,
    queries={
        "node": Query(NODE, ("name", "object"), own_node, ONLY, node_of),
        "others": Query(POD, ("object", "runtime", "worker"), occupies, MULTISET, node_of, excluding_key=True),
        "endable": Query(POD, ("object", "runtime"), endable, MULTISET, node_of, excluding_key=True),
    },
    guards=(KUBELET_CONNECTED,),
    several_requests=True,
    reference="kubelet §4",
    meaning="the kubelet ends pods on its node that are not critical, so that a critical one fits",
)


def _critical(key: Arrival | None) -> Arrival | None:
    return key if key is not None and critical(key.spec) else None
