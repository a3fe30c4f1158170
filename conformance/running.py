"""Runs conformance cases: what the model answers, beside what Kubernetes does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Any

import attrs

from .cases import Case
from .question import MISSING, Question, Questions

_UNREADABLE = (LookupError, TypeError, ValueError, AttributeError, AssertionError)
"""What decoding raises where a case gives what no adapter knows: the model has no answer, which is a difference."""


class Finding(Enum):
    """What came of a case; the value is the head of its column."""

    AGREES = "agree"
    DIFFERS = "differ"
    NOT_FOLLOWED = "not followed"
    NOT_MODELLED = "not modelled"


@attrs.frozen
class Result:
    """What came of one case.

    ``expected`` and ``answered`` hold what was compared. ``reason`` says why the model does not follow the case, wholly
    or in some keys, or that nobody answers its question.
    """

    case: Case
    finding: Finding
    expected: Any = None
    answered: Any = None
    reason: str = ""


def run(cases: Iterable[Case], areas: Mapping[str, Questions]) -> tuple[Result, ...]:
    """The result of every case, in order."""
    return tuple(_result(case, areas.get(case.area)) for case in cases)


def count(results: Iterable[Result]) -> dict[str, Counter[Finding]]:
    """How many cases of each area came to what, by area in the order of the alphabet."""
    found: dict[str, Counter[Finding]] = {}
    for result in sorted(results, key=lambda result: result.case.area):
        found.setdefault(result.case.area, Counter())[result.finding] += 1
    return found


def _result(case: Case, questions: Questions | None) -> Result:
    if questions is None:
        return Result(case, Finding.NOT_MODELLED, reason=f"no adapter answers for the area {case.area}")
    question = questions.get(case.question)
    if question is None:
        return Result(case, Finding.NOT_MODELLED, reason=f"no adapter answers the question: {case.question}")
    return _compare(case, question)


def _compare(case: Case, question: Question) -> Result:
    deliberately = question.reason(case.id)
    if question.answer is None:
        return Result(case, Finding.NOT_FOLLOWED, reason=deliberately or "")
    left_out = question.left_out(case.expected)
    try:
        expected = question.asserted(question.expected(case.expected))
        answered = question.comparable(question.answer(case.given), expected)
    except _UNREADABLE as error:
        expected, answered = case.expected, f"{MISSING!r}: {type(error).__name__}: {error}"
    if answered != expected:
        if deliberately is not None:
            return Result(case, Finding.NOT_FOLLOWED, expected, answered, deliberately)
        return Result(case, Finding.DIFFERS, expected, answered)
    if left_out:
        reasons = "; ".join(f"{key}: {question.leaves_out[key]}" for key in sorted(left_out))
        return Result(case, Finding.NOT_FOLLOWED, expected, answered, reasons)
    return Result(case, Finding.AGREES, expected, answered)
