"""Whether one run that goes on for ever violates a temporal property: judged state by state, no graph (design §5)."""

from __future__ import annotations

from collections.abc import Sequence

from ..spec.language.property import Finding, Judgement, Shape, TemporalProperty
from .judging import AT_REST, StateJudge, temporal_judge, trigger_judge
from .pools import State
from .successors import answers, keys
from .transition_system import TransitionSystem

Said = dict[str, Finding]
"""What a predicate is of each object, by name; interchangeable ones are "", at most one of them is spoken of."""


def violated_by(system: TransitionSystem, prop: TemporalProperty, states: Sequence[State], loop: int) -> bool:
    """Whether the run along ``states`` violates ``prop``, those from ``states[loop]`` on coming again and again.

    A run that ends at rest has its last state come again and again. Fairness is not looked at.
    """
    judge, trigger = temporal_judge(system, prop), trigger_judge(system, prop)
    said = [_said(judge, state) for state in states]
    asked = [_said(trigger, state) if trigger is not None else {} for state in states]
    names = dict.fromkeys(name for found in said for name in found)
    moving = len(states) - loop > 1
    return any(_violated(prop, name, said, asked, loop, moving) for name in names)


def _violated(
    prop: TemporalProperty, name: str, said: Sequence[Said], asked: Sequence[Said], loop: int, moving: bool
) -> bool:
    again = [found[name].judgement if name in found else Judgement.IDLE for found in said[loop:]]
    if Judgement.SUSPENDED in again:
        return False
    if prop.restless and moving and any(name in found for found in said[loop:]):
        return True
    if prop.shape is Shape.EVENTUALLY_ALWAYS:
        return Judgement.VIOLATED in again
    if any(judgement is not Judgement.VIOLATED for judgement in again):
        return False
    return prop.shape in AT_REST or _owed(prop, name, said, asked)


def _owed(prop: TemporalProperty, name: str, said: Sequence[Said], asked: Sequence[Said]) -> bool:
    """Whether something is owed at the end of a run and was not kept before."""
    owed = kept = False
    for found, wanted in zip(said, asked, strict=True):
        judgement = found[name].judgement if name in found else Judgement.IDLE
        if judgement is Judgement.IDLE:
            owed = kept = False
        elif judgement is Judgement.HOLDS:
            owed, kept = False, prop.shape is Shape.EVENTUALLY
        elif not kept:
            asks = name in wanted and wanted[name].judgement is Judgement.HOLDS
            owed = owed or asks or prop.shape is Shape.EVENTUALLY
    return owed


def _said(judge: StateJudge, state: State) -> Said:
    name_of = judge.system.pools[judge.pool].name_of
    return {
        name_of(bundle): judge.judge(key, answers(judge, state, key, index)[0])
        for index, bundle, key in keys(judge, state)
    }


__all__ = ["violated_by"]
