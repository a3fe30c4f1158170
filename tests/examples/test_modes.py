"""What modes of requests and levels of consistency find, and what they do not: `examples/modes` as it says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from kubemodel.cli.main import run

ROOT = Path(__file__).parents[2] / "examples" / "modes"
SCENARIOS = sorted(path for path in ROOT.rglob("*.yaml") if "kind: Scenario" in path.read_text())

MODES = {"rpc", "time", "consistency", "switches", "constants"}


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def checked(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, Any]]:
    code = run(["check", *arguments, "--format", "json", "--quiet"])
    (scenario,) = json.loads(capsys.readouterr().out)["scenarios"]
    return code, scenario


@pytest.mark.parametrize("path", SCENARIOS, ids=named)
def test_a_mode_finds_what_it_says(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    expected = yaml.safe_load(path.read_text())["expect"]
    code, scenario = checked(capsys, str(path))
    assert scenario["unmetExpectations"] == []
    assert code == 0
    (group,) = scenario["groups"]
    assert group["complete"] or expected["verdict"] == "violated"
    assert ("steps" in expected) is (expected["verdict"] == "violated")


@pytest.mark.parametrize("folder", sorted({path.parent for path in SCENARIOS}), ids=named)
def test_the_scenarios_of_a_folder_differ_in_their_mode_alone(folder: Path) -> None:
    found = [yaml.safe_load(path.read_text()) for path in SCENARIOS if path.parent == folder]
    asked = [{k: v for k, v in said.items() if k not in MODES | {"expect"}} for said in found]
    assert all(one == asked[0] for one in asked)
    assert len({str([said.get(mode) for mode in sorted(MODES)]) for said in found}) == len(found) > 1


def test_a_whole_plan_at_once_shows_no_late_request(capsys: pytest.CaptureFixture[str]) -> None:
    path = str(ROOT / "late-request" / "request.yaml")
    code, scenario = checked(capsys, path, "--rpc", "reconcile")
    assert scenario["groups"][0]["verdict"] == "holds"
    assert code == 1, "fewer states than with requests, so the expectation of their number is not met"


def test_a_trace_tells_what_is_on_its_way(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = ROOT / "late-request" / "message.yaml"
    assert run(["check", str(path), "--output-dir", str(tmp_path), "--quiet"]) == 0
    told = capsys.readouterr().out
    assert "sends create Pod pod-a" in told
    assert "the API server gets to the request" in told
    (trace,) = tmp_path.iterdir()
    assert run(["replay", str(trace)]) == 0
    assert capsys.readouterr().out.rstrip().endswith("byte for byte.")


def test_a_level_is_a_flag_too(capsys: pytest.CaptureFixture[str]) -> None:
    path = str(ROOT / "back-in-time" / "monotonic.yaml")
    run(["check", path, "--consistency", "job-controller/Pod=resettable", "--quiet"])
    told = " ".join(capsys.readouterr().out.split())
    assert "consistency: job-controller/Pod resettable" in told
    assert "kube-apiserver-2 up to 1 change of Pod" in told
    assert "violated job-parallelism-bound" in told


def test_more_time_than_a_lost_node_takes_is_enough(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    manifest = (ROOT / "exact-durations" / "deployment.yaml").read_text()
    longer = tmp_path / "deployment.yaml"
    longer.write_text(manifest.replace("progressDeadlineSeconds: 60", "progressDeadlineSeconds: 90"))
    flags = ["--nodes", "2", "--fault", "node-crash=1", "--property", "rollout-within-deadline", "--quiet", "--time"]
    assert run(["check", str(longer), *flags, "prompt"]) == 0
    capsys.readouterr()
    # Whoever is slow enough lets any deadline pass, and is named.
    assert run(["check", str(longer), *flags, "asynchronous"]) == 12
    assert "had yet to do" in capsys.readouterr().out
    # The deadline is looked at one second late, and which of two times that end at once comes first is left open.
    longer.write_text(manifest.replace("progressDeadlineSeconds: 60", "progressDeadlineSeconds: 89"))
    assert run(["check", str(longer), *flags, "prompt"]) == 12


def test_a_counterexample_in_exact_time_replays(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = ROOT / "exact-durations" / "prompt.yaml"
    assert run(["check", str(path), "--output-dir", str(tmp_path), "--quiet"]) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "time prompt: a timer fires when its seconds are over" in told
    assert "after 60 s, progress deadline" in told
    assert "timers" not in told.split("Assumed and bounded:")[0]
    (trace,) = tmp_path.iterdir()
    assert run(["replay", str(trace)]) == 0
    assert capsys.readouterr().out.rstrip().endswith("byte for byte.")
