"""The states in which a system comes to rest when the environment leaves it alone: where later stories begin."""

from __future__ import annotations

from ..engine.pools import State
from ..engine.transition_system import TransitionSystem
from .expansion import Expansion


class RestlessError(Exception):
    """The system has no state at rest within the bound, so nothing can begin from one."""


def rest_states(system: TransitionSystem, most: int = 2_000_000) -> tuple[State, ...]:
    """Every quiescent state that can be reached from the initial one without the environment, in breadth-first order.

    Raises ``RestlessError`` if there is none, or if more than ``most`` states would have to be looked at.
    """
    expansion = Expansion(system)
    first = expansion.pack(system.initial_state())
    seen = {first}
    frontier = [first]
    found = []
    while frontier:
        level = []
        for state in frontier:
            own, _, progress = expansion.steps(state)
            if not progress:
                found.append(expansion.unpack(state))
            for delta in own:
                after = state + delta
                if after not in seen:
                    seen.add(after)
                    level.append(after)
        if len(seen) > most:
            raise RestlessError(f"more than {most} states before the cluster comes to rest")
        frontier = level
    if not found:
        raise RestlessError("the cluster never comes to rest")
    return tuple(found)
