"""The arithmetic of controllers, over numbers that may be symbolic (design §3.1).

Decision functions that count with nothing but these five can be run on plain integers by a model and called on z3
integers by a proof: the same functions, the same text.
"""

from __future__ import annotations

from typing import Any, TypeAlias

Number: TypeAlias = Any
"""An ``int``, or an integer expression of z3."""

Truth: TypeAlias = Any
"""A ``bool``, or a Boolean expression of z3: what comparing two numbers gives."""


def select(condition: Truth, then: Number, otherwise: Number) -> Number:
    """``then`` where ``condition`` holds, else ``otherwise``. Both are evaluated."""
    if isinstance(condition, bool):
        return then if condition else otherwise
    import z3  # type: ignore[import-untyped]  # only proofs need it, and it takes long to load

    return z3.If(condition, then, otherwise)


def minimum(first: Number, second: Number) -> Number:
    """The lesser of two numbers."""
    return select(first <= second, first, second)


def maximum(first: Number, second: Number) -> Number:
    """The greater of two numbers."""
    return select(first >= second, first, second)


def floor_div(dividend: Number, divisor: Number) -> Number:
    """The quotient rounded down; ``divisor`` must be positive, for symbolic division rounds otherwise if it is not."""
    if isinstance(dividend, int) and isinstance(divisor, int):
        return dividend // divisor
    return dividend / divisor


def ceil_div(dividend: Number, divisor: Number) -> Number:
    """The quotient rounded up; ``divisor`` must be positive."""
    return -floor_div(-dividend, divisor)
