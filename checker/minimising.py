"""Makes the counterexample of a walk short: steps are dropped, then what is left is searched breadth-first.

Dropping is delta debugging (Zeller, Hildebrandt: Simplifying and Isolating Failure-Inducing Input, TSE 2002): halves,
quarters, single steps; what cannot happen any more without them is left out too. The search then goes on with the rules
that were used, no deeper than the walk that is left.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import attrs

from ..engine.encoding import canonical_text
from ..engine.pools import State
from ..engine.successors import Transition
from ..engine.transition_system import TransitionSystem
from .simulation import Judges, Met, enabled_in

MOST_STATES = 20_000
"""States after which the breadth-first search gives up, and the walk stays as long as dropping made it."""


@attrs.frozen
class Short:
    """A counterexample: states, one transition between each two, and what is violated at its end."""

    states: tuple[State, ...]
    taken: tuple[Transition, ...]
    met: Met


_Label = tuple[str, str, str, str]


def _label(transition: Transition) -> _Label:
    group = transition.group
    plan = canonical_text(transition.firing.alternative.plan)
    return group.component.name, group.rule.name, canonical_text(transition.key), plan


class _Steps:
    """The system's transitions, each state's computed once."""

    def __init__(self, system: TransitionSystem, wanted: str) -> None:
        self._system = system
        self._judges = Judges(system)
        self._wanted = wanted
        self._enabled: dict[State, tuple[list[Transition], bool]] = {}

    def enabled(self, state: State) -> list[Transition]:
        """What can happen in a state."""
        if state not in self._enabled:
            self._enabled[state] = enabled_in(self._system, state)
        return self._enabled[state][0]

    def violated_by(self, state: State) -> Met | None:
        """The wanted violation, if the state shows it."""
        self.enabled(state)
        met = self._judges.of_state(state, rests=self._enabled[state][1])
        return met if met is not None and met.property == self._wanted else None

    def violated_on(self, state: State, transition: Transition) -> Met | None:
        """The wanted violation, if the step shows it."""
        met, _ = self._judges.of_step(state, transition)
        return met if met is not None and met.property == self._wanted else None


def _along(steps: _Steps, start: State, labels: Sequence[_Label]) -> Short | None:
    """What comes of these labels one after the other, where those that cannot happen are skipped."""
    states, taken = [start], list[Transition]()
    met = steps.violated_by(start)
    for label in labels:
        if met is not None:
            break
        step = next((it for it in steps.enabled(states[-1]) if _label(it) == label), None)
        if step is None or step.successor is None:
            continue
        met = steps.violated_on(states[-1], step)
        taken.append(step)
        states.append(step.successor)
        met = met or steps.violated_by(step.successor)
    return Short(tuple(states), tuple(taken), met) if met is not None else None


def _chunks(length: int) -> Iterator[int]:
    while length > 1:
        length = (length + 1) // 2
        yield length


def dropped(steps: _Steps, start: State, found: Short) -> Short:
    """The counterexample without the steps that it can do without."""
    best = found
    for size in _chunks(len(found.taken)):
        begin = 0
        while begin < len(best.taken):
            labels = [_label(step) for step in best.taken]
            tried = _along(steps, start, labels[:begin] + labels[begin + size :])
            if tried is not None and len(tried.taken) < len(best.taken):
                best = tried
            else:
                begin += size
    return best


def _breadth_first(steps: _Steps, start: State, known: Short, most_states: int) -> Short | None:
    """A shorter counterexample by the same rules, or None where there is none or the search gave up."""
    rules = {(step.group.component.name, step.group.rule.name) for step in known.taken}
    came: dict[State, tuple[State, Transition] | None] = {start: None}
    level = [start]

    def path(state: State, last: Transition | None, met: Met) -> Short:
        states, taken = [state], list[Transition]()
        back = came[state]
        while back is not None:
            states.append(back[0])
            taken.append(back[1])
            back = came[back[0]]
        if last is None or last.successor is None:
            return Short(tuple(reversed(states)), tuple(reversed(taken)), met)
        return Short((*reversed(states), last.successor), (*reversed(taken), last), met)

    for _ in range(len(known.taken) - 1):
        following: list[State] = []
        for state in level:
            for step in steps.enabled(state):
                used = (step.group.component.name, step.group.rule.name) in rules
                if not used or step.successor is None:
                    continue
                met = steps.violated_on(state, step)
                if met is not None:
                    return path(state, step, met)
                if step.successor in came:
                    continue
                came[step.successor] = (state, step)
                met = steps.violated_by(step.successor)
                if met is not None:
                    return path(step.successor, None, met)
                following.append(step.successor)
                if len(came) > most_states:
                    return None
        level = following
    return None


def minimised(
    system: TransitionSystem,
    start: State,
    states: Sequence[State],
    taken: Sequence[Transition],
    met: Met,
    *,
    most_states: int = MOST_STATES,
) -> Short:
    """The shortest counterexample that dropping steps, and then searching by the same rules, can find."""
    steps = _Steps(system, met.property)
    found = Short(tuple(states), tuple(taken), met)
    found = _along(steps, start, [_label(step) for step in taken]) or found
    found = dropped(steps, start, found)
    return _breadth_first(steps, start, found, most_states) or found
