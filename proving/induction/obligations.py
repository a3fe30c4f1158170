"""What z3 has to show for a law: the invariant holds in the beginning, every step keeps it, it implies the promise.

Floyd, Assigning meanings to programs, 1967, for the inductive invariant; Sheeran, Singh, Stålmarck, Checking safety
properties using induction and a SAT-solver, FMCAD 2000, for induction over several steps.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise

import attrs
import z3  # type: ignore[import-untyped]

from ...spec.language.arithmetic import Truth
from .law import Law, Step, Values
from .truth import every, implies, some


@attrs.frozen(eq=False)
class Obligation:
    """Something to be shown: ``claim`` follows from ``given``. ``states``: those that it speaks of, in order.

    ``steps``: the steps between them, with what each chooses.
    """

    name: str
    given: Truth
    claim: Truth
    states: tuple[Values, ...] = ()
    steps: tuple[tuple[Step, Values], ...] = ()


def symbols(names: Mapping[str, object] | Values, mark: str = "") -> Values:
    """A z3 integer for each name; ``mark`` tells one state's from another's."""
    return Values({name: z3.Int(f"{name}{mark}") for name in names})


def some_state(law: Law, mark: str = "") -> Values:
    """A state of which nothing is known."""
    parameters = symbols(law.parameters)
    return parameters.changed(symbols(law.start(parameters), mark))


def chosen(step: Step, state: Values, mark: str = "") -> tuple[Values, Truth]:
    """What ``step`` chooses in ``state``, and that this lies within its ranges."""
    numbers = symbols(step.chosen, f" of {step.name}{mark}")
    limits = {name: limit(state) for name, limit in step.chosen.items()}
    return numbers, every(*(every(least <= numbers[n], numbers[n] <= most) for n, (least, most) in limits.items()))


def fires(step: Step, state: Values, mark: str = "") -> tuple[Values, Truth, Values]:
    """What ``step`` chooses, that it can be taken in ``state``, and the state after it."""
    numbers, within = chosen(step, state, mark)
    return numbers, every(within, step.guard(state, numbers)), state.changed(step.effect(state, numbers))


def invariant(law: Law, state: Values) -> Truth:
    """That all claims of the invariant hold in ``state``."""
    return every(law.assumes(state), *(claim.holds(state) for claim in law.invariant))


def induction(law: Law) -> Iterator[Obligation]:
    """Everything that has to be shown for an inductive invariant, the promise last."""
    first = law.begun(symbols(law.parameters))
    for claim in law.invariant:
        yield Obligation(f"start: {claim.text}", law.assumes(first), claim.holds(first), (first,))
    state = some_state(law)
    for step in law.steps:
        numbers, can, after = fires(step, state)
        for claim in law.invariant:
            yield Obligation(
                f"{step.name}: {claim.text}",
                every(invariant(law, state), can),
                claim.holds(after),
                (state, after),
                ((step, numbers),),
            )
    yield Obligation("promise", invariant(law, state), law.promise(state), (state,))


@attrs.frozen(eq=False)
class Unrolled:
    """A run of so many steps: its states, and that each follows from the one before by some step."""

    states: tuple[Values, ...]
    follows: Truth


def unrolled(law: Law, steps: int, *, begins: bool) -> Unrolled:
    """All runs of ``steps`` steps: from the beginning (``begins``), or from anywhere."""
    states = [some_state(law, f" at {number}") for number in range(steps + 1)]
    said = [law.assumes(states[0])]
    if begins:
        first = law.begun(symbols(law.parameters))
        said += [states[0][name] == first[name] for name in law.start(symbols(law.parameters))]
    for number, (before, after) in enumerate(pairwise(states)):
        ways = []
        for step in law.steps:
            _, can, then = fires(step, before, f" at {number}")
            ways.append(every(can, *(after[name] == then[name] for name in then if name not in law.parameters)))
        said.append(some(*ways))
    return Unrolled(tuple(states), every(*said))


def by_steps(law: Law, depth: int) -> Iterator[Obligation]:
    """What has to be shown for induction over ``depth`` steps, of the promise with the invariant."""
    for length in range(depth):
        run = unrolled(law, length, begins=True)
        last = run.states[-1]
        yield Obligation(f"after {length} steps", run.follows, _all(law, last), run.states)
    run = unrolled(law, depth, begins=False)
    before = every(*(_all(law, state) for state in run.states[:-1]))
    yield Obligation(f"over {depth} steps", every(run.follows, before), _all(law, run.states[-1]), run.states)


def _all(law: Law, state: Values) -> Truth:
    return every(implies(law.assumes(state), invariant(law, state)), law.promise(state))
