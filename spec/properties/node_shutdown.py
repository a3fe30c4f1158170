"""Properties of nodes that are shut down (kubelet §8)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..kinds import DOWN, NODE, POD
from ..language.component import Key
from ..language.property import HOLDS, IDLE, Finding, StateProperty, StepProperty, violated
from ..language.query import COUNT, Query
from ..node.node_pressure import spared
from ..node.node_shutdown import OFF, TERMINATE
from ..node.static_pods import is_mirror
from ..objects.pod import RUNNING, Pod

Change = tuple[Any, ...]


def _ended(_component: str, rule: str, before: Change, after: Change, seen: Mapping[str, Any]) -> Finding:
    (pod,), (now,) = before, after
    if rule != TERMINATE or pod is None or now is None:
        return IDLE
    if spared(pod.spec) and seen["others"]:
        return violated("a critical pod is ended for a shutdown while pods that are not critical still run")
    return HOLDS


CRITICAL_PODS_LAST = StepProperty(
    name="shutdown-ends-critical-pods-last",
    statement="a kubelet whose node is shut down ends critical pods only once all others on its node have ended",
    kind=POD,
    fields=("object",),
    judge=_ended,
    reference="kubelet §8",
    advice="what others need until they have ended, such as DNS or a log shipper, needs priorityClassName"
    " system-node-critical or system-cluster-critical",
)


def _shown(node: str, pod: Pod | None) -> bool | None:
    if pod is None or pod.spec.node_name != node or is_mirror(pod):
        return None
    return True if pod.status.phase == RUNNING else None


def _gone(name: str, machine: str, shutdown: str) -> str | None:
    return name if (machine, shutdown) == (DOWN, OFF) else None


def _judge(node: str, shown: int) -> Finding:
    if not shown:
        return HOLDS
    return violated(
        f"{node} is off, and {shown} of its pods stay Running in the API: nobody takes their place until the node"
        " counts as gone, and what they tolerate is over"
    )


PODS_ENDED_BEFORE_OFF = StateProperty(
    name="shutdown-ends-pods",
    statement="when a node that was shut down is off, the API shows none of its pods as Running",
    key=Key(NODE, ("name", "machine", "shutdown"), _gone),
    queries={"shown": Query(POD, ("object",), _shown, COUNT)},
    judge=_judge,
    reference="kubelet §8",
    advice="set the kubelet's shutdownGracePeriod (constant shutdown-grace-period), or drain the node before",
)
