"""Five impossible examples: the exact core that is printed, and that nothing of it could be left away."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from kubemodel.cli.main import run
from kubemodel.proving.placement import changes as changing
from kubemodel.proving.placement.changes import changes, works
from kubemodel.proving.placement.clock import now
from kubemodel.proving.placement.cores import cores
from kubemodel.proving.placement.dropping import without
from kubemodel.proving.placement.problem import Ask, Problem
from kubemodel.proving.placement.reading import read
from kubemodel.proving.placement.solving import fits_without, solve
from kubemodel.spec.manifests.loading import load
from kubemodel.spec.manifests.settings import Settings

from .clusters import HOSTNAME, kind, node, zoned

ROOT = Path(__file__).parents[3]
FOLDER = "examples/place"
NODES = {"untolerated-taint": f"{FOLDER}/nodes-with-gpus.yaml", "no-node-left-over": 4, "replicas-apart": 4}

REPLICAS_APART = """\
Conflict: these cannot all be had on 4 nodes; without any one of them the others can:
  - Deployment web: 5 pods
      examples/place/replicas-apart.yaml:7: spec.replicas
  - Deployment web: required anti-affinity on kubernetes.io/hostname to pods app=web
      examples/place/replicas-apart.yaml:19: spec.template.spec.affinity.podAntiAffinity.\
requiredDuringSchedulingIgnoredDuringExecution[0]
Any one of these changes resolves it, the cheapest first:
  - add one more node of cpu 4, memory 16Gi (as node-1, node-2, node-3 and 1 more)
  - make the anti-affinity of Deployment web preferred instead of required
    (examples/place/replicas-apart.yaml:19)
  - scale Deployment web to 4 (examples/place/replicas-apart.yaml:7)
"""

UNTOLERATED_TAINT = """\
Conflict: these cannot all be had on 3 nodes; without any one of them the others can:
  - Deployment model: 1 pod
      examples/place/untolerated-taint.yaml:7: spec.replicas
  - Deployment model: each pod requests nvidia.com/gpu 1
      examples/place/untolerated-taint.yaml:23: spec.template.spec.containers[0].resources.limits[nvidia.com/gpu]
  - Deployment model: does not tolerate the taint nvidia.com/gpu:NoSchedule of gpu-1, gpu-2
      examples/place/nodes-with-gpus.yaml:10: spec.taints[0]
Any one of these changes resolves it, the cheapest first:
  - let Deployment model tolerate nvidia.com/gpu:NoSchedule (examples/place/nodes-with-gpus.yaml:10)
"""

NO_NODE_LEFT_OVER = """\
Conflict: these cannot all be had on 4 nodes; without any one of them the others can:
  - StatefulSet db: 3 pods
      examples/place/no-node-left-over.yaml:9: spec.replicas
  - StatefulSet db: each pod requests cpu 3
      examples/place/no-node-left-over.yaml:23: spec.template.spec.containers[0].resources.requests.cpu
  - Deployment worker: 3 pods
      examples/place/no-node-left-over.yaml:30: spec.replicas
  - Deployment worker: each pod requests cpu 2
      examples/place/no-node-left-over.yaml:44: spec.template.spec.containers[0].resources.requests.cpu
Any one of these changes resolves it, the cheapest first:
  - lower the cpu that each pod of StatefulSet db requests from 3 to 2, the most that works
    (examples/place/no-node-left-over.yaml:23)
  - lower the cpu that each pod of Deployment worker requests from 2 to 1333m, the most that works
    (examples/place/no-node-left-over.yaml:44)
  - add one more node of cpu 4, memory 16Gi (as node-1, node-2, node-3 and 1 more)
  - scale StatefulSet db to 2 (examples/place/no-node-left-over.yaml:9)
  - scale Deployment worker to 2 (examples/place/no-node-left-over.yaml:30)
"""

SPREAD_OVER_A_TAINTED_ZONE = """\
Conflict: these cannot all be had on 2 nodes; without any one of them the others can:
  - Deployment web: 3 pods
      examples/place/spread-over-a-tainted-zone.yaml:8: spec.replicas
  - Deployment web: topology spread over topology.kubernetes.io/zone of pods app=web, maxSkew 1,
    DoNotSchedule
      examples/place/spread-over-a-tainted-zone.yaml:18: spec.template.spec.topologySpreadConstraints[0]
  - Deployment web: does not tolerate the taint maintenance:NoSchedule of b-1
      examples/place/spread-over-a-tainted-zone.yaml:53: spec.taints[0]
Any one of these changes resolves it, the cheapest first:
  - raise maxSkew of Deployment web from 1 to 3 (examples/place/spread-over-a-tainted-zone.yaml:18)
  - let the spread of Deployment web be ScheduleAnyway instead of DoNotSchedule
    (examples/place/spread-over-a-tainted-zone.yaml:18)
  - let Deployment web tolerate maintenance:NoSchedule
    (examples/place/spread-over-a-tainted-zone.yaml:53)
  - scale Deployment web to 1 (examples/place/spread-over-a-tainted-zone.yaml:8)
"""

DAEMONS_IN_THE_WAY = """\
Conflict: these cannot all be had on 2 nodes; without any one of them the others can:
  - DaemonSet agent: wants a pod on each node that it selects
      examples/place/daemons-in-the-way.yaml:5: metadata.name
  - DaemonSet agent: each pod requests cpu 250m
      examples/place/daemons-in-the-way.yaml:20: spec.template.spec.containers[0].resources.requests.cpu
  - StatefulSet db: 1 pod
      examples/place/daemons-in-the-way.yaml:29: spec.replicas
  - StatefulSet db: each pod requests cpu 4
      examples/place/daemons-in-the-way.yaml:43: spec.template.spec.containers[0].resources.requests.cpu
Any one of these changes resolves it, the cheapest first:
  - lower the cpu that each pod of StatefulSet db requests from 4 to 3750m, the most that works
    (examples/place/daemons-in-the-way.yaml:43)
"""

CORES = {
    "replicas-apart": REPLICAS_APART,
    "untolerated-taint": UNTOLERATED_TAINT,
    "no-node-left-over": NO_NODE_LEFT_OVER,
    "spread-over-a-tainted-zone": SPREAD_OVER_A_TAINTED_ZONE,
    "daemons-in-the-way": DAEMONS_IN_THE_WAY,
}


@pytest.fixture(autouse=True)
def at_the_top(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


@pytest.mark.parametrize("name", CORES)
def test_the_core_is_printed_with_its_fields_and_what_resolves_it(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    nodes = ["--nodes", str(NODES[name])] if name in NODES else []
    assert run(["place", f"{FOLDER}/{name}.yaml", *nodes, "--quiet"]) == 12
    verdict, conflict, *_ = capsys.readouterr().out.split("\n\n")
    assert verdict.startswith("Verdict: violated: the ")
    assert "cannot be placed" in verdict
    assert conflict + "\n" == CORES[name]


@pytest.mark.parametrize("name", CORES)
def test_without_any_one_item_of_the_core_the_pods_can_be_placed(name: str) -> None:
    problem = read(load([f"{FOLDER}/{name}.yaml"]), Settings(nodes=NODES.get(name))).problem
    deadline = now() + 120
    (core,) = cores(problem, deadline)
    assert core.minimal
    assert solve(core.problem, deadline).possible is False
    for item in core.items:
        kept = {each.key for each in core.items if each is not item}
        assert works(without(problem, [each for each in problem.items if each.key not in kept]), deadline), item.text


def test_what_others_have_affinity_to_is_not_taken_away() -> None:
    """Five pods beside a cache on one node of four cpu: not because there would be no cache without its manifest."""
    nodes = [node("n1")]
    near = {"topologyKey": HOSTNAME, "labelSelector": {"matchLabels": {"app": "cache"}}}
    affinity = {"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [near]}}
    asks = {"resources": {"requests": {"cpu": "1"}}}
    web = kind("web", 5, {"container": asks, "affinity": affinity}, nodes)
    cache = kind("cache", 1, {"container": {}}, nodes)
    (core,) = cores(Problem(tuple(nodes), (web, cache)), now() + 120)
    assert {(item.kind, item.ask) for item in core.items} == {("web", Ask.PODS), ("web", Ask.REQUEST)}
    assert core.minimal


def test_conflicts_without_a_workload_in_common_are_told_apart() -> None:
    nodes = [node("n1"), node("n2")]
    large = kind("large", 1, {"container": {"resources": {"requests": {"cpu": "5"}}}}, nodes)
    gated = kind("gated", 1, {"schedulingGates": [{"name": "example.com/wait"}]}, nodes)
    found = cores(Problem(tuple(nodes), (large, gated)), now() + 120)
    assert [{(item.kind, item.ask) for item in core.items} for core in found] == [
        {("large", Ask.PODS), ("large", Ask.REQUEST)},
        {("gated", Ask.PODS), ("gated", Ask.GATE)},
    ]


def test_of_many_workloads_the_largest_are_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three pods of 1500m on one node of four cpu."""
    monkeypatch.setattr(changing, "MOST_OF_A_SORT", 1)
    nodes = [node("n1")]
    kinds = tuple(
        kind(f"w{n}", 1, {"container": {"resources": {"requests": {"cpu": "1500m"}}}}, nodes) for n in range(3)
    )
    problem, deadline = Problem(tuple(nodes), kinds), now() + 120
    (core,) = cores(problem, deadline)
    assert len(core.items) == 6
    found = changes(problem, core, deadline)
    lowered = [change.text for change in found.found if "lower the cpu" in change.text]
    assert lowered == ["lower the cpu that each pod of w0 requests from 1500m to 1, the most that works"]
    assert {(item.kind, item.ask) for item in found.untried} == {
        (f"w{n}", ask) for n in (1, 2) for ask in (Ask.PODS, Ask.REQUEST)
    }


@pytest.mark.parametrize("seed", range(3))
def test_a_core_of_a_large_cluster_is_minimal(seed: int) -> None:
    """Two hundred pods of four kinds ask for 1.03 of all cpu of thirty nodes; their constraints have no part in it."""
    rng = random.Random(seed)
    nodes = [zoned(f"n{n}", "abc"[n % 3], cpu="8" if n % 2 else "16", pods="110") for n in range(30)]
    shares = [rng.uniform(1.0, 2.0) for _ in range(4)]
    unit = 360_000 * 1.03 / sum(shares) / 50
    apart = {"topologyKey": HOSTNAME, "labelSelector": {"matchLabels": {"app": "nobody"}}}
    affinity = {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [apart]}}
    kinds = tuple(
        kind(
            f"k{n}",
            50,
            {"container": {"resources": {"requests": {"cpu": f"{round(share * unit)}m"}}}, "affinity": affinity},
            nodes,
        )
        for n, share in enumerate(shares)
    )
    problem, deadline = Problem(tuple(nodes), kinds), now() + 300
    (core,) = cores(problem, deadline)
    assert core.minimal
    assert {(item.kind, item.ask) for item in core.items} == {
        (f"k{n}", ask) for n in range(4) for ask in (Ask.PODS, Ask.REQUEST)
    }


@pytest.mark.parametrize(("gone", "fits"), [(0, False), (1, True)], ids=["those followed", "followers"])
def test_a_placement_without_the_pods_of_a_kind_is_one_unless_others_follow_them(gone: int, fits: bool) -> None:
    nodes = [zoned(f"n{n}", "ab"[n % 2]) for n in range(4)]
    required = "requiredDuringSchedulingIgnoredDuringExecution"
    after = {"topologyKey": HOSTNAME, "labelSelector": {"matchLabels": {"app": "lead"}}}
    followers = {"container": {}, "affinity": {"podAffinity": {required: [after]}}}
    problem = Problem(tuple(nodes), (kind("lead", 1, {"container": {}}, nodes), kind("web", 2, followers, nodes)))
    placed = solve(problem, now() + 60, whole=False)
    title = problem.kinds[gone].title
    asking = without(problem, [item for item in problem.items if item.ask is Ask.PODS and item.kind == title])
    assert placed.possible
    assert fits_without(asking, gone, placed.where, now() + 60) is fits
