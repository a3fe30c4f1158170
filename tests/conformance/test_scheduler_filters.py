"""The scheduler's filters, domain counts and LeastAllocated against the tables of Kubernetes' own unit tests.

Each case is decoded, given to the very function that the model calls, and its answer is compared. The cases' wording of
reasons is not Kubernetes'; ``REASONS`` maps it to the text that the filters report.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from kubemodel.spec.control_plane.scheduler.filtering import FILTERS, Filter
from kubemodel.spec.control_plane.scheduler.filters.node_affinity import node_affinity
from kubemodel.spec.control_plane.scheduler.filters.pod_topology_spread import DomainCounts, domain_counts
from kubemodel.spec.control_plane.scheduler.filters.scheduling_gates import scheduling_gates
from kubemodel.spec.control_plane.scheduler.filters.taint_toleration import taint_toleration
from kubemodel.spec.control_plane.scheduler.filters.verdict import Infeasible, Verdict
from kubemodel.spec.control_plane.scheduler.scores.least_allocated import least_allocated
from kubemodel.spec.control_plane.scheduler.snapshot import Snapshot, take_snapshot
from kubemodel.spec.objects.decoding import decode_namespace, decode_node
from kubemodel.spec.objects.decoding_pod import decode_affinity, decode_pod
from kubemodel.spec.objects.decoding_shared import decode_label_selector
from kubemodel.spec.objects.selectors import LabelSelector, Requirement

Case = Mapping[str, Any]

CASES: list[Case] = [
    json.loads(line) for line in Path(__file__).with_name("scheduler_filters.jsonl").read_text("utf-8").splitlines()
]

REASONS = {
    "an existing pod's anti-affinity violated": "node(s) didn't satisfy existing pods anti-affinity rules",
    "pod anti-affinity violated": "node(s) didn't match pod anti-affinity rules",
    "pod affinity not satisfied": "node(s) didn't match pod affinity rules",
    "scheduler's added affinity not matched": "node(s) didn't match scheduler-enforced node affinity",
    "node selector or required node affinity not matched": "node(s) didn't match Pod's node affinity/selector",
    "host port taken": "node(s) didn't have free ports for the requested pod ports",
    "node unschedulable": "node(s) were unschedulable",
    "untolerated taint": "node(s) had untolerated taint(s)",
}


def of_phase(phase: str) -> list[Any]:
    return [pytest.param(case, id=case["id"]) for case in CASES if case["phase"] == phase]


def snapshot_of(case: Case) -> Snapshot:
    other = case["other"]
    removed = other.get("podsRemoved", ())
    pods = [pod for pod in case["existingPods"] if pod["metadata"]["name"] not in removed]
    return take_snapshot(
        map(decode_node, case["nodes"]),
        map(decode_pod, [*pods, *other.get("podsAdded", ())]),
        map(decode_namespace, other.get("namespaces", ())),
    )


def filter_of(case: Case) -> Filter:
    arguments, gates = case["other"].get("pluginArgs", {}), case["other"].get("featureGates", {})
    match case["plugin"]:
        case "NodeAffinity" if "addedAffinity" in arguments:
            added = decode_affinity({"nodeAffinity": arguments["addedAffinity"]}).node_affinity
            return partial(node_affinity, added_affinity=added)
        case "TaintToleration":
            return partial(
                taint_toleration, comparison_operators=gates.get("TaintTolerationComparisonOperators", False)
            )
        case plugin:
            return FILTERS[plugin]


def encode(verdict: Verdict, expected: Case) -> Case:
    if not isinstance(verdict, Infeasible):
        return {"feasible": True}
    answer = {"feasible": False, "code": verdict.code.value}
    return {**answer, "reason": "; ".join(verdict.reasons)} if "reason" in expected else answer


def in_kubernetes_words(expected: Case) -> Case:
    if "reason" not in expected:
        return expected
    return {**expected, "reason": REASONS.get(expected["reason"], expected["reason"])}


@pytest.mark.parametrize("case", of_phase("filter"))
def test_filter(case: Case) -> None:
    pod, snapshot, expected = decode_pod(case["pod"]), snapshot_of(case), case["expected"]
    if case["plugin"] == "SchedulingGates":
        verdicts = {"*": scheduling_gates(pod)}
    else:
        run = filter_of(case)
        verdicts = {node.metadata.name: run(pod, node, snapshot) for node in snapshot.nodes}
    answers = {node: encode(verdict, expected[node]) for node, verdict in verdicts.items()}
    assert answers == {node: in_kubernetes_words(answer) for node, answer in expected.items()}


def canonical(selector: LabelSelector | None) -> frozenset[Requirement] | None:
    if selector is None:
        return None
    pairs = (Requirement(key, "In", (value,)) for key, value in selector.match_labels.items())
    return frozenset((*pairs, *selector.match_expressions))


def encode_counts(domains: DomainCounts, expected: Case) -> Case:
    constraint = domains.constraint
    answer = {
        "topologyKey": constraint.topology_key,
        "maxSkew": constraint.max_skew,
        "labelSelector": canonical(constraint.label_selector),
        "counts": dict(domains.counts),
    }
    return {key: answer[key] for key in expected}


@pytest.mark.parametrize("case", of_phase("domain-counts"))
def test_domain_counts(case: Case) -> None:
    gate = case["other"].get("featureGates", {}).get("MatchLabelKeysInPodTopologySpread", True)
    answers = domain_counts(decode_pod(case["pod"]), snapshot_of(case), gate)
    expected = [
        {
            key: canonical(decode_label_selector(value)) if key == "labelSelector" else value
            for key, value in constraint.items()
        }
        for constraint in case["expected"]["constraints"]
    ]
    assert len(answers) == len(expected)
    assert [encode_counts(answer, wanted) for answer, wanted in zip(answers, expected, strict=True)] == expected


@pytest.mark.parametrize("case", of_phase("score"))
def test_least_allocated(case: Case) -> None:
    pod, snapshot = decode_pod(case["pod"]), snapshot_of(case)
    strategy = case["other"]["pluginArgs"]["scoringStrategy"]
    resources = [(resource["name"], resource["weight"]) for resource in strategy["resources"]]
    scores = {node.metadata.name: {"score": least_allocated(pod, node, snapshot, resources)} for node in snapshot.nodes}
    assert scores == case["expected"]


def test_every_case_is_run() -> None:
    assert {case["phase"] for case in CASES} == {"filter", "domain-counts", "score"}
    assert len(CASES) == 137
