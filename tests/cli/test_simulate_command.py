from __future__ import annotations

import json
from pathlib import Path

import pytest
from kubemodel.cli.main import run

STUCK = "examples/stuck-rollout/broken.yaml"
FINE = "examples/stuck-rollout/fixed.yaml"


@pytest.fixture(autouse=True)
def at_the_top(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(Path(__file__).parents[2])


@pytest.fixture
def simulate(capsys: pytest.CaptureFixture[str]) -> object:
    def call(*arguments: str) -> tuple[int, str]:
        return run(["simulate", *arguments, "--quiet"]), capsys.readouterr().out

    return call


def test_a_violation_is_found_made_short_and_told(simulate) -> None:  # type: ignore[no-untyped-def]
    code, text = simulate(STUCK, "--walks", "20")
    assert code == 11
    assert text.startswith("stuck-rollout: violated: deployment-eventually-complete\n")
    assert "made short, it takes 8" in text
    assert "deployment-eventually-complete is violated after 8 steps" in text


def test_nothing_found_decides_nothing(simulate) -> None:  # type: ignore[no-untyped-def]
    code, text = simulate(FINE, "--walks", "5", "--walking", "priority")
    assert code == 3
    assert "undetermined: walks cannot show that something holds" in text
    assert "5 walks of at most 300 steps, seeds 0 to 4, priority" in text
    assert "never fired: " in text


@pytest.mark.parametrize("walking", ["random", "priority"])
def test_as_many_processes_as_one_likes_give_the_same_bytes(simulate, walking: str) -> None:  # type: ignore[no-untyped-def]
    given = (FINE, "--walks", "20", "--steps", "30", "--walking", walking, "--format", "json")
    assert simulate(*given, "--jobs", "1") == simulate(*given, "--jobs", "2")


def test_the_trace_can_be_replayed(simulate, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:  # type: ignore[no-untyped-def]
    code, text = simulate(STUCK, "--walks", "5", "--output-dir", str(tmp_path), "--format", "json")
    (found,) = json.loads(text)
    assert (code, found["verdict"], found["minimised"]) == (11, "violated", 8)
    (trace,) = tmp_path.iterdir()
    assert run(["replay", str(trace)]) == 0
    assert "is violated" in capsys.readouterr().out


def test_bad_input_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["simulate", "no-such-file.yaml"]) == 2
    assert "no-such-file.yaml" in capsys.readouterr().err


def test_progress_says_what_was_come_by(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("kubemodel.cli.simulate_command.SECONDS_BETWEEN_PLAIN_LINES", 0.0)
    assert run(["simulate", FINE, "--walks", "2", "--steps", "5", "--jobs", "1", "--format", "json"]) == 3
    out, err = capsys.readouterr()
    (found,) = json.loads(out)
    rules, arrows = found["rulesFired"], found["arrowsTaken"]
    last = err.splitlines()[-1]
    assert last.startswith(f"2 of 2 walks, fired {rules} of ") and f", took {arrows} of " in last
    machine, source, dest, driver = found["arrowsNeverTaken"][0]
    assert machine and source != dest and driver
