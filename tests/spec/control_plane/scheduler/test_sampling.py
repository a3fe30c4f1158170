"""Node sampling: how many feasible nodes are looked for, and which of them may be found."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kubemodel.spec.cluster import build, components
from kubemodel.spec.control_plane.scheduler.profiles import profile
from kubemodel.spec.control_plane.scheduler.sampling import number_to_find, samples
from kubemodel.spec.objects.decoding import decode_node
from kubemodel.spec.objects.decoding_pod import decode_pod

from ...exploration import bare_pod, needing, node, pod_spec, scenario


@pytest.mark.parametrize(
    ("nodes", "percentage", "number"),
    [
        (10, 0, 10),
        (10, 40, 10),
        (99, 5, 99),
        (100, 5, 100),
        (1000, 0, 420),
        (1000, 40, 400),
        (6000, 0, 300),
        (6000, 40, 2400),
        (200, 100, 200),
        (200, 1, 100),
    ],
)
def test_how_many_feasible_nodes_are_looked_for(nodes: int, percentage: int, number: int) -> None:
    assert number_to_find(nodes, percentage) == number


@given(st.integers(0, 20_000), st.integers(0, 100))
def test_no_more_are_looked_for_than_there_are(nodes: int, percentage: int) -> None:
    assert min(nodes, 100) <= number_to_find(nodes, percentage) <= nodes


NODES = tuple(decode_node(node(f"node-{number}")) for number in range(5))


@given(st.integers(0, 5), st.integers(1, 6))
def test_samples_are_nodes_in_turn_and_each_node_is_in_some(found: int, number: int) -> None:
    feasible = NODES[:found]
    drawn = list(samples(feasible, number))
    assert {it for sample in drawn for it in sample} == set(feasible)
    for sample in drawn:
        assert len(set(sample)) == len(sample) == min(number, found)
        steps = {(feasible.index(b) - feasible.index(a)) % found for a, b in pairwise(sample)}
        assert steps <= {1}


def _large(count: int = 103, **said: Any) -> Any:
    """The first node is far larger than the others."""
    nodes = [node(f"node-{number:03}", "4" if number else "64") for number in range(count)]
    pod = bare_pod(pod_spec(container=needing("1")))
    return scenario(pod, nodes=nodes, profiles={"default-scheduler": said})


def _chosen(wanted: Any) -> set[str]:
    (scheduler,) = (it for it in components(wanted) if it.name == "kube-scheduler")
    (rule,) = (it for it in scheduler.rules if it.name == "schedule")
    pod = decode_pod(bare_pod(pod_spec(container=needing("1"))))
    nodes = tuple((setup.node, 1) for setup in wanted.nodes)
    answers = dict.fromkeys(rule.queries, ())
    found = rule.decide(pod, **{**answers, "more_urgent": False, "nodes": nodes})
    return {call.request.body.node_name for each in found for call in each.plan if hasattr(call, "request")}


BY_FIT = {"score": {"disabled": ["*"], "enabled": [{"name": "NodeResourcesFit"}]}}


def test_in_a_big_cluster_the_best_node_may_be_missed() -> None:
    """Of 103 nodes 100 are found: from three starts on the large one is not among them, and any other is as good."""
    assert _chosen(_large(**BY_FIT)) == {f"node-{number:03}" for number in range(103)}
    assert _chosen(_large(**BY_FIT, percentageOfNodesToScore=100)) == {"node-000"}
    assert _chosen(_large(100, **BY_FIT)) == {"node-000"}


def test_a_verdict_says_what_it_takes_for_granted_of_a_big_cluster() -> None:
    name = "nodes-in-turn"
    assert name in {it.name for it in build(_large(**BY_FIT)).assumptions}
    assert name not in {it.name for it in build(_large(100, **BY_FIT)).assumptions}


def test_the_share_is_an_argument_of_the_profile() -> None:
    assert profile({"percentageOfNodesToScore": 30}).percentage == 30
    assert profile("any-feasible").percentage == 0
