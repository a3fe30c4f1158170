"""Taints, zones and evictions against the tables of the node controllers' own unit tests.

Left out, and counted: the condition DisruptionTarget of an evicted pod; only whether it is evicted is compared.
"""

from __future__ import annotations

from datetime import datetime

from ..spec.control_plane.controllers.node_labels import reconciled_labels
from ..spec.control_plane.controllers.node_lifecycle import health_check, marks_pod_not_ready
from ..spec.control_plane.controllers.node_taints import (
    condition_taints,
    ready_status,
    with_taints,
    without_taints,
)
from ..spec.control_plane.controllers.node_zones import (
    counted,
    counts_for_disruption,
    zone_counts,
    zone_states,
)
from ..spec.control_plane.controllers.taint_eviction import (
    eviction_delay,
    executing_taints,
    minimum_toleration,
)
from ..spec.objects.decoding import decode_node
from ..spec.objects.decoding_pod import decode_pod
from ..spec.objects.decoding_shared import decode_taint, decode_toleration
from ..spec.objects.pod import is_ready
from ..spec.objects.taints import Taint
from .question import Answer, Given, Question, Questions


def _delay(pod: Given, node: Given) -> int | None:
    return eviction_delay(decode_pod(pod).spec.tolerations, executing_taints(decode_node(node)))


def _evicted_now(given: Given) -> Answer:
    return {"evictedNow": _delay(given["pod"], given["node"]) == 0}


def _scheduled(given: Given) -> Answer:
    return {"evictionScheduled": bool(_delay(given["pod"], given["node"]))}


def _delays(given: Given) -> Answer:
    return {"evictedAfterSeconds": {pod["metadata"]["name"]: _delay(pod, given["node"]) for pod in given["pods"]}}


def _minimum(given: Given) -> Answer:
    return {"seconds": minimum_toleration(decode_toleration(item) for item in given["usedTolerations"])}


def _taint(taint: Taint) -> dict[str, str]:
    return {name: text for name, text in (("key", taint.key), ("value", taint.value), ("effect", taint.effect)) if text}


def _taints(taints: tuple[Taint, ...]) -> Answer:
    return {"taints": sorted((_taint(taint) for taint in taints), key=str)}


def _after_removal(given: Given) -> Answer:
    taints = decode_node(given["node"]).spec.taints
    left = without_taints(taints, [decode_taint(taint) for taint in given["taintsToRemove"]])
    return {"taints": [_taint(taint) for taint in left]}


def _after_adding(given: Given) -> Answer:
    taints = decode_node(given["node"]).spec.taints
    return _taints(with_taints(taints, [decode_taint(taint) for taint in given["taintsToAdd"]]))


def _by_condition(given: Given) -> Answer:
    return _taints(condition_taints(decode_node(given["node"]).status.conditions))


def _zones(given: Given) -> Answer:
    classes = [counted(decode_node(node)) for node in given["nodes"]]
    counts = zone_counts((cls, 1) for cls in classes if cls is not None)
    states = zone_states(counts, given["unhealthyZoneThreshold"])
    return {"zones": [{"region": region, "zone": zone, "state": state} for (region, zone), state in states.items()]}


def _excluded(given: Given) -> Answer:
    return {"excluded": not counts_for_disruption(decode_node(given["node"]))}


def _marked(given: Given) -> Answer:
    node = ready_status(decode_node(given["node"]).status.conditions)
    return {"podMarkedNotReady": marks_pod_not_ready(is_ready(decode_pod(given["pod"])), node)}


def _health(given: Given) -> Answer:
    node = decode_node(given["node"])
    silence = datetime.fromisoformat(given["now"]).timestamp() - (node.metadata.creation_timestamp or 0.0)
    graces = given["nodeMonitorGracePeriodSeconds"], given["nodeStartupGracePeriodSeconds"]
    after = health_check(node.status.conditions, silence, *graces)
    unchanged = after == node.status.conditions
    return {"conditions": None if unchanged else [{"type": item.type, "status": item.status} for item in after]}


def _labels(given: Given) -> Answer:
    return {"labels": dict(reconciled_labels(decode_node(given["node"])))}


_LEFT_OUT = {
    "disruptionTargetCondition": "no rule reads why a pod was evicted, so that evictions by taint do not write it",
}

QUESTIONS: Questions = {
    "labels of the node after beta labels are reconciled": Question(_labels, complete=frozenset({"labels"})),
    "whether the pod is evicted at once because of NoExecute taints": Question(_evicted_now, leaves_out=_LEFT_OUT),
    "whether an eviction is scheduled after the node update": Question(_scheduled),
    "seconds until each pod is evicted (null = never)": Question(_delays),
    "seconds the used tolerations keep the pod (null = forever)": Question(_minimum),
    "taints of the node after removal": Question(_after_removal),
    "taints of the node after adding (as a set)": Question(_after_adding, sets=frozenset({"taints"})),
    "NoSchedule taints the node gets from its conditions": Question(_by_condition),
    "disruption state of each zone": Question(_zones),
    "whether the node is left out of the zone disruption count": Question(_excluded),
    "whether a pod update makes the controller set the pod Ready condition to False": Question(_marked),
    "node conditions after the health check (null = unchanged)": Question(_health),
}
