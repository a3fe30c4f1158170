"""The naive explorer: breadth-first, no table, no reduction. Every other mode must agree with it (design §7)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import attrs

from ..engine.judging import Finding, Judgement, StepJudges, state_judges
from ..engine.pools import State
from ..engine.successors import Transition, answers, changes, keys, transitions
from ..engine.transition_system import TransitionSystem


@attrs.frozen
class Counts:
    """What a search counted.

    ``violation``: the first property found violated, with the length of its shortest trace; ``violations``: all that
    were, by then. ``full``: kinds of which more objects would exist than the model can hold. ``triggered``: the
    properties that held of something.
    """

    states: int
    transitions: int
    depth: int
    quiescent: int
    violation: tuple[str, int] | None = None
    violations: Mapping[str, int] = attrs.field(factory=dict)
    full: frozenset[str] = frozenset()
    triggered: frozenset[str] = attrs.field(default=frozenset(), eq=False)


def explore(system: TransitionSystem, *, keep_going: bool = False) -> Counts:
    """Searches every reachable state of ``system``; stops after the level of the first violation.

    ``keep_going``: does not stop there.
    """
    initial = system.initial_state()
    seen = {initial}
    frontier = [initial]
    step_judges = StepJudges(system)
    count, depth, quiescent = 0, 0, 0
    full: set[str] = set()
    triggered: set[str] = set()
    found = dict.fromkeys(_violations(system, initial, triggered, quiescent=False), 0)
    while frontier and (keep_going or not found):
        level: list[State] = []
        for state in frontier:
            enabled = transitions(system, state)
            if all(transition.group.environment for transition in enabled):
                quiescent += 1
                for name in _violations(system, state, triggered, quiescent=True):
                    found[name] = min(found.get(name, depth), depth)
            for transition in enabled:
                if transition.successor is None:
                    assert transition.full is not None
                    full.add(transition.full.kind)
                    continue
                count += 1
                for name in _bad_changes(step_judges, state, transition, triggered):
                    found.setdefault(name, depth + 1)
                if transition.successor not in seen:
                    seen.add(transition.successor)
                    level.append(transition.successor)
                    for name in _violations(system, transition.successor, triggered, quiescent=False):
                        found.setdefault(name, depth + 1)
        frontier = level
        depth += bool(level)
    first = min(found.items(), key=lambda item: item[1], default=None)
    return Counts(len(seen), count, depth, quiescent, first, found, frozenset(full), frozenset(triggered))


def _bad_changes(judges: StepJudges, state: State, transition: Transition, triggered: set[str]) -> Iterator[str]:
    assert transition.effects is not None
    group, given = transition.group, transition.firing.answers
    for change in changes(group.system, state.__getitem__, transition.chosen, transition.effects):
        yield from _bad(judges.judge(group, *change, given), triggered)


def _violations(system: TransitionSystem, state: State, triggered: set[str], *, quiescent: bool) -> Iterator[str]:
    for judge in state_judges(system):
        if judge.quiescent == quiescent:
            found = (judge.judge(key, answers(judge, state, key, i)[0]) for i, _, key in keys(judge, state))
            yield from _bad([(judge.name, finding) for finding in found], triggered)


def _bad(found: list[tuple[str, Finding]], triggered: set[str]) -> Iterator[str]:
    triggered.update(name for name, finding in found if finding.judgement is Judgement.HOLDS)
    return (name for name, finding in found if finding.judgement is Judgement.VIOLATED)
