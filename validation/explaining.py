"""Best-first search for an execution that explains observations.

What is searched is the product of the transition system with the observations: a node is a state, what each name in the
recording stands for there, and which observations have been seen. That is trace validation by model checking (Cirstea,
Kuppe, Loillier, Merz: Validating Traces of Distributed Programs Against TLA+ Specifications, 2024), here with a partial
order of observations and unknown names. An observation of what lies between steps is taken as soon as it can be: what
was seen is never taken back, so that this loses nothing. Nodes are told apart exactly, and a search that ends has seen
all that there is within its budgets.
"""

from __future__ import annotations

import heapq
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import Enum

import attrs

from ..engine.pools import EMPTY, State
from ..engine.successors import Transition
from ..engine.transition_system import TransitionSystem
from ..spec.language.observation import Deed, Observation, Subject, Values
from .naming import Bundles, Move, Names, moves
from .stepping import Stepping

Telling = Callable[[str, Deed], bool]
"""Whether what a step does to an object of a kind is reported as a rule, so that its absence is something missing."""


_IDLE = 8
"""Steps without anything seen that weigh as much as one observation: more are not what explains the next one."""


class Outcome(Enum):
    """What a search found."""

    EXPLAINED = "explained"
    NOT_EXPLAINED = "not explained"
    UNDETERMINED = "undetermined"


@attrs.frozen
class Budgets:
    """What a search may use.

    ``missing``: steps that are reported as a rule, of which the recording has no report. ``nodes`` and ``seconds``:
    where it gives up.
    ``patient``: components that act only where no step but timers is left, such as users who wait.
    """

    missing: int = 1
    nodes: int = 200_000
    seconds: float = 60.0
    patient: frozenset[str] = frozenset()


@attrs.frozen(eq=False)
class Node:
    """A state with what has been seen on the way there; ``explained`` says after how many steps each was seen."""

    state: State
    names: Names
    seen: int
    missing: int = 0
    steps: int = 0
    idle: int = 0
    parent: Node | None = attrs.field(default=None, repr=False)
    explained: tuple[int, ...] = ()

    def path(self) -> tuple[State, ...]:
        """The states from the first one to this."""
        found: list[State] = []
        node: Node | None = self
        while node is not None:
            found.append(node.state)
            node = node.parent
        return tuple(reversed(found))

    def sightings(self) -> dict[int, int]:
        """After how many steps each observation was seen, by its number."""
        found: dict[int, int] = {}
        node: Node | None = self
        while node is not None:
            found.update(dict.fromkeys(node.explained, node.steps))
            node = node.parent
        return found


@attrs.frozen(eq=False)
class Explanation:
    """What came of a search.

    ``furthest``: a node that explains as many observations as any; all of them if the outcome is ``EXPLAINED``.
    ``next``: the observations that could have come there. ``bound``: what ran out, where the outcome is undetermined.
    """

    outcome: Outcome
    furthest: Node
    next: tuple[Observation, ...]
    nodes: int
    seconds: float
    bound: str = ""

    @property
    def path(self) -> tuple[State, ...]:
        """The states of the witness, or of the longest explained prefix."""
        return self.furthest.path()


class _Search:
    def __init__(
        self,
        system: TransitionSystem,
        observations: Sequence[Observation],
        telling: Telling,
        patient: frozenset[str],
    ) -> None:
        self.system = system
        self.telling = telling
        self.bundles = Bundles(system)
        self.observations = tuple(observations)
        self.bits = {each.number: 1 << place for place, each in enumerate(self.observations)}
        self.prior = [sum(self.bits[number] for number in each.prior) for each in self.observations]
        self.all = (1 << len(self.observations)) - 1
        self.about: dict[Subject, int] = {}
        for place, each in enumerate(self.observations):
            self.about[each.subject] = self.about.get(each.subject, 0) | (1 << place)
        self.looks_ahead = True
        self.stepping = Stepping(system, patient)
        self._pending: dict[int, tuple[tuple[int, Observation], ...]] = {}
        self._possibly: dict[tuple[str, int, int], bool] = {}
        self._during: dict[tuple[int, int], bool] = {}

    def pending(self, seen: int) -> tuple[tuple[int, Observation], ...]:
        """The observations that may come next, with their places."""
        found = self._pending.get(seen)
        if found is None:
            found = self._pending[seen] = tuple(
                (place, each)
                for place, each in enumerate(self.observations)
                if not seen >> place & 1 and self.prior[place] & ~seen == 0
            )
        return found

    def known(self, names: Names) -> Callable[[str, str], Values | None]:
        bundles = dict(names)

        def values(kind: str, name: str) -> Values | None:
            bundle = bundles.get((kind, name))
            return None if bundle is None else self.bundles.values(kind, bundle)

        return values

    def settled(self, node: Node) -> Iterator[Node]:
        """The node with all that is seen between steps; several where an object may get one name or another."""
        waiting = [node]
        reached: set[tuple[Names, int]] = set()
        while waiting:
            current = self._seen_between(waiting.pop())
            if current is None or (current.names, current.seen) in reached:
                continue
            reached.add((current.names, current.seen))
            yield current
            waiting.extend(self._named_between(current))

    def _seen_between(self, node: Node) -> Node | None:
        """The node with all that is seen of named objects; None if something can not be seen any more."""
        names, seen, explained = dict(node.names), node.seen, list(node.explained)
        changed = True
        while changed:
            changed = False
            for place, each in self.pending(seen):
                bundle = names.get(each.subject)
                if bundle is None or bundle == EMPTY or each.during is None:
                    continue
                if self._seen_during(place, each, bundle):
                    seen |= 1 << place
                    explained.append(each.number)
                    changed = True
        for subject, bundle in node.names if self.looks_ahead else ():
            left = self.about.get(subject, 0) & ~seen
            if left and not self._possible(left, subject, bundle):
                return None
        return attrs.evolve(node, seen=seen, explained=tuple(explained))

    def _seen_during(self, place: int, each: Observation, bundle: int) -> bool:
        found = self._during.get((place, bundle))
        if found is None:
            assert each.during is not None, "only what is seen between steps"
            found = self._during[place, bundle] = each.during(self.bundles.values(each.subject[0], bundle))
        return found

    def _possible(self, left: int, subject: Subject, bundle: int) -> bool:
        if bundle == EMPTY:
            return False
        found = self._possibly.get((subject[0], bundle, left))
        if found is None:
            values = self.bundles.values(subject[0], bundle)
            wanted = (each for place, each in enumerate(self.observations) if left >> place & 1)
            found = self._possibly[subject[0], bundle, left] = all(each.possible(values) for each in wanted)
        return found

    def _named_between(self, node: Node) -> Iterator[Node]:
        """The nodes where an object without a name gets one, for something that is seen of it between steps."""
        names = dict(node.names)
        for place, each in self.pending(node.seen):
            if each.during is None or each.subject in names:
                continue
            kind = each.subject[0]
            for bundle in self.bundles.unnamed(node.state, node.names, kind):
                values = self.bundles.values(kind, bundle)
                if each.during(values) and each.may_be(values, self.known(node.names)):
                    yield attrs.evolve(
                        node,
                        names=_with(node.names, each.subject, bundle),
                        seen=node.seen | 1 << place,
                        explained=(*node.explained, each.number),
                    )

    def successors(self, node: Node) -> Iterator[Node]:
        for transition in self.stepping.enabled(node.state):
            assert transition.successor is not None
            for names, done in moves(self.system, node.state, node.names, transition):
                start = attrs.evolve(
                    node,
                    state=transition.successor,
                    names=names,
                    steps=node.steps + 1,
                    idle=0 if node.explained else node.idle + 1,
                    parent=node,
                    explained=(),
                )
                for after in self._seen_at(start, transition, done, node.names):
                    yield from self.settled(after)

    def _seen_at(
        self, start: Node, transition: Transition, done: tuple[tuple[str, Move], ...], before: Names
    ) -> Iterator[Node]:
        """The ways in which a step is seen, or is not."""
        component = transition.group.component.name
        rule = transition.key.rule if transition.group.continues else transition.group.rule.name
        ways = [start]
        for kind, (name, old, new) in done:
            deed = Deed(component, rule, self.bundles.values(kind, old), self.bundles.values(kind, new))
            tells = self.telling(kind, deed)
            further: list[Node] = []
            for way in ways:
                found = list(self._matched(way, kind, name, new, deed, before))
                further.extend(found)
                # Who is named and seen is seen: leaving it out would only lose the observation.
                if not found or name is None:
                    further.append(attrs.evolve(way, missing=way.missing + 1) if tells else way)
            ways = further
        yield from ways

    def _matched(
        self, way: Node, kind: str, name: Subject | None, new: int, deed: Deed, before: Names
    ) -> Iterator[Node]:
        names = dict(way.names)
        for place, each in self.pending(way.seen):
            if each.at is None or each.subject[0] != kind or not each.at(deed):
                continue
            fits = each.subject == name if name is not None else each.subject not in names
            values = deed.after if new != EMPTY else deed.before
            if not fits or (name is None and not each.may_be(values, self.known(before))):
                continue
            yield attrs.evolve(
                way,
                names=way.names if name is not None else _with(way.names, each.subject, new),
                seen=way.seen | 1 << place,
                explained=(*way.explained, each.number),
            )


def _with(names: Names, subject: Subject, bundle: int) -> Names:
    return tuple(sorted((*names, (subject, bundle))))


def explain(
    system: TransitionSystem,
    starts: Sequence[State],
    observations: Sequence[Observation],
    telling: Telling,
    fixed: Mapping[Subject, str],
    budgets: Budgets | None = None,
) -> Explanation:
    """Whether an execution from one of ``starts`` shows all ``observations``.

    ``telling``: which steps are reported as a rule. ``fixed``: the subjects that bear a name of the model.
    """
    bounds = budgets or Budgets()
    search = _Search(system, observations, telling, bounds.patient)
    found = _run(search, starts, fixed, bounds)
    if found.outcome is Outcome.EXPLAINED:
        return found
    # Looking ahead gives up before the event that can not be; without it the longest prefix ends there.
    search.looks_ahead = False
    further = _run(search, starts, fixed, attrs.evolve(bounds, seconds=max(1.0, bounds.seconds - found.seconds)))
    furthest = max(further.furthest, found.furthest, key=lambda node: node.seen.bit_count())
    return attrs.evolve(
        found,
        furthest=furthest,
        next=tuple(each for _, each in search.pending(furthest.seen)),
        nodes=found.nodes + further.nodes,
        seconds=found.seconds + further.seconds,
    )


def _run(search: _Search, starts: Sequence[State], fixed: Mapping[Subject, str], bounds: Budgets) -> Explanation:
    began = time.monotonic()
    queue: list[tuple[int, int, int, Node]] = []
    visited: dict[tuple[State, Names, int], int] = {}
    furthest: Node | None = None
    count = taken = 0

    def push(node: Node) -> None:
        nonlocal count
        key = (node.state, node.names, node.seen)
        if node.missing > bounds.missing or visited.get(key, bounds.missing + 1) <= node.missing:
            return
        visited[key] = node.missing
        count += 1
        left = len(search.observations) - node.seen.bit_count()
        # Of equally good nodes the one that was found last comes first: depth first, which keeps to one story.
        heapq.heappush(queue, (_IDLE * (left + node.missing) + node.idle, -node.steps, count, node))

    for state in starts:
        for node in search.settled(Node(state, _fixed(search.system, state, fixed), 0)):
            furthest = furthest or node
            push(node)
    if furthest is None:
        furthest = Node(starts[0], _fixed(search.system, starts[0], fixed), 0)
    outcome, bound = Outcome.NOT_EXPLAINED, ""
    while queue:
        *_, node = heapq.heappop(queue)
        if node.seen.bit_count() > furthest.seen.bit_count():
            furthest = node
        bound = _exceeded(bounds, taken, time.monotonic() - began)
        if node.seen == search.all or bound:
            outcome = Outcome.UNDETERMINED if bound else Outcome.EXPLAINED
            break
        taken += 1
        for after in search.successors(node):
            push(after)
    following = tuple(each for _, each in search.pending(furthest.seen))
    return Explanation(outcome, furthest, following, taken, time.monotonic() - began, bound)


def _exceeded(bounds: Budgets, nodes: int, seconds: float) -> str:
    if nodes >= bounds.nodes:
        return f"{bounds.nodes} nodes were searched"
    return f"{bounds.seconds:g} seconds had passed" if seconds > bounds.seconds else ""


def _fixed(system: TransitionSystem, state: State, fixed: Mapping[Subject, str]) -> Names:
    found = []
    for subject, name in fixed.items():
        number = system.pool_index[subject[0]]
        pool = system.pools[number]
        found.append((subject, state[number][pool.index_of(state[number], name)]))
    return tuple(sorted(found))
