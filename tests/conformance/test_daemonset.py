"""The DaemonSet controller against the tables of Kubernetes' own unit tests.

An adapter decodes a case, calls the functions that the controller's rules call too, and encodes the answer; a case
holds if the answer is what is expected.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from kubemodel.spec.control_plane.controllers.daemonset import identity, owner_name
from kubemodel.spec.control_plane.controllers.daemonset_decisions import allows_surge, daemon_pod, eligible, manage
from kubemodel.spec.objects.decoding import decode_daemon_set, decode_node
from kubemodel.spec.objects.decoding_pod import decode_pod

Given = Mapping[str, Any]
Answer = Mapping[str, Any]

CASES = [json.loads(line) for line in Path(__file__).with_name("daemonset.jsonl").read_text("utf-8").splitlines()]


def should_run(given: Given) -> Answer:
    # The pods on the node are room and ports taken, which only the scheduler looks at.
    found = eligible(decode_daemon_set(given["daemonSet"]).spec, decode_node(given["node"]))
    return {"shouldRun": found.runs, "shouldContinueRunning": found.continues}


def one_sync(given: Given) -> Answer:
    daemon_set = decode_daemon_set(given["daemonSet"])
    name, revision = identity(daemon_set)
    nodes = [eligible(daemon_set.spec, decode_node(data)) for data in given["nodes"]]
    owned = [pod for pod in map(decode_pod, given["pods"]) if owner_name(pod) == name]
    pods = [(found, 1) for found in (daemon_pod(pod, revision) for pod in owned) if found is not None]
    backing_off = [node.node for node in nodes] if given.get("failedPodBackoffActive") else []
    (sync,) = manage(nodes, pods, surge=allows_surge(daemon_set.spec), waiting=backing_off)
    return {"creates": len(sync.creates), "deletes": len(sync.deletes)}


ADAPTERS: dict[str, Callable[[Given], Answer]] = {
    "whether the daemon pod should run, and may keep running, on the node": should_run,
    "daemon pods created and deleted in one sync": one_sync,
}


@pytest.mark.parametrize("case", [pytest.param(case, id=case["id"]) for case in CASES])
def test_answers_as_kubernetes(case: Mapping[str, Any]) -> None:
    assert ADAPTERS[case["question"]](case["given"]) == case["expected"]


def test_every_case_is_run() -> None:
    assert len(CASES) == 16
