"""`kubemodel validate` says whether a recording can have come about, and shows what it found."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from kubemodel.cli.main import run

EXAMPLE = Path(__file__).parents[2] / "examples" / "recordings" / "drain-twice"
USERS = ("drain=worker-1", "uncordon=worker-1", "drain=worker-2", "uncordon=worker-2")
FLAGS = ("--manifests", str(EXAMPLE / "deployment.yaml"), "--nodes", str(EXAMPLE / "nodes.yaml"))
DRAINS = tuple(part for user in USERS for part in ("--user", user))


def test_a_recording_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["validate", str(EXAMPLE), *FLAGS, *DRAINS, "--witness"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("Verdict: explained\n")
    assert "user: act (" in out and "= 10:01:00 Killing Pod web-" in out
    assert "Not looked at: 2 events about other objects\n  - Killing of Pod batch-59b7766544-zrjrw" in out


def test_the_witness_is_replayed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["validate", str(EXAMPLE), *FLAGS, *DRAINS, "--output-dir", str(tmp_path)]) == 0
    (trace,) = tmp_path.iterdir()
    assert run(["replay", str(trace)]) == 0
    capsys.readouterr()


def test_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["validate", str(EXAMPLE), *FLAGS, *DRAINS, "--format", "json"]) == 0
    data = json.loads(capsys.readouterr().out)
    (group,) = data["groups"]
    assert data["verdict"] == group["verdict"] == "explained"
    assert group["events"] == group["explained"] == len(group["steps"])


def test_without_its_users_it_is_not_explained(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["validate", str(EXAMPLE), *FLAGS, "--missing", "0"]) == 1
    out = capsys.readouterr().out
    assert "Verdict: not explained" in out
    assert "not explained: 10:01:00 Killing Pod web-" in out
    assert "kubelet, stop pod: does not apply" in out


def test_a_search_that_gives_up_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["validate", str(EXAMPLE), *FLAGS, *DRAINS, "--max-nodes", "3"]) == 3
    out = capsys.readouterr().out
    assert "Verdict: undetermined" in out and "stopped: 3 nodes were searched; allow more" in out


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--from", "noon"), "--from: cannot read"),
        (("--from", "2030-01-01T00:00:00Z"), "holds no events of that time"),
    ],
)
def test_bad_input(more: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["validate", str(EXAMPLE), *FLAGS, *more]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and said in error


def test_a_recording_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["validate", "absent", *FLAGS]) == 2
    assert "absent: cannot be read" in capsys.readouterr().err
