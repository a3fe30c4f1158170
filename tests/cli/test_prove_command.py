"""`kubemodel prove` says what is proved and on what it rests, and how a law fails that was changed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from kubemodel.cli import prove_command
from kubemodel.cli.main import run
from kubemodel.proving.induction.catalogue import PROVABLES

LAW, MUTATION = "no-lost-update", "no-conflict-check"


def printed(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> str:
    assert run(["prove", *arguments]) == code
    return capsys.readouterr().out


def test_a_law_is_proved(capsys: pytest.CaptureFixture[str]) -> None:
    out = printed(capsys, LAW)
    assert out.startswith(f"{LAW}: proved\n")
    assert "By an inductive invariant: z3 showed 26 obligations." in out
    assert "Small instances: 81 states, 112 transitions, all explored, and none breaks it." in out
    assert "- updates-name-versions: every update names the version that it was made from" in out


def test_witnesses_are_shown_on_request(capsys: pytest.CaptureFixture[str]) -> None:
    assert "Its hypotheses are met by updates 0." in printed(capsys, LAW, "--witness")
    assert "first client: first reads: can be taken in" in printed(capsys, LAW, "--witness")
    assert "are met by" not in printed(capsys, LAW)


def test_a_mutation_fails_and_its_counterexample_replays(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = printed(capsys, LAW, "--mutate", MUTATION, "--output-dir", str(tmp_path), code=1)
    file = tmp_path / f"{LAW}.{MUTATION}.trace.json"
    assert out.startswith(f"{LAW}, {MUTATION}: fails\n")
    assert f"{LAW} is violated after 5 steps" in out
    assert f"Written to {file}; kubemodel replay walks through it again." in out
    assert run(["replay", str(file)]) == 0
    assert capsys.readouterr().out.endswith("All 5 steps replay, byte for byte.\n")


def test_a_trace_of_a_law_that_was_edited_does_not_replay(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    printed(capsys, LAW, "--mutate", MUTATION, "--output-dir", str(tmp_path), code=1)
    file = tmp_path / f"{LAW}.{MUTATION}.trace.json"
    trace: dict[str, Any] = json.loads(file.read_text())

    def replayed(**scenario: Any) -> tuple[int, str]:
        file.write_text(json.dumps({**trace, "scenario": {**trace["scenario"], **scenario}}))
        code = run(["replay", str(file)])
        captured = capsys.readouterr()
        return code, captured.out + captured.err

    code, said = replayed(mutation="")
    assert code == 1
    assert "departs at step 5 of 5" in said
    assert replayed(law="no-law")[0] == 2
    assert "it comes from an unknown law" in replayed(law="no-law")[1]
    assert f"{LAW} has no such mutation" in replayed(mutation="none")[1]
    assert "its first state must have the numbers" in replayed(first={"updates": 1})[1]
    file.write_text(json.dumps(trace))
    assert run(["replay", str(file), "--against", "x.yaml"]) == 2
    assert "which no manifests change" in capsys.readouterr().err


def test_json_holds_all_of_it(capsys: pytest.CaptureFixture[str]) -> None:
    document = json.loads(printed(capsys, LAW, "--mutate", MUTATION, "--json", code=1))
    (proof,) = document["proofs"]
    assert (document["verdict"], proof["verdict"], proof["mutation"]) == ("violated", "violated", MUTATION)
    assert proof["counterexample"]["violation"]["property"] == LAW
    assert proof["notShown"]["claim"] == "first writes: what is stored is what was added"
    (measured,) = document["measured"]
    assert set(measured) == {"law", "seconds"}
    proved = json.loads(printed(capsys, LAW, "--json"))
    assert (proved["verdict"], proved["proofs"][0]["counterexample"]) == ("holds", None)
    assert proved["proofs"][0]["smallInstances"]["complete"]


def test_equal_runs_print_equal_bytes(capsys: pytest.CaptureFixture[str]) -> None:
    first, second = (printed(capsys, LAW, "--mutate", MUTATION, "--witness", code=1) for _ in range(2))
    assert first == second


def test_no_time_leaves_it_undetermined(capsys: pytest.CaptureFixture[str]) -> None:
    out = printed(capsys, LAW, "--timeout", "1e-9", code=3)
    assert out.startswith(f"{LAW}: undetermined\n")
    assert "1e-09 s had passed; allow more with --timeout." in out


def test_after_an_interrupt_the_other_laws_are_not_begun(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = []

    def interrupted(law: Any, **_given: Any) -> Any:
        begun.append(law.name)
        return prove_command.Found(law, prove_command.Outcome.UNDETERMINED, reason=prove_command.INTERRUPTED)

    monkeypatch.setattr(prove_command, "prove", interrupted)
    out = printed(capsys, code=3)
    assert begun == [next(iter(PROVABLES))]
    assert out.count("It was interrupted; let it run to its end.") == len(PROVABLES)


def test_the_list_names_every_law_with_its_mutations(capsys: pytest.CaptureFixture[str]) -> None:
    listed = json.loads(printed(capsys, "--list", "--json"))
    assert [entry["law"] for entry in listed] == list(PROVABLES)
    out = printed(capsys, "--list", LAW)
    assert out.startswith(f"{LAW}\n")
    assert "topology-spread" not in out
    assert f"    {MUTATION}: " in out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("rolling",), 'there is no law "rolling"; did you mean rolling-update?'),
        (("x",), 'there is no law "x"; there are rolling-update'),
        (("--mutate", MUTATION), "--mutate needs one law"),
        ((LAW, "--mutate", "none"), f'{LAW} has no mutation "none"; there are {MUTATION}'),
        (("--timeout", "0"), "--timeout"),
    ],
)
def test_bad_usage_is_one_line(arguments: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["prove", *arguments]) == 2
    err = capsys.readouterr().err
    assert said in err
    assert err.count("\n") == 1
