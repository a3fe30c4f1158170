"""All that is asked of one problem, in order, and how far it came: each answer stands as soon as it is found."""

from __future__ import annotations

from collections.abc import Callable

import attrs

from .capacity import Fits, Outcome, Trial, trial_of, what_fits
from .changes import Changes, apart_from, changes
from .clock import now, passed
from .cores import Core, cores
from .problem import Problem
from .relations import Relations, relations
from .solving import Answer, solve
from .standing import refused
from .stuck import Stuck, can_get_stuck

Tell = Callable[[str], None]


@attrs.frozen
class Questions:
    """What is asked besides whether the pods can be placed. ``seconds``: of processor time, for everything."""

    trials: tuple[Trial, ...] = ()
    fits: bool = False
    seconds: float = 60.0


@attrs.frozen
class Conflict:
    """A minimal core, and the changes that resolve it."""

    core: Core
    changes: Changes = Changes()


@attrs.define
class Findings:
    """What was found. ``answer`` None: not even that. ``interrupted``: somebody did not want to wait."""

    problem: Problem
    relations: Relations
    answer: Answer | None = None
    stuck: Stuck | None = None
    conflicts: tuple[Conflict, ...] = ()
    trials: tuple[Outcome, ...] = ()
    fits: tuple[Fits, ...] = ()
    interrupted: bool = False
    out_of_time: bool = False


class UnsoundError(Exception):
    """An order that the filters refuse: a fault of this program."""


def answer(problem: Problem, questions: Questions, tell: Tell = lambda _: None) -> Findings:
    """Answers all questions, as far as time allows; ``KeyboardInterrupt`` ends it with what there is."""
    deadline = now() + questions.seconds
    found = Findings(problem, relations(problem))
    try:
        _answer(found, questions, deadline, tell)
    except KeyboardInterrupt:
        found.interrupted = True
    found.out_of_time = passed(deadline)
    return found


def _answer(found: Findings, questions: Questions, deadline: float, tell: Tell) -> None:
    tell("can the pods be placed?")
    found.answer = solve(found.problem, deadline)
    if found.answer.possible:
        # Once more from the start: the order is the certificate of the answer.
        why = refused(found.relations, found.answer.moves)
        if why:
            raise UnsoundError(why)
        tell("can the scheduler get stuck?")
        found.stuck = can_get_stuck(
            found.relations, deadline, lambda seen: tell(f"can the scheduler get stuck? {seen.states:,} states")
        )
    elif found.answer.possible is False:
        # Half of the time is left for changes.
        known = cores(found.problem, (now() + deadline) / 2, tell)
        found.conflicts = tuple(map(Conflict, known))
        for number, core in enumerate(known):
            rest = apart_from(found.problem, [other for other in known if other is not core])
            resolved = Conflict(core, changes(rest, core, deadline, tell))
            found.conflicts = (*found.conflicts[:number], resolved, *found.conflicts[number + 1 :])
    for trial in questions.trials:
        found.trials = (*found.trials, trial_of(found.problem, trial, deadline, tell))
    if questions.fits and found.answer.possible:
        found.fits = what_fits(found.problem, deadline, tell)
