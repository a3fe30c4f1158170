"""The scheduler's scores against the tables of Kubernetes' own unit tests."""

from __future__ import annotations

from ..spec.control_plane.scheduler.scores.least_allocated import least_allocated
from ..spec.objects.decoding_pod import decode_pod
from .question import Answer, Given, Question, Questions
from .scheduler_snapshot import snapshot_of


def _least_allocated(case: Given) -> Answer:
    pod, snapshot = decode_pod(case["pod"]), snapshot_of(case)
    strategy = case["other"]["pluginArgs"]["scoringStrategy"]
    resources = [(resource["name"], resource["weight"]) for resource in strategy["resources"]]
    return {node.metadata.name: {"score": least_allocated(pod, node, snapshot, resources)} for node in snapshot.nodes}


QUESTIONS: Questions = {
    "NodeResourcesFit: score (LeastAllocated)": Question(_least_allocated, complete=frozenset({""})),
}
