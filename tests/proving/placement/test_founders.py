"""The first pod of a group may go anywhere: it matches its own affinity term, and nobody stands whom it could join."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from kubemodel.proving.placement.clock import now
from kubemodel.proving.placement.problem import PodKind, Problem
from kubemodel.proving.placement.relations import relations
from kubemodel.proving.placement.solving import Depth, refutes, solve
from kubemodel.proving.placement.standing import refused
from kubemodel.spec.objects.node import Node

from .clusters import ZONE, brute_force, kind, node, zoned

_REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"


def _group(count: int, cpu: str, nodes: Sequence[Node], **bound: int) -> PodKind:
    """Pods that want to be in the zone of another of their group; some stand on nodes already."""
    near = {"topologyKey": ZONE, "labelSelector": {"matchLabels": {"app": "web"}}}
    spec = {
        "container": {"resources": {"requests": {"cpu": cpu}}},
        "affinity": {"podAffinity": {_REQUIRED: [near]}},
    }
    return kind("web", count, spec, nodes, **bound)


def _problem(nodes: Sequence[Node], *kinds: PodKind) -> Problem:
    return Problem(tuple(nodes), kinds)


def _answer(problem: Problem) -> bool | None:
    answer = solve(problem, now() + 120)
    if answer.possible:
        assert refused(relations(problem), answer.moves) == ""
    return answer.possible


@pytest.mark.parametrize("count", [1, 2])
def test_nobody_founds_a_group_of_which_a_pod_stands(count: int) -> None:
    """Zone a is full with the pod that stands there; zone b has room, but none of the group."""
    nodes = [zoned("a1", "a", cpu="2"), zoned("b1", "b", cpu="8")]
    problem = _problem(nodes, _group(count, "2", nodes, a1=1))
    assert not brute_force(problem).possible
    assert _answer(problem) is False
    assert refutes(problem, now() + 120, Depth.WHOLE)


def test_nobody_founds_a_group_of_which_a_pod_of_another_kind_stands() -> None:
    nodes = [zoned("a1", "a", cpu="2"), zoned("b1", "b", cpu="8")]
    old = kind("old", 0, {"container": {"resources": {"requests": {"cpu": "2"}}}}, nodes, app="web", a1=1)
    problem = _problem(nodes, _group(1, "2", nodes), old)
    assert not brute_force(problem).possible
    assert _answer(problem) is False


def test_the_group_comes_to_where_its_pods_stand() -> None:
    nodes = [zoned("a1", "a", cpu="2"), zoned("a2", "a", cpu="4"), zoned("b1", "b", cpu="8")]
    problem = _problem(nodes, _group(2, "2", nodes, a1=1))
    assert brute_force(problem).possible
    assert _answer(problem) is True
    assert {node for _, node in solve(problem, now() + 120).moves} == {1}


@pytest.mark.parametrize("count", [1, 2])
def test_who_stands_where_no_zone_is_counts_for_nobody(count: int) -> None:
    """The pod that stands on a node without the label is in no zone: the group is founded as if it were not there."""
    nodes = [node("bare", cpu="8"), zoned("b1", "b", cpu="4")]
    problem = _problem(nodes, _group(count, "2", nodes, bare=1))
    assert brute_force(problem).possible
    assert _answer(problem) is True


def test_a_group_without_anybody_is_founded_in_one_zone() -> None:
    """Room for two pods in each zone, and three come: the second zone has nobody whom the third could join."""
    nodes = [zoned("a1", "a", cpu="4"), zoned("b1", "b", cpu="4")]
    for count, possible in ((2, True), (3, False)):
        problem = _problem(nodes, _group(count, "2", nodes))
        assert brute_force(problem).possible is possible
        assert _answer(problem) is possible
