from __future__ import annotations

from pathlib import Path

import pytest
from kubemodel.cli.main import run

STUCK = "examples/stuck-rollout/broken.yaml"


@pytest.fixture(autouse=True)
def at_the_top(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(Path(__file__).parents[2])


def test_a_scenario_is_written_with_what_must_come_of_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["export", STUCK]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("/* stuck-rollout: written by kubemodel.")
    assert "Spin must count 49 states, stored" in out
    assert err == "stuck-rollout: 48 states, 92 transitions, violated: deployment-eventually-complete\n"


def test_the_same_bytes_each_time_and_in_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["export", STUCK, "--quiet"]) == 0
    out, err = capsys.readouterr()
    assert run(["export", STUCK, "--quiet", "--output", str(tmp_path / "stuck.pml")]) == 0
    assert (tmp_path / "stuck.pml").read_text() == out
    assert (err, capsys.readouterr().out) == ("", "")


def test_positional_states_are_more(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["export", STUCK, "--positional"]) == 0
    states = int(capsys.readouterr().err.split(": ")[1].split(" states")[0])
    assert states > 48


def test_each_group_is_a_file_of_its_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shop = ["examples/shop/cache.yaml", "examples/shop/cart.yaml"]
    limited = ["--nodes", "1", "--max-states", "60000", "--quiet"]
    assert run(["export", *shop, *limited]) == 2
    assert "--output-dir FOLDER" in capsys.readouterr().err
    assert run(["export", *shop, *limited, "--output-dir", str(tmp_path / "new")]) == 0
    assert len(list((tmp_path / "new").iterdir())) == 2


def test_what_is_too_large_is_not_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["export", STUCK, "--max-states", "20", "--output", str(tmp_path / "x.pml")]) == 3
    said = capsys.readouterr().err
    assert said == (
        "undetermined: stuck-rollout is not written: the search stopped at 20 states; allow more (--max-states)\n"
    )
    assert not list(tmp_path.iterdir())


def test_bad_input_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["export", "no-such-file.yaml"]) == 2
    assert "no-such-file.yaml" in capsys.readouterr().err
