"""Checks, state by state, that a permutation of interchangeable objects takes steps to steps and findings to findings.

That is what a reduction by symmetry rests on. It holds by construction where rules treat names as opaque; a rule that
takes the first of several names in their order does not, and is found here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from .judging import Judgement, StepJudges, state_judges
from .pools import State
from .successors import Transition, answers, changes, keys, possible
from .symmetry import Symmetry
from .transition_system import TransitionSystem


class Equivariance:
    """What is needed to look at any number of states of one system."""

    def __init__(self, system: TransitionSystem, symmetry: Symmetry) -> None:
        """``symmetry``: of this system."""
        self.system = system
        self.symmetry = symmetry
        self._step_judges = StepJudges(system)
        self._state_judges = state_judges(system)

    def differences(self, state: State, permutations: Iterable[int] | None = None) -> Iterator[str]:
        """In which rules and properties an image of ``state`` differs from what it should be, in words; none: right.

        ``permutations``: those to look at, by number; all unless given.
        """
        said = self._findings(state)
        renamings = self.symmetry.renamings
        for permutation in range(len(renamings)) if permutations is None else permutations:
            renaming = renamings[permutation]
            image = self.symmetry.image(permutation, state)
            trade = ", ".join(f"{before} for {after}" for before, after in sorted(renaming.names.items()))
            wanted, given = self._steps(state, permutation), self._steps(image, None)
            for component, rule in sorted({step[:2] for step in (wanted - given) + (given - wanted)}):
                yield f"{component}: {rule} acts otherwise once names are exchanged ({trade})"
            says = self._findings(image)
            for name in sorted({name for name, _ in (said - says) + (says - said)}):
                yield f"{name} is judged otherwise once names are exchanged ({trade})"

    def _steps(self, state: State, permutation: int | None) -> Counter[tuple[Any, ...]]:
        found: Counter[tuple[Any, ...]] = Counter()
        for step in possible(self.system, state):
            after = step.successor
            if after is not None and permutation is not None:
                after = self.symmetry.image(permutation, after)
            found[step.group.component.name, step.group.rule.name, after, self._judgements(state, step)] += 1
        return found

    def _judgements(self, state: State, step: Transition) -> frozenset[tuple[str, Judgement]]:
        """What step properties, and machines, say of the changes that a step makes."""
        if step.effects is None:
            return frozenset()
        return frozenset(
            (name, finding.judgement)
            for change in changes(self.system, state.__getitem__, step.chosen, step.effects)
            for name, finding in self._step_judges.judge(step.group, *change, step.firing.answers)
        )

    def _findings(self, state: State) -> Counter[tuple[str, Judgement]]:
        return Counter(
            (judge.name, judge.judge(key, answers(judge, state, key, index)[0]).judgement)
            for judge in self._state_judges
            for index, _, key in keys(judge, state)
        )


__all__ = ["Equivariance"]
