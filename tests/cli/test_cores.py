"""`kubemodel check --cores` and `--fingerprint`: the same report, or one that says what it rests on."""

from __future__ import annotations

from pathlib import Path

import pytest
from kubemodel.cli.main import run

EXAMPLES = Path(__file__).parents[2] / "examples"
FIXED = str(EXAMPLES / "stuck-rollout" / "fixed.yaml")
BROKEN = str(EXAMPLES / "stuck-rollout" / "broken.yaml")


def checked(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    capsys.readouterr()
    code = run(["check", *arguments])
    said = capsys.readouterr()
    return code, said.out, said.err


def test_the_report_is_the_same_on_any_number_of_cores(capsys: pytest.CaptureFixture[str]) -> None:
    """13,515 states: enough for a second core to be asked."""
    one = checked(capsys, FIXED, "--explorer", "kernel", "--cores", "1")
    assert one[0] == 0
    assert "13,515 states" in one[1]
    assert checked(capsys, FIXED, "--explorer", "kernel", "--cores", "2") == one


def test_fingerprints_count_the_same_and_say_the_odds(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = checked(capsys, FIXED, "--explorer", "kernel", "--fingerprint")
    assert code == 0
    assert "13,515 states" in out
    assert "  - fingerprints: no two states have the same 64 bits; the odds that two do" in out


def test_a_counterexample_is_found_again_by_walking_to_it(capsys: pytest.CaptureFixture[str]) -> None:
    exact, by_fingerprints = (
        checked(capsys, BROKEN, "--explorer", "kernel", *flags) for flags in ((), ("--fingerprint",))
    )
    steps = [line for line in exact[1].splitlines() if line.lstrip()[:1].isdigit()]
    assert steps
    assert steps == [line for line in by_fingerprints[1].splitlines() if line.lstrip()[:1].isdigit()]


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (("--fingerprint", "--checkpoint", "kept"), "a search by fingerprints cannot be kept, nor gone on with"),
        (("--fingerprint", "--explorer", "tables"), "only the kernel knows fingerprints"),
        (("--cores", "0"), "--cores"),
    ],
)
def test_what_does_not_go_together_is_refused(
    flags: tuple[str, ...],
    said: str,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    code, out, err = checked(capsys, FIXED, *flags)
    assert (code, out) == (2, "")
    assert said in err
    assert not list(tmp_path.iterdir())
