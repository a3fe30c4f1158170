"""The states in which a system comes to rest when the environment leaves it alone: where later stories begin."""

from __future__ import annotations

from collections.abc import Callable

from ..engine.pools import State
from ..engine.transition_system import TransitionSystem
from .prompt import expansion as expansion_of

_PAUSE = 256
"""States between two pauses."""


class RestlessError(Exception):
    """The system has no state at rest within the bound, so nothing can begin from one."""


def rest_states(
    system: TransitionSystem, most: int = 2_000_000, pause: Callable[[int], None] | None = None
) -> tuple[State, ...]:
    """Every quiescent state that can be reached from the initial one without the environment, in breadth-first order.

    Raises ``RestlessError`` if there is none, or if more than ``most`` states would have to be looked at. ``pause`` is
    called now and then with the number of states seen; what it raises ends the search.
    """
    expansion = expansion_of(system)
    first = expansion.pack(system.initial_state())
    seen = {first}
    frontier = [first]
    found = []
    while frontier:
        level = []
        for number, state in enumerate(frontier):
            if pause is not None and not number % _PAUSE:
                pause(len(seen))
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
