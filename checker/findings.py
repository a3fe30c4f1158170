"""Collects what a search finds out about properties, and turns it into verdicts (design §3.4)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import attrs

from ..engine.judging import (
    AT_REST,
    Finding,
    Judgement,
    StateJudge,
    StepJudges,
    TemporalProperty,
    property_names,
    state_judges,
)
from ..engine.pools import State
from ..engine.transition_system import TransitionSystem
from ..engine.verdicts import Category, PropertyVerdict, Verdict
from .result import Bound, Outcome, RuleName, Suspension
from .tables import TabledFiring

_TEXTS = 10
"""Distinct reasons that are kept of a suspended property."""


@attrs.frozen
class Violation:
    """The first violation of a property. ``state``: number of the state that violates it, or in which the violating
    step by ``rule`` to ``successor`` begins; ``length``: steps from the initial state."""

    name: str
    length: int
    text: str
    state: int
    successor: State | None = None
    rule: RuleName | None = None


class Findings:
    """Violations, suspensions, and where properties held. ``temporal``: names of properties of whole runs."""

    def __init__(self, system: TransitionSystem) -> None:
        """Nothing found yet."""
        self.judges: tuple[StateJudge, ...] = state_judges(system)
        self.judges_states = any(not judge.quiescent for judge in self.judges)
        self.judges_quiescence = any(judge.quiescent for judge in self.judges)
        self.judges_loops = any(
            isinstance(prop, TemporalProperty) and prop.shape in AT_REST for prop in system.model.properties
        )
        self.violations: dict[str, Violation] = {}
        self.outcomes: dict[str, Outcome] = {}
        self.arrows: set[tuple[str, str, str, str]] = set()
        self._names = property_names(system)
        self.temporal = {prop.name for prop in system.model.properties if isinstance(prop, TemporalProperty)}
        self._step_judges = StepJudges(system)
        self._known: set[tuple[TabledFiring, int, int, int]] = set()
        self._triggered: set[str] = set()
        self._suspended: dict[str, int] = {}
        self._texts: dict[str, dict[str, None]] = {}

    def judge_state(self, found: Iterable[tuple[StateJudge, Finding]], depth: int, state: int) -> None:
        """Takes the findings on a state."""
        for judge, finding in found:
            if finding.judgement is Judgement.SUSPENDED:
                self._suspend(judge.name, finding.text)
                continue
            # One name may stand for a promise about every state and one about rest, which are judged at other times.
            known = self.violations.get(judge.name)
            if known is None or depth < known.length:
                self.violations[judge.name] = Violation(judge.name, depth, finding.text, state)

    def repeat(self, judge: StateJudge, finding: Finding, times: int) -> None:
        """Takes a finding that was taken before, on so many more states."""
        if finding.judgement is Judgement.SUSPENDED and times > 0:
            self._suspended[judge.name] += times

    def judge_changes(
        self,
        firing: TabledFiring,
        changes: Iterable[tuple[int, int, int]],
        length: int,
        state: int,
        successor: Callable[[], State],
    ) -> None:
        """Judges the changes of single objects that a step makes, each once for what its rule had been told."""
        group = firing.group
        component = group.component.name
        for change in changes:
            if (firing, *change) in self._known:
                continue
            self._known.add((firing, *change))
            for name, finding in self._step_judges.judge(group, *change, firing.firing.answers):
                if finding.judgement is Judgement.HOLDS:
                    self._triggered.add(name)
                elif finding.judgement is Judgement.SUSPENDED:
                    self._suspend(name, finding.text)
                elif finding.judgement is Judgement.VIOLATED and name not in self.violations:
                    rule = (component, group.rule.name)
                    self.violations[name] = Violation(name, length, finding.text, state, successor(), rule)
            self.arrows.update((*arrow, component) for arrow in self._step_judges.arrows(group, *change))

    def _suspend(self, name: str, text: str) -> None:
        self._suspended[name] = self._suspended.get(name, 0) + 1
        texts = self._texts.setdefault(name, {})
        if len(texts) < _TEXTS:
            texts[text] = None

    def suspensions(self) -> tuple[Suspension, ...]:
        """The properties that were not required somewhere, in declaration order."""
        return tuple(
            Suspension(name, self._suspended[name], tuple(self._texts[name]))
            for name in self._names
            if name in self._suspended
        )

    def in_order(self) -> list[Violation]:
        """The violations, the shortest first, then in declaration order."""
        return sorted(self.violations.values(), key=lambda found: (found.length, self._names.index(found.name)))

    def judge_loops(self, outcomes: Sequence[Outcome]) -> None:
        """Takes what loops, and promises at rest, say of temporal properties."""
        for outcome in outcomes:
            if outcome.triggered:
                self._triggered.add(outcome.name)
            for text in outcome.suspended:
                self._suspend(outcome.name, text)
            known = self.outcomes.get(outcome.name)
            if known is None or known.verdict is Verdict.HOLDS:
                self.outcomes[outcome.name] = outcome

    def verdicts(self, triggered: set[str], bounds: Sequence[Bound]) -> tuple[PropertyVerdict, ...]:
        """The verdicts in declaration order. ``triggered``: state properties that hold somewhere.

        Counterexamples are those of ``in_order``, then those of ``outcomes``.
        """
        quiescent = {judge.name for judge in self.judges if judge.quiescent}
        order = self.in_order()
        shown = [name for name, outcome in self.outcomes.items() if outcome.path is not None]
        found = []
        for name in self._names:
            category = Category.LIVENESS if name in self.temporal else Category.SAFETY
            violation, outcome = self.violations.get(name), self.outcomes.get(name)
            verdict, text, trace = Verdict.HOLDS, "", None
            if violation is not None:
                verdict, text, trace = Verdict.VIOLATED, violation.text, order.index(violation)
                category = Category.DEADLOCK if name in quiescent else category
            elif outcome is not None and outcome.verdict is not Verdict.HOLDS:
                verdict, text, category = outcome.verdict, outcome.text, outcome.category
                trace = len(order) + shown.index(name) if outcome.path is not None else None
            elif bounds:
                verdict, text = Verdict.UNDETERMINED, "; ".join(bound.text for bound in bounds)
            elif name not in triggered and name not in self._triggered:
                verdict, text = Verdict.VACUOUS, self._why_vacuous(name)
            elif name in quiescent and name not in self.temporal:
                category = Category.DEADLOCK
            found.append(PropertyVerdict(name, verdict, category, text, trace))
        return tuple(found)

    def _why_vacuous(self, name: str) -> str:
        if name in self._suspended:
            return "wherever it could say anything, the assumptions behind it were broken"
        return "nothing that can happen makes it say anything"
