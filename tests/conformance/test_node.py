"""Taints, zones and evictions against the tables of the node controllers' own unit tests.

Each case is decoded, given to the very function that a rule calls, and its answer is compared. Left out, and counted:
the labels in the beta group, which nothing in the model reads, so that no rule reconciles them. Likewise the condition
DisruptionTarget: only whether the pod is evicted is compared.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from kubemodel.spec.control_plane.controllers.node_lifecycle import health_check, marks_pod_not_ready
from kubemodel.spec.control_plane.controllers.node_taints import (
    condition_taints,
    ready_status,
    with_taints,
    without_taints,
)
from kubemodel.spec.control_plane.controllers.node_zones import (
    counted,
    counts_for_disruption,
    zone_counts,
    zone_states,
)
from kubemodel.spec.control_plane.controllers.taint_eviction import (
    eviction_delay,
    executing_taints,
    minimum_toleration,
)
from kubemodel.spec.objects.decoding import decode_node
from kubemodel.spec.objects.decoding_pod import decode_pod
from kubemodel.spec.objects.decoding_shared import decode_taint, decode_toleration
from kubemodel.spec.objects.pod import is_ready
from kubemodel.spec.objects.taints import Taint

Case = Mapping[str, Any]

ALL_CASES = [json.loads(line) for line in Path(__file__).with_name("node.jsonl").read_text().splitlines()]
LEFT_OUT = "labels of the node after beta labels are reconciled"
NOT_MODELLED = {"disruptionTargetCondition"}
CASES = [case for case in ALL_CASES if case["question"] != LEFT_OUT]


def _delay(pod: Case, node: Case) -> int | None:
    return eviction_delay(decode_pod(pod).spec.tolerations, executing_taints(decode_node(node)))


def _evicted_now(given: Case) -> Case:
    return {"evictedNow": _delay(given["pod"], given["node"]) == 0}


def _scheduled(given: Case) -> Case:
    return {"evictionScheduled": bool(_delay(given["pod"], given["node"]))}


def _delays(given: Case) -> Case:
    return {"evictedAfterSeconds": {pod["metadata"]["name"]: _delay(pod, given["node"]) for pod in given["pods"]}}


def _minimum(given: Case) -> Case:
    return {"seconds": minimum_toleration(decode_toleration(item) for item in given["usedTolerations"])}


def _taint(taint: Taint) -> dict[str, str]:
    return {name: text for name, text in (("key", taint.key), ("value", taint.value), ("effect", taint.effect)) if text}


def _taints(taints: tuple[Taint, ...]) -> Case:
    return {"taints": sorted((_taint(taint) for taint in taints), key=str)}


def _after_removal(given: Case) -> Case:
    taints = decode_node(given["node"]).spec.taints
    left = without_taints(taints, [decode_taint(taint) for taint in given["taintsToRemove"]])
    return {"taints": [_taint(taint) for taint in left]}


def _after_adding(given: Case) -> Case:
    taints = decode_node(given["node"]).spec.taints
    return _taints(with_taints(taints, [decode_taint(taint) for taint in given["taintsToAdd"]]))


def _by_condition(given: Case) -> Case:
    return _taints(condition_taints(decode_node(given["node"]).status.conditions))


def _zones(given: Case) -> Case:
    classes = [counted(decode_node(node)) for node in given["nodes"]]
    counts = zone_counts((cls, 1) for cls in classes if cls is not None)
    states = zone_states(counts, given["unhealthyZoneThreshold"])
    return {"zones": [{"region": region, "zone": zone, "state": state} for (region, zone), state in states.items()]}


def _excluded(given: Case) -> Case:
    return {"excluded": not counts_for_disruption(decode_node(given["node"]))}


def _marked(given: Case) -> Case:
    node = ready_status(decode_node(given["node"]).status.conditions)
    return {"podMarkedNotReady": marks_pod_not_ready(is_ready(decode_pod(given["pod"])), node)}


def _health(given: Case) -> Case:
    node = decode_node(given["node"])
    silence = datetime.fromisoformat(given["now"]).timestamp() - (node.metadata.creation_timestamp or 0.0)
    graces = given["nodeMonitorGracePeriodSeconds"], given["nodeStartupGracePeriodSeconds"]
    after = health_check(node.status.conditions, silence, *graces)
    unchanged = after == node.status.conditions
    return {"conditions": None if unchanged else [{"type": item.type, "status": item.status} for item in after]}


QUESTIONS: Mapping[str, Callable[[Case], Case]] = {
    "whether the pod is evicted at once because of NoExecute taints": _evicted_now,
    "whether an eviction is scheduled after the node update": _scheduled,
    "seconds until each pod is evicted (null = never)": _delays,
    "seconds the used tolerations keep the pod (null = forever)": _minimum,
    "taints of the node after removal": _after_removal,
    "taints of the node after adding (as a set)": _after_adding,
    "NoSchedule taints the node gets from its conditions": _by_condition,
    "disruption state of each zone": _zones,
    "whether the node is left out of the zone disruption count": _excluded,
    "whether a pod update makes the controller set the pod Ready condition to False": _marked,
    "node conditions after the health check (null = unchanged)": _health,
}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_answers_as_the_controllers(case: Case) -> None:
    expected = {name: value for name, value in case["expected"].items() if name not in NOT_MODELLED}
    assert QUESTIONS[case["question"]](case["given"]) == expected


def test_three_cases_are_left_out() -> None:
    assert (len(ALL_CASES), len(ALL_CASES) - len(CASES)) == (32, 3)
