"""Whether exactly one state of a machine holds for every object, and its arrows leave no choice but declared ones.

Of each shape of an object (which fields are set, what its conditions say) the numbers in it are symbols: z3 shows for
all of them at once that the states are disjoint and cover them. Objects without numbers are tried one by one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from itertools import combinations
from typing import Any

import attrs
import z3  # type: ignore[import-untyped]

from ...engine.encoding import Encoder, Json
from ...spec.language.machine import Machine, State
from .branching import Branch, Symbol, branches
from .shapes import Shape

_SIZES = (0, 1, 2, 3, 5, 10, 100)
"""How large the numbers of an example may be, tried in this order."""


@attrs.frozen
class Wrong:
    """Something that is wrong with a machine. ``example``: values of its fields that show it, where it is a state."""

    text: str
    example: tuple[Json, ...] = ()


@attrs.frozen(eq=False)
class Checked:
    """What was found out about a machine.

    ``shapes``: of how many kinds of objects; ``symbolic``: how many of those hold numbers, of which all were tried.
    ``unseen``: states that no object is in.
    """

    machine: Machine
    shapes: int
    symbolic: int
    wrong: tuple[Wrong, ...]
    unseen: tuple[str, ...]

    @property
    def holds(self) -> bool:
        """Whether all is well, and every state was seen."""
        return bool(self.shapes) and not self.wrong and not self.unseen


def check(machine: Machine, shapes: Sequence[Shape], choices: Collection[tuple[str, str]]) -> Checked:
    """Checks ``machine`` on all objects of ``shapes``.

    ``choices``: (source, trigger) of arrows that may lead to several states.
    """
    seen: set[str] = set()
    wrong: list[Wrong] = []
    for shape in shapes:
        # One of a sort is enough: the same mistake shows in many shapes.
        wrong += [found for found in _wrong_states(machine, shape, seen) if found.text not in {it.text for it in wrong}]
    wrong += _wrong_arrows(machine, choices)
    unseen = tuple(state.name for state in machine.states if state.name not in seen) if shapes else ()
    return Checked(machine, len(shapes), sum(bool(shape.numbers) for shape in shapes), tuple(wrong), unseen)


def _wrong_states(machine: Machine, shape: Shape, seen: set[str]) -> Iterator[Wrong]:
    if shape.numbers:
        yield from _wrong_for_some_numbers(machine, shape, seen)
        return
    values = shape.make({})
    names = [state.name for state in machine.states if state.holds(*values)]
    seen.update(names)
    if not names:
        yield Wrong(_GAP, _shown(shape, {}))
    for first, second in combinations(names, 2):
        yield Wrong(_overlap(first, second), _shown(shape, {}))


_GAP = "an object is in no state"


def _overlap(first: str, second: str) -> str:
    return f"an object is in two states: {first} and {second}"


def _wrong_for_some_numbers(machine: Machine, shape: Shape, seen: set[str]) -> Iterator[Wrong]:
    symbols = {name: Symbol(z3.Int(name)) for name in shape.numbers}
    possible = z3.And(*(symbol.term >= 0 for symbol in symbols.values()))
    holds: dict[str, Any] = {}
    for state in machine.states:
        ways = [way for way in _ways(state, shape, symbols) if way.answer]
        holds[state.name] = z3.Or(*(way.condition for way in ways)) if ways else z3.BoolVal(False)
        if _numbers(symbols, possible, holds[state.name]) is not None:
            seen.add(state.name)
    for first, second in combinations(holds, 2):
        both = _numbers(symbols, possible, z3.And(holds[first], holds[second]))
        if both is not None:
            yield Wrong(_overlap(first, second), _shown(shape, both))
    none = _numbers(symbols, possible, z3.Not(z3.Or(*holds.values())))
    if none is not None:
        yield Wrong(_GAP, _shown(shape, none))


def _ways(state: State, shape: Shape, symbols: dict[str, Symbol]) -> Iterator[Branch]:
    values = shape.make(symbols)
    return branches(lambda: bool(state.holds(*values)))


def _numbers(symbols: dict[str, Symbol], possible: Any, claim: Any) -> dict[str, int] | None:
    """Numbers for which a claim holds, small ones; None if there are none."""
    solver = z3.Solver()
    solver.add(possible, claim)
    if solver.check() != z3.sat:
        return None
    found = solver.model()
    for size in _SIZES:
        solver.push()
        solver.add(*(symbol.term <= size for symbol in symbols.values()))
        if solver.check() == z3.sat:
            found = solver.model()
            break
        solver.pop()
    return {name: found.eval(it.term, model_completion=True).as_long() for name, it in symbols.items()}


def _shown(shape: Shape, numbers: dict[str, int]) -> tuple[Json, ...]:
    return tuple(Encoder().encoded(value) for value in shape.make(numbers))


def _wrong_arrows(machine: Machine, choices: Collection[tuple[str, str]]) -> Iterator[Wrong]:
    names = {state.name for state in machine.states}
    for arrow in machine.arrows:
        if arrow.source not in names or arrow.dest not in names:
            yield Wrong(f"the arrow {arrow.trigger}: {arrow.source} -> {arrow.dest} leads to, or from, no state")
    where: dict[tuple[str, str, str], dict[str, None]] = {}
    what: dict[tuple[str, str, str], list[str]] = {}
    for arrow in machine.arrows:
        where.setdefault((arrow.source, arrow.trigger, arrow.component), {})[arrow.dest] = None
        what.setdefault((arrow.source, arrow.dest, arrow.component), []).append(arrow.trigger)
    undecided = set()
    for (source, trigger, component), ends in where.items():
        if len(ends) > 1:
            undecided.add((source, trigger))
            if (source, trigger) not in choices:
                yield Wrong(
                    f"{trigger} by {component} leads from {source} to {' or '.join(ends)}, and is no declared choice"
                )
    for (source, dest, component), triggers in what.items():
        if len(triggers) > 1:
            yield Wrong(f"{source} -> {dest} by {component} is declared {len(triggers)} times: {', '.join(triggers)}")
    for source, trigger in sorted(set(choices) - undecided):
        yield Wrong(f"{trigger} from {source} is declared as a choice, and is none")
