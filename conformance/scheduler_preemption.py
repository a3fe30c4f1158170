"""Preemption against the tables of Kubernetes' own unit tests."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from frozendict import frozendict

from ..spec.control_plane.scheduler.filtering import FILTERS, filter_node
from ..spec.control_plane.scheduler.filters.verdict import Code, Infeasible, Verdict
from ..spec.control_plane.scheduler.preemption import (
    NO_VICTIMS,
    NOT_HELPFUL,
    Victims,
    best_choices,
    eligible,
    helpful,
    importance,
    lower_priority_pods,
    victims_on,
)
from ..spec.control_plane.scheduler.snapshot import Snapshot
from ..spec.objects.decoding import decode_pod_disruption_budget
from ..spec.objects.decoding_pod import decode_pod
from ..spec.objects.node import Node
from ..spec.objects.pod import Pod
from .question import Answer, Given, Question, Questions
from .scheduler_snapshot import snapshot_of


def _verdicts(case: Given, snapshot: Snapshot) -> Mapping[str, Verdict]:
    statuses = case["other"].get("nodeStatuses")
    if statuses is None:
        return {node.metadata.name: Infeasible(Code.UNSCHEDULABLE, ()) for node in snapshot.nodes}
    return {name: Infeasible(Code(status["code"]), ()) for name, status in statuses.items()}


def _candidates(case: Given, snapshot: Snapshot) -> Mapping[str, Victims]:
    filters = frozendict({name: FILTERS[name] for name in case["other"].get("filterPlugins", ())})
    budgets = [decode_pod_disruption_budget(budget) for budget in case["other"].get("podDisruptionBudgets", ())]
    pod, helped = decode_pod(case["pod"]), helpful(_verdicts(case, snapshot))

    def fits(one: Pod, node: Node, seen: Snapshot) -> bool:
        return filter_node(one, node, seen, filters).feasible

    found = {
        node.metadata.name: victims_on(pod, node, snapshot, fits, lower_priority_pods(pod, node, snapshot), budgets)
        for node in snapshot.nodes
        if node.metadata.name in helped
    }
    return {name: victims for name, victims in found.items() if victims is not None}


def _preempted(case: Given) -> Answer:
    snapshot = snapshot_of(case)
    if case["pod"] is None:
        pods = sorted(map(decode_pod, case["existingPods"]), key=importance)
        return {"moreImportant": pods[0].metadata.name}
    candidates = _candidates(case, snapshot)
    chosen = best_choices(candidates)
    helped = helpful(_verdicts(case, snapshot))
    return {
        "eligible": eligible(decode_pod(case["pod"]), snapshot),
        "candidates": {
            node: {
                "victims": [pod.metadata.name for pod in victims.pods],
                "pdbViolations": victims.budget_violations,
            }
            for node, victims in candidates.items()
        },
        "nominatedNodeAnyOf": list(chosen),
        "nominatedNode": chosen[0] if chosen else None,
        "victims": [pod.metadata.name for pod in candidates[chosen[0]].pods] if chosen else [],
        "reasons": Counter(
            NO_VICTIMS if node.metadata.name in helped else NOT_HELPFUL
            for node in snapshot.nodes
            if node.metadata.name not in candidates
        ),
    }


QUESTIONS: Questions = {
    "DefaultPreemption: preemption": Question(
        _preempted,
        sets=frozenset({"victims", "nominatedNodeAnyOf"}),
        complete=frozenset({"candidates", "reasons"}),
    )
}
