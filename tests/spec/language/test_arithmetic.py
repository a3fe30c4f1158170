"""The five operations mean the same on integers and on z3 expressions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import z3
from hypothesis import given
from hypothesis import strategies as st
from kubemodel.spec.language.arithmetic import ceil_div, floor_div, maximum, minimum, select

NUMBERS = st.integers(-1000, 1000)


def value(expression: Any) -> int:
    return int(z3.simplify(expression).as_long())


@pytest.mark.parametrize("operation", [minimum, maximum])
@given(NUMBERS, NUMBERS)
def test_of_two_numbers(operation: Callable[[Any, Any], Any], first: int, second: int) -> None:
    assert value(operation(z3.IntVal(first), z3.IntVal(second))) == operation(first, second)


@pytest.mark.parametrize("operation", [floor_div, ceil_div])
@given(NUMBERS, st.integers(1, 100))
def test_of_a_division(operation: Callable[[Any, Any], Any], dividend: int, divisor: int) -> None:
    assert value(operation(z3.IntVal(dividend), z3.IntVal(divisor))) == operation(dividend, divisor)


@given(NUMBERS, st.integers(1, 100))
def test_quotients_enclose_the_fraction(dividend: int, divisor: int) -> None:
    assert floor_div(dividend, divisor) * divisor <= dividend <= ceil_div(dividend, divisor) * divisor
    assert ceil_div(dividend, divisor) - floor_div(dividend, divisor) == (dividend % divisor != 0)


def test_selection_follows_the_condition() -> None:
    number = z3.Int("number")
    assert (select(True, 1, 2), select(False, 1, 2)) == (1, 2)
    assert value(z3.substitute(select(number > 0, z3.IntVal(1), z3.IntVal(2)), (number, z3.IntVal(5)))) == 1
