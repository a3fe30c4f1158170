"""The deterministic executor: the checker's own transition system, one successor chosen by a policy (design §3.2).

Policies get the enabled transitions in an order that depends on what they are, not on how bundles happen to be
numbered, so that the same model and the same policy give the same run, whatever was explored before.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import attrs

from .encoding import canonical_text
from .pools import EMPTY, NAME, State
from .successors import Transition, transitions
from .transition_system import TransitionSystem

SETTLE_LIMIT = 5_000
"""Steps after which ``settle`` gives up, unless told otherwise."""

_SHOWN = 8


class Policy(Protocol):
    """Chooses what happens next."""

    def choose(self, state: State, enabled: Sequence[Transition]) -> Transition | None:
        """One of ``enabled`` (never empty, each with a successor), or None to stop here."""


def without_environment(enabled: Sequence[Transition]) -> tuple[Transition, ...]:
    """The steps of Kubernetes itself among ``enabled``."""
    return tuple(transition for transition in enabled if not transition.group.environment)


class RoundRobin:
    """Fair: of what is enabled, what was taken longest ago; first by rule, then by what the rule is keyed by.

    Keeps track of what it took, so use a new one for each run.
    """

    def __init__(self, *, environment: bool = False) -> None:
        """``environment``: whether users and faults get their turn too."""
        self.environment = environment
        self._turn = 0
        self._last: dict[tuple[str, ...], int] = {}

    def choose(self, state: State, enabled: Sequence[Transition]) -> Transition | None:
        """The transition whose rule, key and alternative were taken longest ago, in this order."""
        offered = enabled if self.environment else without_environment(enabled)
        if not offered:
            return None
        chosen = min(offered, key=lambda transition: [self._last.get(part, 0) for part in _parts(transition)])
        self._turn += 1
        self._last.update(dict.fromkeys(_parts(chosen), self._turn))
        return chosen


def _parts(transition: Transition) -> tuple[tuple[str, ...], ...]:
    group = transition.group
    rule = (group.component.name, group.rule.name)
    key = (*rule, canonical_text(transition.key))
    return rule, key, (*key, canonical_text(transition.firing.alternative.plan))


@attrs.frozen
class Priority:
    """The first of ``components`` that can act does; those not named come last, in the order of the model."""

    components: tuple[str, ...]
    environment: bool = False

    def choose(self, state: State, enabled: Sequence[Transition]) -> Transition | None:
        """The first transition of the most urgent component."""
        offered = enabled if self.environment else without_environment(enabled)
        return min(offered, key=self._urgency, default=None)

    def _urgency(self, transition: Transition) -> int:
        name = transition.group.component.name
        return self.components.index(name) if name in self.components else len(self.components)


class Seeded:
    """Random, each enabled transition alike; the same seed gives the same run."""

    def __init__(self, seed: int, *, environment: bool = True) -> None:
        """``environment``: whether users and faults act too."""
        self.environment = environment
        self._random = random.Random(seed)

    def choose(self, state: State, enabled: Sequence[Transition]) -> Transition | None:
        """Any of the transitions."""
        offered = enabled if self.environment else without_environment(enabled)
        return self._random.choice(offered) if offered else None


class Along:
    """Follows a path of states, each a successor of the one before; stops at its end, or where it cannot be followed.

    ``path`` starts with the state after the first one. Keeps its place, so use a new one for each run.
    """

    def __init__(self, path: Sequence[State]) -> None:
        """``path``: the states to reach, in order."""
        self._rest = list(path)

    def choose(self, state: State, enabled: Sequence[Transition]) -> Transition | None:
        """The first transition that leads to the next state of the path."""
        if not self._rest:
            return None
        wanted = self._rest.pop(0)
        return next((transition for transition in enabled if transition.successor == wanted), None)


@attrs.frozen(eq=False)
class Run:
    """What an execution did: its steps, each with the state after it, and whether the policy had it stop."""

    start: State
    steps: tuple[tuple[Transition, State], ...]
    stopped: bool

    @property
    def path(self) -> tuple[State, ...]:
        """All states, the first one included."""
        return (self.start, *(state for _, state in self.steps))

    @property
    def end(self) -> State:
        """The last state."""
        return self.path[-1]


class NotSettledError(RuntimeError):
    """A system that was to come to rest went on and on."""

    def __init__(self, steps: Sequence[Transition]) -> None:
        """``steps``: all that were taken."""
        last = "; ".join(f"{t.group.component.name}: {t.group.rule.name}" for t in steps[-_SHOWN:])
        super().__init__(f"still at work after {len(steps)} steps; the last {min(_SHOWN, len(steps))}: {last}")
        self.steps = tuple(steps)


def run(system: TransitionSystem, state: State, policy: Policy, *, max_steps: int | None = None) -> Run:
    """Executes ``system`` from ``state`` until ``policy`` stops, nothing is enabled, or ``max_steps`` are done.

    Raises ``PoolFull`` where all that is enabled needs more objects than the model can hold.
    """
    start = state
    steps: list[tuple[Transition, State]] = []
    while max_steps is None or len(steps) < max_steps:
        enabled = transitions(system, state)
        possible = in_order(system, [transition for transition in enabled if transition.successor is not None])
        chosen = policy.choose(state, possible) if possible else None
        if chosen is None:
            full = next((t.full for t in enabled if t.full is not None and not t.group.environment), None)
            if full is not None and not without_environment(possible):
                raise full
            return Run(start, tuple(steps), stopped=True)
        assert chosen.successor is not None, "only what has a successor is offered"
        state = chosen.successor
        steps.append((chosen, state))
    return Run(start, tuple(steps), stopped=False)


def settle(system: TransitionSystem, state: State, *, max_steps: int = SETTLE_LIMIT) -> State:
    """The quiescent state that fair turns of Kubernetes alone lead to, such as a workload that is rolled out.

    Raises ``NotSettledError`` where it is not reached within ``max_steps``, ``PoolFull`` where objects run out.
    """
    done = run(system, state, RoundRobin(), max_steps=max_steps)
    if not done.stopped and without_environment(transitions(system, done.end)):
        raise NotSettledError([transition for transition, _ in done.steps])
    return done.end


def as_initial(system: TransitionSystem, state: State) -> Mapping[str, tuple[Mapping[str, Any], ...]]:
    """``state`` as a model's ``initial``, so that an exploration can start there."""
    return {
        pool.name: tuple(
            dict(zip(pool.fields, pool.bundles[bundle], strict=True)) for bundle in state[number] if bundle != EMPTY
        )
        for number, pool in enumerate(system.pools)
    }


def in_order(system: TransitionSystem, enabled: Sequence[Transition]) -> list[Transition]:
    """The transitions by rule, in the model's order, then by what they act on."""
    places = {id(group): place for place, group in enumerate(system.groups)}
    texts: dict[tuple[int, int], str] = {}
    firings: dict[int, int] = {}

    def text(pool: int, bundle: int) -> str:
        if (pool, bundle) not in texts:
            values = system.pools[pool].bundles[bundle]
            texts[pool, bundle] = canonical_text((values[system.pools[pool].position[NAME]], values))
        return texts[pool, bundle]

    def order(transition: Transition) -> tuple[Any, ...]:
        (pool, _, key), *others = transition.chosen
        # Alternatives of one key keep the order in which the rule gave them.
        firing = firings.setdefault(id(transition.firing), len(firings))
        first = (places[id(transition.group)], text(pool, key))
        return (*first, firing, *(text(place, bundle) for place, _, bundle in others))

    return sorted(enabled, key=order)


__all__ = [
    "SETTLE_LIMIT",
    "Along",
    "NotSettledError",
    "Policy",
    "Priority",
    "RoundRobin",
    "Run",
    "Seeded",
    "as_initial",
    "in_order",
    "run",
    "settle",
    "without_environment",
]
