"""What goes into a search and what comes out of it (design §3.2, §3.4)."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

import attrs

from ..engine.pools import State
from ..engine.successors import Transition
from ..engine.verdicts import Category, PropertyVerdict, RunVerdict, Verdict

RuleName = tuple[str, str]
"""A component and one of its rules."""


@attrs.frozen
class Limits:
    """What a search may use up; None is no limit. ``seconds`` of wall time; ``max_memory_mb`` of the whole process."""

    max_states: int | None = None
    max_depth: int | None = None
    seconds: float | None = None
    max_memory_mb: float | None = None


NO_LIMITS = Limits()


class Explorer(Enum):
    """How to explore. ``AUTO`` begins with tables and goes over to the compiled kernel as soon as it pays."""

    AUTO = "auto"
    TABLES = "tables"
    KERNEL = "kernel"


@attrs.frozen
class Bound:
    """Something that ran out. ``name``: max-states, max-depth, timeout, memory, interrupted, slots, or
    first-violation (the search was not asked to go on); ``text`` tells what to raise."""

    name: str
    text: str


@attrs.frozen
class Path:
    """A counterexample: states from the initial one.

    ``last``: the component and rule of the last step, where the step itself is the violation. ``loop``: where the last
    state leads back to ``states[loop]``, so that the end repeats for ever. ``taken``: the transition of each step, a
    loop's way back included, where it is not all the same which one of several leads on; empty elsewhere.
    """

    states: tuple[State, ...]
    last: RuleName | None = None
    loop: int | None = None
    taken: tuple[Transition, ...] = attrs.field(default=(), eq=False)

    @property
    def length(self) -> int:
        """The number of steps; a loop's way back counts."""
        return len(self.states) - 1 + (self.loop is not None)


@attrs.frozen
class Outcome:
    """What the loops, and promises at rest, say of one property. ``triggered``: it held of something."""

    name: str
    verdict: Verdict
    text: str = ""
    category: Category = Category.LIVENESS
    path: Path | None = None
    triggered: bool = False
    suspended: tuple[str, ...] = ()


@attrs.frozen
class Suspension:
    """A property that was not required somewhere, because an assumption behind it was broken.

    ``times``: how many objects in how many states; for a step property, how many distinct changes.
    """

    property: str
    times: int
    texts: tuple[str, ...]


@attrs.frozen
class RuleTime:
    """How long a rule took, on all its distinct views, with what its requests do."""

    rule: RuleName
    seconds: float


@attrs.frozen
class Measured:
    """What differs from run to run, from machine to machine, from explorer to explorer.

    ``explorer``: which one it was in the end; ``tables``: rows of its tables, look-ups that found one or did not.
    ``rules``: how long each rule ran, the longest first.
    """

    seconds: float
    states_per_second: float
    bytes_per_state: float
    peak_memory_mb: float
    explorer: str
    tables: Mapping[str, int]
    rules: tuple[RuleTime, ...] = ()


@attrs.frozen
class FieldShare:
    """What a field of one kind contributes. ``values``: how many it has; ``factor``: how many times as many states
    there are as there would be if it had the same value everywhere and all else stayed."""

    kind: str
    field: str
    values: int
    factor: float


@attrs.frozen
class RuleShare:
    """What a rule contributes: its steps, the states that it found, and what share of all found these are.

    ``environment``: it is a fault, a user, or something else that comes from outside.
    """

    rule: RuleName
    environment: bool
    steps: int
    new: int
    share: float


@attrs.frozen
class Explosion:
    """Why there are so many states.

    ``levels``: how many states have each depth, the last level perhaps not whole. ``estimate``: how many states there
    may be, None where that cannot be said. ``fields`` are those of the first ``states_read`` states, ``rules`` those of
    the first ``states_expanded``. ``symmetry``: in how many orders, on average over ``states_read`` states from all of
    the search, the interchangeable objects of a state could stand; ``images``: how many states it stands for, on
    average, that differ in who is who of interchangeable objects with names.
    """

    levels: tuple[int, ...]
    estimate: int | None
    states_read: int
    fields: tuple[FieldShare, ...]
    symmetry: float
    images: float
    states_expanded: int
    rules: tuple[RuleShare, ...]


@attrs.frozen
class Progress:
    """How far a search is. ``frontier``: states of the present level that are still to be expanded."""

    states: int
    transitions: int
    depth: int
    frontier: int
    seconds: float
    states_per_second: float
    memory_mb: float


@attrs.frozen
class SearchResult:
    """All that a search found; the same for every run but for ``measured``.

    ``paths`` are what the ``trace`` of a property counts in. ``views``: distinct answers that each rule has decided
    on. ``arrows``: machine, source, dest and driver of every change seen. ``collisions``: the odds that a state was
    missed because it was taken for another, None where the search was exact. ``explosion``: why there are so many
    states, where that was asked for or a bound was hit.
    """

    properties: tuple[PropertyVerdict, ...]
    paths: tuple[Path, ...]
    states: int
    transitions: int
    depth: int
    quiescent: int
    bounds: tuple[Bound, ...]
    suspended: tuple[Suspension, ...]
    fired: tuple[RuleName, ...]
    never_fired: tuple[RuleName, ...]
    arrows: tuple[tuple[str, str, str, str], ...]
    views: Mapping[RuleName, int]
    measured: Measured = attrs.field(eq=False)
    collisions: float | None = None
    explosion: Explosion | None = None

    @property
    def complete(self) -> bool:
        """Whether every reachable state was explored."""
        return not self.bounds

    @property
    def verdict(self) -> RunVerdict:
        """The verdict of the run."""
        return RunVerdict.of(self.properties)
