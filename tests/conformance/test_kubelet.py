"""Pod phase, Ready and restarts against the tables of the kubelet's own unit tests.

Each case is decoded, given to the very function that the kubelet's rules call, and its answer is compared.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from kubemodel.spec.node.pod_phase import pod_phase
from kubemodel.spec.node.readiness import ready_condition
from kubemodel.spec.node.restart_policy import should_restart
from kubemodel.spec.objects.decoding_pod import decode_pod

Case = Mapping[str, Any]

CASES = [json.loads(line) for line in Path(__file__).with_name("kubelet.jsonl").read_text().splitlines()]


def _phase(given: Case) -> Case:
    pod = decode_pod(given["pod"])
    statuses = (*pod.status.init_container_statuses, *pod.status.container_statuses)
    phase = pod_phase(pod.spec, statuses, terminal=given["podIsTerminal"], initialized=given["podHasInitialized"])
    return {"phase": phase}


def _ready(given: Case) -> Case:
    pod = decode_pod(given["pod"])
    known = given["pod"]["status"]["containerStatuses"] is not None
    found = ready_condition(pod.spec, pod.status.container_statuses if known else None, pod.status.phase)
    return {"status": found.status, "reason": found.reason, "message": found.message}


def _restart(given: Case) -> Case:
    newest = next(iter(given["instances"]), {})
    return {"restart": should_restart(given["restartPolicy"], newest.get("state"), newest.get("exitCode", 0))}


QUESTIONS: Mapping[str, Callable[[Case], Case]] = {
    "pod phase": _phase,
    "Ready condition of the pod from its container statuses (pod without readiness gates)": _ready,
    "whether the container is (re)started (container instances listed newest first)": _restart,
}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_answers_as_the_kubelet(case: Case) -> None:
    assert QUESTIONS[case["question"]](case["given"]) == case["expected"]


def test_every_case_is_there() -> None:
    assert len(CASES) == 65
