"""A question that conformance cases ask: which function of the model answers it, and how answers are compared."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import attrs

Given = Mapping[str, Any]
"""What a case gives: the objects under ``given``; for the scheduler the whole case but what is expected."""

Answer = Mapping[str, Any]


class _Missing:
    """Stands in an answer for what it does not say."""

    def __repr__(self) -> str:
        return "(nothing)"


MISSING = _Missing()


def _as_it_stands(expected: Answer) -> Answer:
    return expected


@attrs.frozen
class Question:
    """One question of an area.

    ``answer`` decodes what a case gives, calls the function that the model's rules call too, and encodes what it says;
    it does nothing else. ``expected`` encodes what a case expects in the same way, where plain data can not be compared
    (instants). Compared is what the case asserts, key by key, exactly; ``sets`` names lists whose order means nothing,
    ``at_most`` numbers that are upper bounds, ``complete`` mappings that may hold no further key (the empty name: the
    answer itself).

    What the model deliberately does not follow, each with its reason: ``leaves_out`` keys of answers, at any depth;
    ``not_followed`` single cases by id, or all cases of the question if it is a text.
    """

    answer: Callable[[Given], Answer] | None
    expected: Callable[[Answer], Answer] = _as_it_stands
    sets: frozenset[str] = frozenset()
    at_most: frozenset[str] = frozenset()
    complete: frozenset[str] = frozenset()
    leaves_out: Mapping[str, str] = attrs.Factory(dict)
    not_followed: Mapping[str, str] | str = attrs.Factory(dict)

    def reason(self, case: str) -> str | None:
        """Why the model does not follow the case with that id; None if it does."""
        return self.not_followed if isinstance(self.not_followed, str) else self.not_followed.get(case)

    def left_out(self, expected: Any) -> frozenset[str]:
        """The keys of ``expected`` that the model does not follow."""
        if isinstance(expected, Mapping):
            inside = frozenset[str]().union(*map(self.left_out, expected.values()))
            return inside | (expected.keys() & self.leaves_out.keys())
        if isinstance(expected, list):
            return frozenset[str]().union(*map(self.left_out, expected))
        return frozenset()

    def asserted(self, expected: Any, name: str = "") -> Any:
        """``expected`` without what the model leaves out, sets in one order."""
        if isinstance(expected, Mapping):
            return {key: self.asserted(value, key) for key, value in expected.items() if key not in self.leaves_out}
        if isinstance(expected, (list, tuple)):
            found = [self.asserted(item) for item in expected]
            return sorted(found, key=repr) if name in self.sets else found
        return expected

    def comparable(self, answer: Any, expected: Any, name: str = "") -> Any:
        """What of ``answer`` a case speaks of that expects ``expected``, which ``asserted`` gave."""
        if isinstance(expected, Mapping) and isinstance(answer, Mapping):
            keys = [*expected, *(answer.keys() - expected.keys() if name in self.complete else ())]
            return {key: self.comparable(answer.get(key, MISSING), expected.get(key), key) for key in keys}
        if name in self.sets and isinstance(answer, (list, tuple, set, frozenset)):
            return sorted(answer, key=repr)
        if isinstance(expected, list) and isinstance(answer, (list, tuple)) and len(expected) == len(answer):
            return [self.comparable(one, other) for one, other in zip(answer, expected, strict=True)]
        if name in self.at_most and answer is not MISSING and answer <= expected:
            return expected
        return list(answer) if isinstance(answer, tuple) else answer


Questions = Mapping[str, Question]
"""The questions of an area by their text, as cases write it."""
