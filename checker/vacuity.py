"""What to make of properties that never had anything to say, and of rules that never fired (design §3.4)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import Enum

import attrs

from ..engine.verdicts import ExitCode, PropertyVerdict, RunVerdict, Verdict
from .result import RuleName


class Severity(Enum):
    """What comes of something vacuous."""

    IGNORE = "ignore"
    """It is not even listed."""
    WARN = "warn"
    """It is listed; the verdict of the run is that of all else."""
    ERROR = "error"
    """It is listed, and a run of which all else holds is vacuous."""


@attrs.frozen
class Vacuity:
    """What comes of vacuous ``properties``, and of ``rules`` that never fired.

    A property without anything to say is a question without an answer; a rule that never fires is often just one that
    the scenario has no use for. So the former alone count unless something else is asked for.
    """

    properties: Severity = Severity.ERROR
    rules: Severity = Severity.IGNORE

    def listed(self, properties: Iterable[PropertyVerdict]) -> tuple[PropertyVerdict, ...]:
        """The properties that a report shows."""
        shown = self.properties is not Severity.IGNORE
        return tuple(prop for prop in properties if shown or prop.verdict is not Verdict.VACUOUS)

    def verdict(self, properties: Sequence[PropertyVerdict], never_fired: Sequence[RuleName]) -> RunVerdict:
        """What became of a search. One in which every property is vacuous is vacuous, whatever is asked for."""
        counts = self.properties is Severity.ERROR
        found = [RunVerdict.of(prop for prop in properties if counts or prop.verdict is not Verdict.VACUOUS)]
        if self.rules is Severity.ERROR and never_fired:
            found.append(RunVerdict(Verdict.VACUOUS, ExitCode.UNDETERMINED))
        return RunVerdict.worst(found)


__all__ = ["Severity", "Vacuity"]
