"""The naive explorer: breadth-first, no table, no reduction. Every other mode must agree with it (design §7)."""

from __future__ import annotations

import attrs

from ..engine.judging import Judgement, StepJudges, state_judges
from ..engine.pools import State
from ..engine.successors import Transition, answers, keys, transitions
from ..engine.transition_system import TransitionSystem


@attrs.frozen
class Counts:
    """What a complete search counted, and the first violation: its property and the length of its shortest trace."""

    states: int
    transitions: int
    depth: int
    quiescent: int
    violation: tuple[str, int] | None = None


def explore(system: TransitionSystem) -> Counts:
    """Searches every reachable state of ``system``; stops after the level of the first violation."""
    initial = system.initial_state()
    seen = {initial}
    frontier = [initial]
    steps = StepJudges(system)
    count, depth, quiescent = 0, 0, 0
    found = _violations(system, initial, quiescent=not _progress(transitions(system, initial)))
    while frontier and not found:
        level: list[State] = []
        for state in frontier:
            enabled = transitions(system, state)
            quiescent += not _progress(enabled)
            for transition in enabled:
                if transition.successor is None:
                    raise transition.full or AssertionError("a transition without successor names its bound")
                count += 1
                found += [(name, depth + 1) for name in _bad_steps(steps, transition)]
                if transition.successor not in seen:
                    seen.add(transition.successor)
                    level.append(transition.successor)
        for state in level:
            still = not _progress(transitions(system, state))
            found += [(name, depth + 1) for name, _ in _violations(system, state, quiescent=still)]
        frontier = level
        depth += bool(level)
    return Counts(len(seen), count, depth, quiescent, min(found, key=lambda f: f[1]) if found else None)


def _progress(enabled: list[Transition]) -> bool:
    return any(not transition.group.environment for transition in enabled)


def _bad_steps(steps: StepJudges, transition: Transition) -> list[str]:
    assert transition.effects is not None
    return [
        name
        for (pool, _, before), after in zip(transition.chosen, transition.effects.bundles, strict=True)
        if before != after
        for name, finding in steps.judge(transition.group, pool, before, after)
        if finding.judgement is Judgement.VIOLATED
    ]


def _violations(system: TransitionSystem, state: State, *, quiescent: bool) -> list[tuple[str, int]]:
    return [
        (judge.name, 0)
        for judge in state_judges(system)
        if quiescent or not judge.quiescent
        for index, _, key in keys(judge, state)
        if judge.judge(key, answers(judge, state, key, index)[0]).judgement is Judgement.VIOLATED
    ]
