"""Verdicts: three-valued, plus "vacuous", with their exit codes (design §3.4)."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum, IntEnum

import attrs


class Verdict(Enum):
    """What is known of a property, or of a run."""

    HOLDS = "holds"
    """Within the stated assumptions; the search was complete and the property was triggered."""
    VIOLATED = "violated"
    UNDETERMINED = "undetermined"
    """A bound, a time-out, a memory limit or an interrupt came first."""
    VACUOUS = "vacuous"
    """The search was complete and the property never had anything to say."""


class Category(Enum):
    """What kind of promise a property is; decides the exit code of its violation."""

    DEADLOCK = "deadlock"
    """It speaks of quiescent states: where everything has come to rest, this must be so."""
    SAFETY = "safety"
    """It speaks of every state, or of every step."""
    LIVENESS = "liveness"


class ExitCode(IntEnum):
    """What the process returns; the lowest of 11 to 13 wins, then 3, then 0."""

    HOLDS = 0
    COMPARISON = 1
    """Another comparison failed: an ``expect:``, a conformance case, a recording, a proof."""
    USAGE = 2
    UNDETERMINED = 3
    DEADLOCK = 11
    SAFETY = 12
    LIVENESS = 13
    INTERNAL = 70


_VIOLATION_CODES = {
    Category.DEADLOCK: ExitCode.DEADLOCK,
    Category.SAFETY: ExitCode.SAFETY,
    Category.LIVENESS: ExitCode.LIVENESS,
}
_WORST_FIRST = (Verdict.VIOLATED, Verdict.UNDETERMINED, Verdict.VACUOUS, Verdict.HOLDS)


@attrs.frozen
class PropertyVerdict:
    """What became of one property. ``text``: how it is violated, or why it is undecided.

    ``trace``: the number, among the counterexamples of the run, of the one that shows it.
    """

    name: str
    verdict: Verdict
    category: Category
    text: str = ""
    trace: int | None = None

    @property
    def exit_code(self) -> ExitCode:
        """The exit code of a run in which this were the only property."""
        if self.verdict is Verdict.VIOLATED:
            return _VIOLATION_CODES[self.category]
        return ExitCode.HOLDS if self.verdict is Verdict.HOLDS else ExitCode.UNDETERMINED


@attrs.frozen
class RunVerdict:
    """What became of a run, from all its properties; a run without any is vacuous."""

    verdict: Verdict
    exit_code: ExitCode

    @classmethod
    def of(cls, properties: Iterable[PropertyVerdict]) -> RunVerdict:
        """The verdict of a run with these properties."""
        given = tuple(properties)
        found = {prop.verdict for prop in given} or {Verdict.VACUOUS}
        worst = next(verdict for verdict in _WORST_FIRST if verdict in found)
        codes = [prop.exit_code for prop in given] or [ExitCode.UNDETERMINED]
        return cls(worst, combined_exit_code(codes))

    @classmethod
    def worst(cls, runs: Iterable[RunVerdict]) -> RunVerdict:
        """The verdict of several runs together; of none, it is vacuous."""
        given = tuple(runs) or (cls.of(()),)
        found = {run.verdict for run in given}
        worst = next(verdict for verdict in _WORST_FIRST if verdict in found)
        return cls(worst, combined_exit_code(run.exit_code for run in given))


def combined_exit_code(codes: Iterable[ExitCode]) -> ExitCode:
    """The exit code of several results: the lowest of 11 to 13, then 3, then 0; other codes come before all these.

    Those others (bad input, an internal error, a failed comparison) mean that there is no verdict to combine; of
    several, the highest is returned.
    """
    given = set(codes)
    verdicts = {ExitCode.HOLDS, ExitCode.UNDETERMINED, ExitCode.DEADLOCK, ExitCode.SAFETY, ExitCode.LIVENESS}
    if given - verdicts:
        return max(given - verdicts)
    violations = given & set(_VIOLATION_CODES.values())
    if violations:
        return min(violations)
    return ExitCode.UNDETERMINED if ExitCode.UNDETERMINED in given else ExitCode.HOLDS
