"""What is done otherwise for large problems, on small ones that are taken for large."""

from __future__ import annotations

import pytest
from kubemodel.proving.placement import changes as changing
from kubemodel.proving.placement.changes import changes, works
from kubemodel.proving.placement.clock import now
from kubemodel.proving.placement.cores import cores
from kubemodel.proving.placement.problem import Problem
from kubemodel.proving.placement.shapes import more, shapes
from kubemodel.proving.placement.solving import fullness, solve

from .clusters import HOSTNAME, brute_force, generated, kind, node, zoned

_REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"


def _asks(cpu: str) -> dict:
    return {"container": {"resources": {"requests": {"cpu": cpu}}}}


@pytest.mark.parametrize("seed", range(1, 33))
def test_what_is_more_than_full_is_impossible(seed: int) -> None:
    problem = generated(seed)
    assert fullness(problem) <= 1.0 + 1e-6 or not brute_force(problem).possible


def test_fullness_is_the_share_of_the_fullest_group() -> None:
    nodes = [node("n1", cpu="4"), node("n2", cpu="4")]
    web = kind("web", 3, _asks("2"), nodes)
    problem = Problem(tuple(nodes), (web,))
    assert fullness(problem) == pytest.approx(0.75)
    assert fullness(problem.scaled({"web": 0})) == pytest.approx(0.0)
    assert fullness(problem.scaled({"web": 5})) > 1.0


def test_nodes_that_no_request_needs_are_told_exactly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seven replicas keep apart on four nodes: three more, although all are full of them."""
    monkeypatch.setattr(changing, "SMALL", 0)
    nodes = [zoned(f"n{n}", "ab"[n % 2]) for n in range(4)]
    apart = {"topologyKey": HOSTNAME, "labelSelector": {"matchLabels": {"app": "web"}}}
    web = kind("web", 7, {"container": {}, "affinity": {"podAntiAffinity": {_REQUIRED: [apart]}}}, nodes)
    problem = Problem(tuple(nodes), (web,))
    (core,) = cores(problem, now() + 120)
    found = [change.text for change in changes(problem, core, now() + 120).found]
    assert found[0] == "add 3 more nodes of cpu 4, memory 8Gi (as n0, n1, n2 and 1 more)"


def test_nodes_for_requests_are_told_from_both_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forty pods of one cpu on four nodes of four: six more nodes would be full, seven leave a twentieth free."""
    monkeypatch.setattr(changing, "SMALL", 0)
    nodes = [node(f"n{n}", pods="110") for n in range(4)]
    problem = Problem(tuple(nodes), (kind("web", 40, _asks("1"), nodes),))
    (core,) = cores(problem, now() + 120)
    found = [change.text for change in changes(problem, core, now() + 120).found]
    nodes_more = "add 7 more nodes of cpu 4, memory 8Gi (as n0, n1, n2 and 1 more) (5 more are too few)"
    assert found[1] == nodes_more
    (shape,) = shapes(problem.nodes)
    assert works(more(problem, shape, 7), now() + 120)
    assert solve(more(problem, shape, 5), now() + 120).possible is False


def test_the_workload_that_asks_for_most_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changing, "SMALL", 0)
    nodes = [node("n1")]
    kinds = (kind("small", 2, _asks("1"), nodes), kind("large", 2, _asks("1500m"), nodes))
    problem = Problem(tuple(nodes), kinds)
    (core,) = cores(problem, now() + 120)
    found = changes(problem, core, now() + 120)
    assert {item.kind for item in found.untried} == {"small"}
    lowered = next(change for change in found.found if change.text.startswith("lower the cpu"))
    # At 900m a twentieth of the node is left free, at 1 cpu nothing.
    assert "of large requests from 1500m to 882m (1007m is too much)" in lowered.text
    assert not any("small" in change.text for change in found.found)
