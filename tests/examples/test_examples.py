"""Every example says what comes of it, and that comes of it: verdict, number of states, length of the counterexample.

``examples/NAME/broken.yaml`` has a counterexample, ``fixed.yaml`` beside it holds; the trace of the first departs on
the second, and on the changed manifest alone.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from kubemodel.cli.main import run

ROOT = Path(__file__).parents[2] / "examples"
TESTED_ELSEWHERE = {ROOT / "bugs", ROOT / "modes", ROOT / "recordings"}
SCENARIOS = sorted(
    path
    for path in ROOT.rglob("*.yaml")
    if "kind: Scenario" in path.read_text() and not TESTED_ELSEWHERE.intersection(path.parents)
)
PAIRS = sorted({path.parent for path in SCENARIOS})

LONGEST_STORY = 24
WIDTH = 100


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def report(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> tuple[int, dict[str, Any]]:
    code = run([*map(str, arguments), "--format", "json", "--quiet"])
    return code, json.loads(capsys.readouterr().out)


def test_there_are_examples() -> None:
    assert len(PAIRS) >= 4
    assert {path.name for path in SCENARIOS} == {"broken.yaml", "fixed.yaml"}


@pytest.mark.parametrize("path", SCENARIOS, ids=named)
def test_an_example_comes_out_as_it_says(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    expected = yaml.safe_load(path.read_text())["expect"]
    assert {"verdict", "states"} <= expected.keys()
    code, said = report(capsys, "check", path)
    (scenario,) = said["scenarios"]
    (group,) = scenario["groups"]
    assert scenario["unmetExpectations"] == []
    assert code == 0
    assert group["verdict"] == expected["verdict"]
    assert group["states"] == expected["states"]
    if path.name == "fixed.yaml":
        assert group["verdict"] == "holds"
        assert group["complete"]
        assert {prop["verdict"] for prop in group["properties"]} == {"holds"}
        return
    assert group["verdict"] == "violated"
    ((violated, trace),) = group["traces"].items()
    assert violated == expected["property"]
    assert len(trace["steps"]) == expected["steps"] <= LONGEST_STORY


@pytest.fixture(scope="module")
def traces(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The counterexample of each broken example, by the name of its folder."""
    found = {}
    for folder in PAIRS:
        place = tmp_path_factory.mktemp(folder.name)
        assert run(["check", str(folder / "broken.yaml"), "--output-dir", str(place), "--quiet"]) == 0
        (found[folder.name],) = place.iterdir()
    return found


@pytest.mark.parametrize("folder", PAIRS, ids=named)
def test_a_counterexample_replays_to_the_same_bytes(
    folder: Path, traces: dict[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    trace = traces[folder.name]
    before = trace.read_bytes()
    capsys.readouterr()
    assert run(["replay", str(trace)]) == 0
    assert capsys.readouterr().out.rstrip().endswith("byte for byte.")
    assert trace.read_bytes() == before


DEPARTURES = {
    "evicted-for-ever": (12, "RemovePodsViolatingTopologySpreadConstraint", "nothing: all is at rest"),
    "all-on-one-node": (1, "fault: Node node-1: node-crash", "fault: node-crash (node-1, node-2, node-3)"),
    "two-schedulers": (2, "packing: Pod search: schedule", "kube-scheduler: schedule ("),
    "disk-of-a-lost-node": (1, "link-cut", "fault: node-crash (node-1, node-2)"),
    "rollout-waits-for-disk": (2, "create ReplicaSet", "deployment-controller: stop old ReplicaSets (shop)"),
    "claim-far-away": (6, "volume node affinity conflict", "kube-scheduler: schedule ("),
    "volume-in-lost-zone": (11, "volume node affinity conflict", "kube-scheduler: schedule ("),
    "data-lost-on-scaling": (2, "set owners of claims", "statefulset-controller: sync ("),
    "budget-blocks-drain": (3, "evicting pods", "user: act (user 1)"),
    "webhook-locks-itself-out": (4, "manage replicas", "replicaset-controller: manage replicas ("),
    "no-room-to-surge": (4, "manage replicas", "deployment-controller: scale down old ReplicaSets (api)"),
    "names-lost": (4, "scale down old ReplicaSets", "replicaset-controller: manage replicas ("),
    "name-comes-late": (2, "kubectl delete service/checkout", "kubectl apply"),
    "requests-lost": (12, "kubelet on node-1", "endpointslice-controller: sync Service (checkout)"),
    "ready-too-early": (9, "scale down old ReplicaSets", "container-runtime: application serves ("),
    "changed-back": (2, "sync (delete store-0", "statefulset-controller: update status (store)"),
    "slow-start": (9, "liveness probe fails", "container-runtime: application serves ("),
    "image-not-there": (10, "progress deadline", "container-runtime: images are pulled ("),
    "traffic-to-the-dying": (12, "stop pod", "endpointslice-controller: sync Service (web)"),
    "mirror-comes-back": (2, "delete mirror pod", "kubelet: stop pod (metrics-node-1)"),
    "stuck-rollout": (4, "manage replicas", "deployment-controller: scale down old ReplicaSets (web)"),
}
"""The step of the recorded story at which the fix departs, what happened there, and something that can happen now."""

HARMLESS = {"budget-under-pressure", "job-waits-for-ever", "name-captured"}
"""Examples in which the same steps happen with the fix, and do no harm: one pod is evicted, another one stays; a pod
waits for its image, but no longer for ever; a name is looked up, and found outside of the cluster."""

NEED_OTHER_FAULTS = {"disk-of-a-lost-node"}
"""Examples in which no manifest helps."""

NEED_ALL_MANIFESTS = {
    "changed-back",
    "name-comes-late",
    "requests-lost",
    "rollout-waits-for-disk",
    "traffic-to-the-dying",
}
"""Examples in which no changed manifest helps alone: a hook that comes with an update comes too late for the pods that
the update takes away; an update strategy has to stand in what is applied, too; a Service is not to be deleted."""


@pytest.mark.parametrize("name", sorted(HARMLESS))
def test_with_the_fix_the_same_steps_do_no_harm(
    name: str, traces: dict[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    for against in ("fixed.yaml", "fixed-manifests.yaml"):
        assert run(["replay", str(traces[name]), "--against", str(ROOT / name / against)]) == 0
        assert "the same steps happen, and they do not violate" in capsys.readouterr().out


@pytest.mark.parametrize("folder", [folder for folder in PAIRS if folder.name not in HARMLESS], ids=named)
def test_the_fix_departs_where_it_should(
    folder: Path, traces: dict[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    step, recorded, possible = DEPARTURES[folder.name]
    alone = folder.name not in NEED_ALL_MANIFESTS | NEED_OTHER_FAULTS
    changed = next(path for path in folder.iterdir() if path.name.startswith("fixed-")) if alone else None
    for against in (folder / "fixed.yaml", *((changed,) if changed is not None else ())):
        assert run(["replay", str(traces[folder.name]), "--against", str(against)]) == 0
        text = capsys.readouterr().out
        told = text[text.index(f"On {against} the story departs at step {step} of ") :]
        assert recorded in told
        assert possible in told
        assert "is violated" not in text
        narrow = [line for line in text.splitlines() if str(against) not in line]
        assert max(map(len, narrow)) <= WIDTH


@pytest.mark.parametrize("path", SCENARIOS, ids=named)
def test_reports_keep_to_a_hundred_columns(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", str(path), "--quiet"]) == 0
    lines = capsys.readouterr().out.splitlines()
    verdict = yaml.safe_load(path.read_text())["expect"]["verdict"]
    assert lines[0] == f"Scenario {path}"
    assert lines[1].startswith(f"Verdict: {verdict}")
    assert lines[-2:] == [lines[1], "As expected."]
    assert max(map(len, lines[1:])) <= WIDTH
    told = "\n".join(lines)
    for noise in ("metadata.generation", "observedGeneration", "(1 states", "wants 1 replicas", "601 s", "1 pods of"):
        assert noise not in told


def test_the_shop_holds_group_by_group(capsys: pytest.CaptureFixture[str]) -> None:
    code, said = report(capsys, "check", ROOT / "shop")
    assert code == 0
    (scenario,) = said["scenarios"]
    assert {group["name"]: (group["verdict"], group["states"]) for group in scenario["groups"]} == {
        "cache": ("holds", 138),
        "cart": ("holds", 645),
        "frontend": ("holds", 9847),
    }
    assert all(group["complete"] for group in scenario["groups"])


def test_the_job_holds(capsys: pytest.CaptureFixture[str]) -> None:
    code, said = report(capsys, "check", ROOT / "job")
    assert code == 0
    ((group,),) = (scenario["groups"] for scenario in said["scenarios"])
    assert (group["verdict"], group["states"], group["complete"]) == ("holds", 7426, True)
    assert {"job-eventually-finished", "job-each-pod-counted-once"} <= {prop["name"] for prop in group["properties"]}


def test_on_the_largest_example_a_rule_has_few_views(capsys: pytest.CaptureFixture[str]) -> None:
    """A rule body runs once for each distinct view, so what it declares to read must be little (design §3.1)."""
    sizes = {path: yaml.safe_load(path.read_text())["expect"]["states"] for path in SCENARIOS}
    _, said = report(capsys, "check", max(sizes, key=lambda path: sizes[path]))
    (group,) = said["scenarios"][0]["groups"]
    many = {(component, rule): count for component, rule, count in group["views"] if count > group["states"] / 100}
    assert group["views"]
    assert many == {}
