"""The largest and the smallest number that works, with what is slowly decided, and what is not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kubemodel.proving.placement.thresholds import Threshold, largest, least, roughly, smallest


@given(st.integers(0, 60), st.integers(0, 60))
def test_the_largest_that_works_is_found(border: int, low: int) -> None:
    found = largest(low, 61, lambda number: number <= border, failures=64)
    assert found == (Threshold(border, border + 1) if border >= low else None)
    assert found is None or found.exact


@given(st.integers(1, 64), st.integers(1, 4))
def test_the_smallest_that_works_is_found(border: int, first: int) -> None:
    found = smallest(0, 64, lambda number: number >= border, failures=64, first=first)
    assert found == Threshold(border, border - 1)
    assert smallest(0, border - 1, lambda number: number >= border, failures=64, first=first) is None or border == 1


@given(st.integers(1, 60))
def test_the_least_of_which_it_holds_is_found(border: int) -> None:
    assert least(1, 60, lambda number: number >= border) == border
    assert border <= least(1, 60, lambda number: number >= border, grain=8) < border + 8


@given(st.integers(2, 80), st.integers(0, 80), st.integers(0, 80), st.integers(0, 79))
def test_what_is_undecided_lies_between_both_ends(beyond: int, works: int, undecided: int, first: int) -> None:
    def decides(number: int) -> bool | None:
        return True if number <= works else None if number <= works + undecided else False

    for found in (largest(0, beyond, decides, failures=3), roughly(0, min(first, beyond - 1), beyond, decides)):
        assert found is not None
        assert found.works <= works
        assert found.impossible > works + undecided or found.impossible == beyond
        assert found.works < found.impossible <= beyond


def test_of_few_numbers_the_first_is_tried_first() -> None:
    asked: list[int] = []

    def decides(number: int) -> bool:
        asked.append(number)
        return number <= 10

    assert roughly(0, 40, 64, decides) == Threshold(0, 20)
    assert asked == [40, 20, 0]
    assert roughly(0, 8, 64, decides) == Threshold(8, 64)
    assert asked[3:] == [8]


def test_few_failures_leave_it_at_what_works_so_far() -> None:
    asked: list[int] = []

    def decides(number: int) -> bool:
        asked.append(number)
        return number <= 10

    assert largest(0, 64, decides, failures=1) == Threshold(0, 32)
    assert asked == [0, 32]


@pytest.mark.parametrize("beyond", [0, 1])
def test_nothing_is_below_the_least(beyond: int) -> None:
    assert largest(1, beyond, lambda _: True, failures=9) is None
