"""The largest number that works, where a number is decided slowly, proved impossible quickly, or neither.

What works is taken to work for smaller numbers, too. Where the last step between what works and what is impossible
stays undecided, both ends are told.
"""

from __future__ import annotations

from collections.abc import Callable

import attrs

Decides = Callable[[int], bool | None]
"""Whether a number works; None: not decided."""


@attrs.frozen
class Threshold:
    """``works`` does; ``impossible``, the least number of which that is proved, does not."""

    works: int
    impossible: int

    @property
    def exact(self) -> bool:
        """Whether nothing between the two was left undecided."""
        return abs(self.impossible - self.works) == 1


def least(low: int, high: int, holds: Callable[[int], bool], grain: int = 1) -> int:
    """The least number from ``low`` of which it ``holds``, as of larger ones; of ``high`` it is known to.

    ``grain``: by how much it may be larger than the least.
    """
    below = low - 1
    while high - below > grain:
        middle = (below + high) // 2
        below, high = (below, middle) if holds(middle) else (middle, high)
    return high


def largest(low: int, beyond: int, works: Decides, failures: int, grain: int = 1) -> Threshold | None:
    """The largest number from ``low`` to below ``beyond``, which is impossible; None if ``low`` was not found to work.

    ``failures``: how many numbers may turn out not to work, or stay undecided, before it is left at what works so far:
    next to the border they take longest. ``grain``: by how much it may be smaller than the largest.
    """
    if low >= beyond or not works(low):
        return None
    found, unknown, impossible = low, beyond, beyond
    while unknown - found > grain and failures:
        middle = (found + unknown) // 2
        answer = works(middle)
        if answer:
            found = middle
            continue
        failures -= 1
        unknown = middle
        impossible = middle if answer is False else impossible
    return Threshold(found, impossible)


def roughly(low: int, first: int, beyond: int, works: Decides) -> Threshold | None:
    """Any large number from ``low`` that works, of few that are tried: ``first``, then smaller ones.

    Those next to ``beyond``, which is impossible, take longest to be decided.
    """
    impossible = beyond
    for at in dict.fromkeys((first, (low + first) // 2, low)):
        answer = works(at)
        if answer:
            return Threshold(at, impossible)
        impossible = at if answer is False else impossible
    return None


def smallest(beyond: int, high: int, works: Decides, failures: int, first: int = 1) -> Threshold | None:
    """The smallest number above ``beyond``, which is impossible, up to ``high``; larger ones work, too.

    It is looked for in steps that double, ``first`` above ``beyond`` to begin with; those do not count as failures.
    """
    impossible, at, step = beyond, min(high, beyond + first), first
    while True:
        answer = works(at)
        if answer:
            break
        impossible = at if answer is False else impossible
        if at == high:
            return None
        step *= 2
        at = min(high, beyond + step)
    if answer and at - impossible == 1:
        return Threshold(at, impossible)
    mirrored = largest(-at, -impossible, lambda number: number == -at or works(-number), failures)
    return None if mirrored is None else Threshold(-mirrored.works, -mirrored.impossible)
