"""Verdicts and exit codes combine as the table of the design says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kubemodel.engine.verdicts import Category, ExitCode, PropertyVerdict, RunVerdict, Verdict, combined_exit_code

H, V, U, N = Verdict.HOLDS, Verdict.VIOLATED, Verdict.UNDETERMINED, Verdict.VACUOUS


def prop(verdict: Verdict, category: Category = Category.SAFETY) -> PropertyVerdict:
    return PropertyVerdict("some property", verdict, category)


@pytest.mark.parametrize(
    ("verdicts", "run", "code"),
    [
        ((H, H), H, 0),
        ((H, N), N, 3),
        ((N, U), U, 3),
        ((H, U, V), V, 12),
        ((V, N), V, 12),
        ((), N, 3),
    ],
)
def test_a_run_is_as_bad_as_its_worst_property(verdicts: tuple[Verdict, ...], run: Verdict, code: int) -> None:
    assert RunVerdict.of(map(prop, verdicts)) == RunVerdict(run, ExitCode(code))


def test_several_runs_are_as_bad_as_the_worst() -> None:
    held, idle, broken = RunVerdict.of([prop(H)]), RunVerdict.of([prop(N)]), RunVerdict.of([prop(V)])
    assert RunVerdict.worst([held, held]) == held
    assert RunVerdict.worst([idle, held]) == idle
    assert RunVerdict.worst([held, broken, idle]) == broken
    assert RunVerdict.worst([]) == RunVerdict.of([])


@pytest.mark.parametrize(("category", "code"), [("deadlock", 11), ("safety", 12), ("liveness", 13)])
def test_the_category_decides_the_code_of_a_violation(category: str, code: int) -> None:
    assert prop(V, Category(category)).exit_code == code


@pytest.mark.parametrize(
    ("codes", "combined"),
    [((0, 3), 3), ((3, 13, 12), 12), ((12, 11), 11), ((0,), 0), ((), 0), ((11, 1), 1), ((2, 70), 70)],
)
def test_of_several_results_the_lowest_violation_wins(codes: tuple[int, ...], combined: int) -> None:
    assert combined_exit_code(map(ExitCode, codes)) == combined


@given(st.lists(st.sampled_from(ExitCode)))
def test_zero_only_if_all_are_zero(codes: list[ExitCode]) -> None:
    assert (combined_exit_code(codes) is ExitCode.HOLDS) == (set(codes) <= {ExitCode.HOLDS})
