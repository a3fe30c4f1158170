"""Recordings of real clusters are explained from manifests, nodes, users and load; what they show is predicted.

What needs the recordings themselves is skipped without ../shared. ``examples/recordings/NAME/broken.yaml`` is our own
way to the same failure, ``fixed.yaml`` removes it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from kubemodel.cli.main import run

RECORDINGS = Path(__file__).parents[3] / "shared" / "recordings"

EXAMPLES = Path(__file__).parents[2] / "examples" / "recordings"

recorded = pytest.mark.skipif(not RECORDINGS.is_dir(), reason="the recordings are not here")

WORKERS = ("kind-worker", "kind-worker2", "kind-worker3")


def nodes(folder: Path, **labels: tuple[str, str, str]) -> str:
    """A file with the three workers, each with its value of each label."""
    items = [
        {
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": {
                "name": name,
                "labels": {"kubernetes.io/hostname": name, **{key: values[place] for key, values in labels.items()}},
            },
            "status": {"allocatable": {"cpu": "8", "memory": "16Gi", "pods": "110"}},
        }
        for place, name in enumerate(WORKERS)
    ]
    file = folder / "nodes.json"
    file.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": items}), "utf-8")
    return str(file)


def validated(capsys: pytest.CaptureFixture[str], recording: Path, *arguments: str) -> dict[str, Any]:
    code = run(["validate", str(recording), *arguments, "--format", "json"])
    data: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert {"explained": 0, "not explained": 1, "undetermined": 3}[data["verdict"]] == code
    return data


@recorded
def test_two_drains(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    recording = RECORDINGS / "C6-drain-twice"
    users = ("drain=kind-worker", "uncordon=kind-worker", "drain=kind-worker3", "uncordon=kind-worker3")
    data = validated(
        capsys,
        recording,
        "--manifests",
        str(recording / "deploy.yaml"),
        "--nodes",
        nodes(tmp_path, node=("1", "2", "3")),
        *(part for user in users for part in ("--user", user)),
    )
    (group,) = data["groups"]
    assert group["verdict"] == "explained"
    assert (group["explained"], group["missing"]) == (38, 0)
    assert [len(left["events"]) for left in data["notLookedAt"]] == [53]


SLOW = ("--slow", "horizontal-pod-autoscaler-controller")
"""Autoscalers look every 15 seconds, and metrics lag: what they follow may change more than once in between."""


def scenario(folder: Path, recording: Path, labels: dict[str, tuple[str, str, str]], usage: list[Any]) -> str:
    """A scenario with the recording's Deployment, an autoscaler from 1 to 6 at half of the request, and a load."""
    # One of two keys that stand twice is dropped: the API server would take the last.
    lines = (recording / "deploy_h1-app.yaml").read_text("utf-8").splitlines()
    (folder / "deployment.yaml").write_text("\n".join(line for line in lines if "sleep 14400" not in line), "utf-8")
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "h1-app"}
    cpu = {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 50}}
    autoscaler = {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "h1-app"},
        "spec": {
            "scaleTargetRef": target,
            "minReplicas": 1,
            "maxReplicas": 6,
            "metrics": [{"type": "Resource", "resource": cpu}],
        },
    }
    (folder / "autoscaler.json").write_text(json.dumps(autoscaler), "utf-8")
    given = recording / "autoscaler.yaml"
    settings = {
        "apiVersion": "kubemodel/v1",
        "kind": "Scenario",
        "metadata": {"name": "h1-app"},
        "manifests": ["deployment.yaml", str(given) if given.exists() else "autoscaler.json"],
        "nodes": Path(nodes(folder, **labels)).name,
        "load": {"h1-app": {"cpu": {"byPodAge": usage}}},
    }
    file = folder / "scenario.yaml"
    file.write_text(json.dumps(settings), "utf-8")
    return str(file)


@recorded
def test_a_rise_and_fall(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    recording = RECORDINGS / "C1-hpa-rise-and-fall"
    usage = [{"usage": "100m", "seconds": 240}, {"usage": "25m", "seconds": 30}, {"usage": "0m"}]
    given = scenario(tmp_path, recording, {}, usage)
    since = ("--from", "2024-01-13T21:28:00Z")
    (group,) = validated(capsys, recording, "--manifests", given, *SLOW, *since)["groups"]
    assert (group["verdict"], group["explained"], group["missing"]) == ("explained", 55, 0)


@recorded
def test_spread_and_an_autoscaler(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    recording = RECORDINGS / "C3-spread-and-hpa"
    labels = {"zone": ("A", "A", "B"), "node": ("1", "2", "3")}
    given = scenario(tmp_path, recording, labels, [{"usage": "102m"}])
    window = ("--from", "2023-07-16T02:15:14Z", "--to", "2023-07-16T02:19:00Z")
    (group,) = validated(capsys, recording, "--manifests", given, *SLOW, *window)["groups"]
    assert (group["verdict"], group["explained"], group["missing"]) == ("explained", 32, 0)
    assert run(["check", given, "--quiet"]) == 11
    assert "h1-app is left with 5 of 6 updated pods available" in capsys.readouterr().out


@pytest.mark.parametrize("name", sorted(path.name for path in EXAMPLES.iterdir()))
def test_the_failure_is_predicted_and_the_fix_holds(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken, fixed = EXAMPLES / name / "broken.yaml", EXAMPLES / name / "fixed.yaml"
    assert run(["check", str(broken), "--quiet", "--output-dir", str(tmp_path)]) == 0
    assert "As expected." in capsys.readouterr().out
    assert run(["check", str(fixed), "--quiet"]) == 0
    said = capsys.readouterr().out
    assert "Verdict: holds\nAs expected." in said
    (trace,) = tmp_path.iterdir()
    assert run(["replay", str(trace), "--against", str(fixed)]) == 0
    assert "is violated" not in capsys.readouterr().out


@recorded
def test_a_descheduler_that_goes_round(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    recording = RECORDINGS / "C8-descheduler-loop"
    document = {
        "apiVersion": "kubemodel/v1",
        "kind": "Scenario",
        "metadata": {"name": "descheduled"},
        "manifests": [str(recording / "deploy.yaml")],
        "nodes": nodes(tmp_path, lifecycle=("spot", "spot", "on-demand")),
        "descheduler": {
            "strategies": ["RemovePodsViolatingTopologySpreadConstraint"],
            "intervalSeconds": 10,
            "includeSoftConstraints": True,
        },
    }
    file = tmp_path / "scenario.yaml"
    file.write_text(yaml.safe_dump(document), "utf-8")
    # Of the replacements eight were created without an event.
    (group,) = validated(capsys, recording, "--manifests", str(file), "--missing", "10")["groups"]
    assert (group["verdict"], group["explained"], group["missing"]) == ("explained", 104, 8)
