"""`kubemodel conform` counts every case, shows differences, and says so with its exit code."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from kubemodel.cli.main import run

AGREES = {
    "id": "kubelet/made-up",
    "source": "here",
    "question": "whether the container is (re)started (container instances listed newest first)",
    "given": {"restartPolicy": "Never", "instances": []},
    "expected": {"restart": True},
}
DIFFERS = {**AGREES, "id": "kubelet/wrong", "expected": {"restart": False}}
UNKNOWN = {**AGREES, "id": "elsewhere/what", "question": "what"}


def conform(tmp_path: Path, *cases: Any, flags: tuple[str, ...] = ()) -> int:
    file = tmp_path / "cases.jsonl"
    file.write_text("".join(f"{json.dumps(case)}\n" for case in cases), "utf-8")
    return run(["conform", str(file), *flags])


def test_cases_that_agree(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert conform(tmp_path, AGREES) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["area", "cases", "agree", "differ", "not", "followed", "not", "modelled"]
    assert lines[1].split() == ["kubelet", "1", "1", "0", "0", "0"]
    assert lines[2].split() == ["in", "all", "1", "1", "0", "0", "0"]


def test_a_difference_shows_what_was_given_expected_and_answered(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert conform(tmp_path, AGREES, DIFFERS) == 1
    out = capsys.readouterr().out
    assert "differs: kubelet/wrong (here)" in out
    assert 'given     {"instances": [], "restartPolicy": "Never"}' in out
    assert 'expected  {"restart": false}\n  answered  {"restart": true}' in out


def test_what_is_not_modelled_is_said_and_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert conform(tmp_path, UNKNOWN) == 1
    assert "not modelled: no adapter answers for the area elsewhere\n  elsewhere/what" in capsys.readouterr().out


def test_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert conform(tmp_path, AGREES, DIFFERS, flags=("--json",)) == 1
    data = json.loads(capsys.readouterr().out)
    assert data["agree"] is False
    assert data["areas"]["kubelet"]["cases"] == 2
    (case,) = data["cases"]
    assert (case["id"], case["finding"], case["answered"]) == ("kubelet/wrong", "differ", {"restart": True})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "is not JSON"),
        ("[]", "is no case"),
        ("{}", "id: is missing"),
        ('{"id": 1, "expected": {}, "question": "", "given": {}}', "id: has the wrong type"),
        ('{"id": "a/b", "expected": {}, "question": "", "given": 1}', "given: has the wrong type"),
    ],
)
def test_a_line_that_is_no_case(text: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "cases.jsonl"
    file.write_text(text, "utf-8")
    assert run(["conform", str(file)]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and f"cases.jsonl:1: {said}" in error


def test_an_id_that_occurs_twice(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert conform(tmp_path, AGREES, AGREES) == 2
    assert 'the id "kubelet/made-up" occurs twice' in capsys.readouterr().err


def test_a_file_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["conform", "absent.jsonl"]) == 2
    assert "absent.jsonl: cannot be read" in capsys.readouterr().err
