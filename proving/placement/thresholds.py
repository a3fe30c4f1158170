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


def least(low: int, high: int, holds: Callable[[int], bool]) -> int:
    """The least number from ``low`` of which it ``holds``, as of larger ones; of ``high`` it is known to."""
    below = low - 1
    while high - below > 1:
        middle = (below + high) // 2
        below, high = (below, middle) if holds(middle) else (middle, high)
    return high


def largest(low: int, beyond: int, works: Decides, tries: int) -> Threshold | None:
    """The largest number from ``low`` to below ``beyond``, which is impossible; None if none was found to work.

    ``tries``: how often it may be asked whether a number works; the first are those next to ``beyond``.
    """
    impossible, unknown = beyond, beyond
    at, step = beyond - 1, max(1, (beyond - low) // 128)
    found: int | None = None
    while found is None:
        if at < low or not tries:
            return None
        answer = works(at)
        tries -= 1
        if answer:
            found = at
        else:
            impossible = at if answer is False else impossible
            unknown = at
            at = max(low, at - step) if at > low else low - 1
            step *= 2
    while unknown - found > 1 and tries:
        middle = (found + unknown) // 2
        answer = works(middle)
        tries -= 1
        if answer:
            found = middle
        else:
            impossible = middle if answer is False else impossible
            unknown = middle
    return Threshold(found, impossible)


def smallest(beyond: int, high: int, works: Decides, tries: int) -> Threshold | None:
    """The smallest number above ``beyond``, which is impossible, up to ``high``; larger ones work, too."""
    mirrored = largest(-high, -beyond, lambda number: works(-number), tries)
    return None if mirrored is None else Threshold(-mirrored.works, -mirrored.impossible)
