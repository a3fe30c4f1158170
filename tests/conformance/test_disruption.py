"""The disruption controller against the tables of Kubernetes' own unit tests.

An adapter decodes a case, calls the function that the controller's rules call too, and encodes the answer. Custom
resources with a scale are kinds like others to the controller: what it finds is their replicas.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from kubemodel.spec.control_plane.controllers.disruption_decisions import (
    NoLongerTarget,
    Scaled,
    budget_status,
    covered,
    is_stale_disruption,
    lookups,
)
from kubemodel.spec.objects.conditions import find_condition
from kubemodel.spec.objects.decoding import decode_pod_disruption_budget
from kubemodel.spec.objects.decoding_pod import decode_pod
from kubemodel.spec.objects.decoding_shared import decode_metadata, decode_owner_reference
from kubemodel.spec.objects.disruption import SYNC_FAILED
from kubemodel.spec.objects.plain_data import seconds
from kubemodel.spec.objects.selectors import selects

Given = Mapping[str, Any]
Answer = Mapping[str, Any]

CASES = [json.loads(line) for line in Path(__file__).with_name("disruption.jsonl").read_text("utf-8").splitlines()]


def _scaled(data: Given) -> Scaled:
    meta = decode_metadata(data["metadata"])
    return Scaled(data["kind"], meta.name, meta.uid, data["spec"]["replicas"], meta.controller_reference)


def _scales(given: Given) -> tuple[Scaled, ...]:
    return tuple(_scaled(data) for data in (*given["controllers"], *given.get("scales", ())))


def status(given: Given) -> Answer:
    budget = decode_pod_disruption_budget(given["podDisruptionBudget"])
    pods = [pod for pod in map(decode_pod, given["pods"]) if selects(budget.spec.selector, pod.metadata.labels)]
    now = seconds(given["now"]) if "now" in given else 0.0
    selected = [(covered(pod, pod.metadata.name), 1) for pod in pods]
    found = budget_status(budget, selected, _scales(given), now)
    condition = find_condition(found.conditions, "DisruptionAllowed")
    assert condition is not None
    return {
        "disruptionsAllowed": found.disruptions_allowed,
        "currentHealthy": found.current_healthy,
        "desiredHealthy": found.desired_healthy,
        "expectedPods": found.expected_pods,
        "disruptedPods": dict(found.disrupted_pods),
        "disruptionAllowedCondition": condition.status,
        "syncFailedCondition": condition.reason == SYNC_FAILED,
        "event": "UnmanagedPods" if any(pod.metadata.controller_reference is None for pod in pods) else None,
    }


def scale(given: Given) -> Answer:
    found = lookups(given["lookupFor"])(decode_owner_reference(given["ownerReference"]), _scales(given))
    return {"scale": found.replicas if found is not None else None}


def stale(given: Given) -> Answer:
    pod = decode_pod(given["pod"])
    if is_stale_disruption(pod, seconds(given["now"])):
        pod = NoLongerTarget()(pod)
    return {"conditions": [{"type": item.type, "status": item.status} for item in pod.status.conditions]}


ADAPTERS: Mapping[str, Callable[[Given], Answer]] = {
    "PodDisruptionBudget status": status,
    "number of disruptions allowed": status,
    "PodDisruptionBudget status, including which recent evictions still count": status,
    "replica count found through the owner reference by the lookup for one kind (null = not found)": scale,
    "replica count of the Deployment found through a pod owner reference (null = not found)": scale,
    "DisruptionTarget condition of the pod after the check for stale disruptions": stale,
}


def _read(expected: Answer) -> Answer:
    times = expected.get("disruptedPods")
    return expected if times is None else {**expected, "disruptedPods": {k: seconds(v) for k, v in times.items()}}


@pytest.mark.parametrize("case", [pytest.param(case, id=case["id"]) for case in CASES])
def test_answers_as_kubernetes(case: Mapping[str, Any]) -> None:
    answer, expected = ADAPTERS[case["question"]](case["given"]), _read(case["expected"])
    assert {key: answer[key] for key in expected} == expected


def test_every_case_is_run() -> None:
    assert len(CASES) == 33
