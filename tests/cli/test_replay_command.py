"""`kubemodel replay`: the same story again, or where another one departs from it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from kubemodel.cli.main import run

STUCK = Path(__file__).parents[2] / "examples" / "stuck-rollout"

Replay = Callable[..., tuple[int, str]]


@pytest.fixture(scope="module")
def trace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The counterexample of a rollout that gets stuck; a user applies the change in it."""
    folder = tmp_path_factory.mktemp("traces")
    assert run(["check", str(STUCK / "broken.yaml"), "--output-dir", str(folder), "--quiet"]) == 0
    (found,) = folder.iterdir()
    return found


@pytest.fixture
def replay(capsys: pytest.CaptureFixture[str]) -> Replay:
    """Runs `kubemodel replay`; its exit code and standard output. There must be nothing on standard error."""

    def replay(*arguments: str | Path) -> tuple[int, str]:
        capsys.readouterr()
        code = run(["replay", *map(str, arguments)])
        captured = capsys.readouterr()
        assert captured.err == ""
        return code, captured.out

    return replay


def manifest(tmp_path: Path, name: str, change: Callable[[dict[str, Any]], None]) -> Path:
    """A manifest of the example, changed."""
    said = yaml.safe_load((STUCK / name).read_text())
    change(said["spec"])
    path = tmp_path / "changed.yaml"
    path.write_text(yaml.safe_dump(said))
    return path


def test_the_story_is_told_and_confirmed(replay: Replay, trace: Path) -> None:
    code, out = replay(trace)
    assert code == 0
    assert out.startswith("deployment-eventually-complete is violated after 8 steps\n")
    assert out.endswith("\nAll 8 steps replay, byte for byte.\n")


def test_a_step_that_was_changed_does_not_replay(replay: Replay, trace: Path, tmp_path: Path) -> None:
    said = json.loads(trace.read_text())
    said["steps"][3]["requests"][0]["verb"] = "delete"
    changed = tmp_path / "changed.json"
    changed.write_text(json.dumps(said))
    code, out = replay(changed)
    assert code == 1
    assert "\nNow the story departs at step 4 of 8.\n  recorded: replicaset-controller: ReplicaSet web-" in out
    assert "\n  instead:  replicaset-controller: ReplicaSet web-" in out
    assert "is violated" not in out
    assert out.rstrip().endswith("It does not replay as recorded.")


def tampered(trace: Path, tmp_path: Path) -> Path:
    """The trace with the last move of a pod changed, into a state that it cannot go to from there."""
    said = json.loads(trace.read_text())
    moved = [step for step in said["steps"] if any(move["machine"] == "pod" for move in step.get("machines", ()))]
    moved[-1]["machines"][0]["after"] = "Running"
    path = tmp_path / "tampered.json"
    path.write_text(json.dumps(said))
    return path


def test_a_move_that_no_machine_allows_is_named(replay: Replay, trace: Path, tmp_path: Path) -> None:
    code, out = replay(tampered(trace, tmp_path))
    assert code == 1
    said = " ".join(out.split())
    assert "is illegal: Pod web-" in said
    assert "machine pod has no arrow" in said
    assert said.endswith("the trace was edited, or made by another version.")


@pytest.mark.parametrize("against", [(), ("--against", STUCK / "fixed-update.yaml")])
def test_a_move_that_no_machine_allows_is_part_of_the_json(
    replay: Replay, trace: Path, tmp_path: Path, against: tuple[str | Path, ...]
) -> None:
    code, out = replay(tampered(trace, tmp_path), "--format", "json", *against)
    (illegal, *_) = json.loads(out)["illegalMoves"]
    assert code == 1
    assert illegal["target"]["kind"] == "Pod"
    assert illegal["text"].startswith(f"step {illegal['step']} is illegal: Pod web-")


def test_what_is_said_differently_is_named(replay: Replay, trace: Path, tmp_path: Path) -> None:
    said = json.loads(trace.read_text())
    said["steps"][3]["because"] = "no reason"
    changed = tmp_path / "changed.json"
    changed.write_text(json.dumps(said))
    code, out = replay(changed)
    assert code == 1
    assert "\nIt does not replay as recorded.\n  differs: steps[3].because\n" in out


def test_a_change_that_does_not_help(replay: Replay, trace: Path, tmp_path: Path) -> None:
    other_image = manifest(
        tmp_path,
        "update.yaml",
        lambda spec: spec["template"]["spec"]["containers"][0].update(image="shop.example/web:3"),
    )
    code, out = replay(trace, "--against", other_image)
    assert code == 1
    assert out.rstrip().endswith(
        f"On {other_image} the same story still happens and still violates deployment-eventually-complete."
    )


def test_a_manifest_that_a_user_applies_takes_the_place_of_that(replay: Replay, trace: Path) -> None:
    code, out = replay(trace, "--against", STUCK / "fixed-update.yaml")
    assert code == 0
    assert "the story departs at step 4 of 8." in out
    assert "  possible: deployment-controller: scale down old ReplicaSets (web)\n" in out


def test_nodes_of_a_changed_manifest_are_left_to_scenarios(replay: Replay, trace: Path, tmp_path: Path) -> None:
    said = yaml.safe_load((STUCK / "broken.yaml").read_text())
    said |= {"manifests": [str(STUCK / "deployment.yaml")], "nodes": 3}
    said["users"] = [[{"apply": str(STUCK / "update.yaml")}]]
    wider = tmp_path / "wider.yaml"
    wider.write_text(yaml.safe_dump(said))
    code, out = replay(trace, "--against", wider)
    assert code == 0
    assert f"On {wider} the story departs at step 7 of 8.\n  recorded: kube-scheduler: Pod web-" in out
    assert "  instead:  kube-scheduler: Pod web-" in out
    assert "feasible: node-3" in " ".join(out.split())


def test_the_report_as_json(replay: Replay, trace: Path) -> None:
    code, out = replay(trace, "--format", "json")
    said = json.loads(out)
    assert (code, said["identical"], said["departure"], said["differences"]) == (0, True, None, [])
    assert said["trace"] == json.loads(trace.read_text())
    code, out = replay(trace, "--against", STUCK / "fixed-update.yaml", "--format", "json")
    said = json.loads(out)
    assert (code, said["stillViolated"], said["departure"]["step"]) == (0, False, 4)
    assert said["departure"]["possible"][0] == {
        "component": "deployment-controller",
        "rule": "scale down old ReplicaSets",
        "targets": ["web"],
    }


def test_the_informal_trace_format(replay: Replay, trace: Path, tmp_path: Path) -> None:
    path = tmp_path / "trace.itf.json"
    assert replay(trace, "--itf", path)[0] == 0
    assert len(json.loads(path.read_text())["states"]) == 9


def test_a_manifest_on_standard_input(replay: Replay, trace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with (STUCK / "fixed-update.yaml").open() as file:
        monkeypatch.setattr("sys.stdin", file)
        code, out = replay(trace, "--against", "-")
    assert code == 0
    assert "On - the story departs at step 4 of 8." in out
