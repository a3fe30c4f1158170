"""Preemption against the tables of Kubernetes' own unit tests: candidates, the chosen node, who may preempt at all."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from frozendict import frozendict
from kubemodel.spec.control_plane.scheduler.filtering import FILTERS, filter_node
from kubemodel.spec.control_plane.scheduler.filters.verdict import Code, Infeasible, Verdict
from kubemodel.spec.control_plane.scheduler.preemption import (
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
from kubemodel.spec.control_plane.scheduler.snapshot import Snapshot, take_snapshot
from kubemodel.spec.objects.decoding import decode_node, decode_pod_disruption_budget
from kubemodel.spec.objects.decoding_pod import decode_pod
from kubemodel.spec.objects.node import Node
from kubemodel.spec.objects.pod import Pod

Case = Mapping[str, Any]

CASES: list[Case] = [
    json.loads(line) for line in Path(__file__).with_name("scheduler_preemption.jsonl").read_text("utf-8").splitlines()
]


def asking(*keys: str) -> list[Any]:
    return [pytest.param(case, id=case["id"]) for case in CASES if any(key in case["expected"] for key in keys)]


def snapshot_of(case: Case) -> Snapshot:
    return take_snapshot(map(decode_node, case["nodes"]), map(decode_pod, case["existingPods"]))


def verdicts_of(case: Case, snapshot: Snapshot) -> Mapping[str, Verdict]:
    if "nodeStatuses" not in case["other"]:
        return {node.metadata.name: Infeasible(Code.UNSCHEDULABLE, ()) for node in snapshot.nodes}
    return {name: Infeasible(Code(status["code"]), ()) for name, status in case["other"]["nodeStatuses"].items()}


def candidates_of(case: Case) -> Mapping[str, Victims]:
    filters = frozendict({name: FILTERS[name] for name in case["other"]["filterPlugins"]})
    budgets = [decode_pod_disruption_budget(budget) for budget in case["other"].get("podDisruptionBudgets", ())]
    pod, snapshot = decode_pod(case["pod"]), snapshot_of(case)

    def fits(one: Pod, node: Node, seen: Snapshot) -> bool:
        return filter_node(one, node, seen, filters).feasible

    nodes = [it for it in snapshot.nodes if it.metadata.name in helpful(verdicts_of(case, snapshot))]
    found = {
        node.metadata.name: victims_on(pod, node, snapshot, fits, lower_priority_pods(pod, node, snapshot), budgets)
        for node in nodes
    }
    return {name: victims for name, victims in found.items() if victims is not None}


@pytest.mark.parametrize("case", asking("candidates"))
def test_candidates(case: Case) -> None:
    answers = {
        node: {"victims": {pod.metadata.name for pod in victims.pods}, "pdbViolations": victims.budget_violations}
        for node, victims in candidates_of(case).items()
    }
    expected = case["expected"]["candidates"]
    assert answers == {node: {**answer, "victims": set(answer["victims"])} for node, answer in expected.items()}


@pytest.mark.parametrize("case", asking("nominatedNodeAnyOf"))
def test_the_chosen_node_is_one_of_those_that_upstream_accepts(case: Case) -> None:
    chosen = best_choices(candidates_of(case))
    assert chosen
    assert set(chosen) <= set(case["expected"]["nominatedNodeAnyOf"])


@pytest.mark.parametrize("case", asking("nominatedNode"))
def test_post_filter(case: Case) -> None:
    expected, snapshot = case["expected"], snapshot_of(case)
    chosen = best_choices(candidates_of(case))
    assert chosen == (() if expected["nominatedNode"] is None else (expected["nominatedNode"],))
    if "reasons" in expected:
        helped = helpful(verdicts_of(case, snapshot))
        names = [node.metadata.name for node in snapshot.nodes]
        assert Counter(NO_VICTIMS if name in helped else NOT_HELPFUL for name in names) == expected["reasons"]


@pytest.mark.parametrize("case", asking("eligible"))
def test_eligible(case: Case) -> None:
    assert eligible(decode_pod(case["pod"]), snapshot_of(case)) is case["expected"]["eligible"]


@pytest.mark.parametrize("case", asking("moreImportant"))
def test_importance(case: Case) -> None:
    pods = sorted(map(decode_pod, case["existingPods"]), key=importance)
    assert pods[0].metadata.name == case["expected"]["moreImportant"]


def test_every_case_is_run() -> None:
    questions = ("candidates", "nominatedNodeAnyOf", "nominatedNode", "eligible", "moreImportant")
    assert sum(len(asking(question)) for question in questions) == len(CASES) == 20
