"""Machines: the life of an object, or of a component's memory, as named states and named arrows (design §3.1)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class State:
    """A named state: a predicate over the values of the machine's fields.

    ``holds`` takes one argument for each field of the machine, in order. Exactly one state of a machine holds for
    any values that can occur; ``Machine.classify`` raises where that is not so.
    """

    name: str
    holds: Callable[..., bool]
    meaning: str = ""


def states_by(classify: Callable[..., str], meanings: Mapping[str, str]) -> tuple[State, ...]:
    """States that one function tells apart: ``classify`` names the state of the fields' values; name -> meaning."""

    def state(name: str) -> State:
        return State(name, lambda *values: classify(*values) == name, meanings[name])

    return tuple(map(state, meanings))


@dataclass(frozen=True, slots=True)
class Arrow:
    """A declared transition ``trigger: source -> dest`` and the component that drives it."""

    trigger: str
    source: str
    dest: str
    component: str
    reference: str = ""


class UndeclaredStateError(ValueError):
    """Values that no state, or more than one state, of a machine covers."""


@dataclass(frozen=True, slots=True)
class Machine:
    """The life cycle of what is stored in some fields of one kind.

    The one declaration feeds the checker (every observed change must be a declared arrow), the interactive
    ``transitions`` machine and the diagrams.
    """

    name: str
    kind: str
    fields: tuple[str, ...]
    states: tuple[State, ...]
    initial: str
    arrows: tuple[Arrow, ...]
    meaning: str = ""
    reference: str = ""

    def classify(self, *values: Any) -> str:
        """Name of the one state that holds for ``values``; raises ``UndeclaredStateError`` if none or several do."""
        names = [state.name for state in self.states if state.holds(*values)]
        if len(names) != 1:
            found = ", ".join(names) or "no state"
            raise UndeclaredStateError(f"machine {self.name}: {found} holds for {values!r}; exactly one must")
        return names[0]

    def declares(self, source: str, dest: str, component: str) -> bool:
        """Whether some declared arrow leads from ``source`` to ``dest`` and is driven by ``component``."""
        return any(a.source == source and a.dest == dest and a.component == component for a in self.arrows)

    def leads(self, source: str, dest: str, *components: str) -> bool:
        """Whether arrows driven by ``components`` alone lead from ``source`` to ``dest``, in one step or several."""
        reached, open_ = {source}, [source]
        while open_:
            state = open_.pop()
            for arrow in self.arrows_from(state):
                if arrow.component in components and arrow.dest not in reached:
                    reached.add(arrow.dest)
                    open_.append(arrow.dest)
        return dest in reached

    def arrows_from(self, source: str) -> Iterator[Arrow]:
        """The arrows that leave ``source``, in declaration order."""
        return (arrow for arrow in self.arrows if arrow.source == source)
