"""Simulation: walks through a system that is too large to be explored, many of them, each told by a seed.

A walk chooses one transition after the other: each alike, or by priorities with a few changes (Burckhardt, Kothari,
Musuvathi, Nagarakatte: A Randomized Scheduler with Probabilistic Guarantees of Finding Bugs, ASPLOS 2010). What it
meets is judged as a search judges it. That nothing is met proves nothing.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from enum import Enum

import attrs

from ..engine.encoding import canonical_text
from ..engine.executor import Policy, Seeded, in_order
from ..engine.judging import Judgement, StepJudges, state_judges
from ..engine.pools import State
from ..engine.successors import Transition, answers, changes, keys, transitions
from ..engine.transition_system import TransitionSystem
from ..engine.verdicts import Category
from .result import RuleName

PRIORITY_CHANGES = 3
"""How often a walk by priorities gives whoever is about to act the lowest one."""


class Walking(Enum):
    """How a walk chooses."""

    RANDOM = "random"
    """Each transition alike."""
    PRIORITY = "priority"
    """By random priorities of components and what they act on, changed a few times."""


@attrs.frozen
class Met:
    """A violation: of which property, as what, and how the finding explains it."""

    property: str
    category: Category
    text: str


@attrs.frozen
class Walk:
    """What one walk did. ``choices``: the place of each transition taken among those enabled, in ``in_order``.

    ``fired``: rules; ``arrows``: machine, source, dest, driver. ``met``: the violation at its end, if any.
    ``rested``: nothing but the environment could act at its end.
    """

    seed: int
    choices: tuple[int, ...]
    fired: frozenset[RuleName]
    arrows: frozenset[tuple[str, str, str, str]]
    met: Met | None = None
    rested: bool = False


class ByPriority:
    """Of what is enabled, what the actor of the highest priority does; priorities are random and change a few times."""

    def __init__(self, seed: int, steps: int) -> None:
        """``steps``: how long the walk may become; the changes fall anywhere in it."""
        self._random = random.Random(seed)
        self._changes = {self._random.randrange(max(steps, 1)) for _ in range(PRIORITY_CHANGES)}
        self._priorities: dict[tuple[str, str], float] = {}
        self._step = 0

    def choose(self, state: State, enabled: Sequence[Transition]) -> Transition | None:
        """What the most urgent actor does first."""
        best = self._most_urgent(enabled)
        if self._step in self._changes:
            self._priorities[_actor(best)] = -float(self._step) - 1
            best = self._most_urgent(enabled)
        self._step += 1
        return best

    def _most_urgent(self, enabled: Sequence[Transition]) -> Transition:
        for transition in enabled:
            self._priorities.setdefault(_actor(transition), self._random.random())
        return max(enabled, key=lambda transition: self._priorities[_actor(transition)])


def _actor(transition: Transition) -> tuple[str, str]:
    return transition.group.component.name, canonical_text(transition.key)


def policy(walking: Walking, seed: int, steps: int) -> Policy:
    """The policy of one walk."""
    return Seeded(seed) if walking is Walking.RANDOM else ByPriority(seed, steps)


class Judges:
    """What the properties of a system say of states and steps; the first violation counts."""

    def __init__(self, system: TransitionSystem) -> None:
        """Binds the properties of the system's model; those about what comes about in the end only at rest."""
        self._states = state_judges(system)
        self._steps = StepJudges(system)

    def of_state(self, state: State, *, rests: bool) -> Met | None:
        """The first violation by a state; ``rests``: nothing but the environment can act in it."""
        for judge in self._states:
            if judge.quiescent and not rests:
                continue
            for index, _, key in keys(judge, state):
                finding = judge.judge(key, answers(judge, state, key, index)[0])
                if finding.judgement is Judgement.VIOLATED:
                    category = Category.DEADLOCK if judge.quiescent else Category.SAFETY
                    return Met(judge.name, category, finding.text)
        return None

    def of_step(self, state: State, transition: Transition) -> tuple[Met | None, set[tuple[str, str, str, str]]]:
        """The first violation by a step, and the arrows it takes."""
        assert transition.effects is not None
        group, told = transition.group, transition.firing.answers
        met: Met | None = None
        arrows = set()
        for change in changes(group.system, state.__getitem__, transition.chosen, transition.effects):
            for name, finding in self._steps.judge(group, *change, told):
                if finding.judgement is Judgement.VIOLATED and met is None:
                    met = Met(name, Category.SAFETY, finding.text)
            arrows |= {(*arrow, group.component.name) for arrow in self._steps.arrows(group, *change)}
        return met, arrows


def enabled_in(system: TransitionSystem, state: State) -> tuple[list[Transition], bool]:
    """What can happen in a state, in an order that depends on nothing else, and whether it is at rest."""
    found = transitions(system, state)
    rests = all(transition.group.environment for transition in found)
    return in_order(system, [transition for transition in found if transition.successor is not None]), rests


def walk(system: TransitionSystem, start: State, chooser: Policy, *, seed: int, steps: int) -> Walk:
    """One walk of at most ``steps`` steps from ``start``; it ends where something is violated or nothing can happen."""
    judges = Judges(system)
    choices: list[int] = []
    fired: set[RuleName] = set()
    arrows: set[tuple[str, str, str, str]] = set()
    state = start

    def ended(met: Met | None, *, rested: bool = False) -> Walk:
        return Walk(seed, tuple(choices), frozenset(fired), frozenset(arrows), met, rested)

    while True:
        enabled, rests = enabled_in(system, state)
        met = judges.of_state(state, rests=rests)
        if met is not None or len(choices) >= steps or not enabled:
            return ended(met, rested=rests)
        chosen = chooser.choose(state, enabled)
        if chosen is None:
            return ended(None, rested=rests)
        met, taken = judges.of_step(state, chosen)
        choices.append(enabled.index(chosen))
        fired.add((chosen.group.component.name, chosen.group.rule.name))
        arrows |= taken
        if met is not None:
            return ended(met)
        assert chosen.successor is not None
        state = chosen.successor


def path_of(
    system: TransitionSystem, start: State, choices: Sequence[int]
) -> tuple[tuple[State, ...], list[Transition]]:
    """The states and transitions of a walk, from its choices."""
    states, taken = [start], []
    for choice in choices:
        enabled, _ = enabled_in(system, states[-1])
        chosen = enabled[choice]
        assert chosen.successor is not None
        states.append(chosen.successor)
        taken.append(chosen)
    return tuple(states), taken


@attrs.frozen
class Simulated:
    """What many walks came to. ``walks``: how many; ``steps``: all of theirs; ``rested``: how many came to rest.

    ``found``: the first walk, by seed, that met a violation, with the state it began in.
    """

    walks: int
    steps: int
    rested: int
    fired: frozenset[RuleName]
    arrows: frozenset[tuple[str, str, str, str]]
    found: Walk | None = None


def summed(walks: Iterable[Walk]) -> Simulated:
    """The sum of walks up to the first, in their order, that met a violation."""
    total = Simulated(0, 0, 0, frozenset(), frozenset())
    for one in walks:
        total = Simulated(
            total.walks + 1,
            total.steps + len(one.choices),
            total.rested + one.rested,
            total.fired | one.fired,
            total.arrows | one.arrows,
            one if one.met is not None else None,
        )
        if total.found is not None:
            break
    return total
