"""Fair loops in a graph of labelled steps: where they are, and a short one through a given state (design §5).

Weak fairness is a generalised Büchi condition: in a strongly connected component it is met as a whole or nowhere.
Strong fairness is a Streett condition: where a component does not meet it, the states that ask for it are taken out and
what is left is looked at again. Emerson, Lei, Modalities for model checking, 1987; Lichtenstein, Pnueli, 1985.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterator, Sequence

import attrs
import numpy

from .strong_components import Numbers, strong_components

_MOST_SHORTENED = 150
"""Length beyond which a loop is not made shorter any more."""

_MOST_LEFT_FROM = 40
"""States of a loop from which a way round what it lacks is looked for."""

_MOST_SEEN = 20_000
"""States that are looked at in the search for one shorter way."""

Walk = list[tuple[int, int, int]]
"""Steps, each a state, the label of the step that leaves it, and the state after it."""

Brings = Callable[[int, int | None], bool]
"""Whether a state, or the step with a label that leaves it, brings what is wanted."""


_NO_CLAIMS: frozenset[int] = frozenset()


@attrs.frozen(eq=False)
class Graph:
    """Labelled steps between states that are numbered from 0.

    ``labels``: for each step, whose it is; ``meets``: by label, the claims that such a step meets; ``owed``: for each
    state, the number of its set among ``claim_sets``.
    """

    states: int
    sources: Numbers
    targets: Numbers
    labels: Numbers
    meets: Sequence[frozenset[int]]
    owed: Numbers
    claim_sets: Sequence[frozenset[int]]

    def owed_in(self, state: int) -> frozenset[int]:
        """The claims in a state."""
        return self.claim_sets[int(self.owed[state])]


@attrs.frozen
class Demands:
    """The claims that fairness asks to be met, weakly and strongly."""

    weak: frozenset[int]
    strong: frozenset[int]


def fair_components(graph: Graph, within: Numbers, demands: Demands) -> Iterator[Numbers]:
    """The largest sets of states, out of ``within``, that a fair run can visit all of again and again."""
    waiting = [within]
    while waiting:
        states = waiting.pop()
        local = numpy.full(graph.states, -1, dtype=numpy.int64)
        local[states] = numpy.arange(len(states))
        inner = (local[graph.sources] >= 0) & (local[graph.targets] >= 0)
        sources, targets, labels = local[graph.sources[inner]], local[graph.targets[inner]], graph.labels[inner]
        for found in strong_components(len(states), sources, targets):
            member = numpy.zeros(len(states), dtype=bool)
            member[found] = True
            taken = labels[member[sources] & member[targets]]
            met = _NO_CLAIMS.union(*(graph.meets[int(label)] for label in numpy.unique(taken)))
            component = states[found]
            sets = [graph.claim_sets[int(number)] for number in numpy.unique(graph.owed[component])]
            if sets[0].intersection(*sets) & (demands.weak | demands.strong) - met:
                continue
            unmet = _NO_CLAIMS.union(*sets) & demands.strong - met
            if unmet:
                asking = numpy.array([bool(claims & unmet) for claims in graph.claim_sets], dtype=bool)
                waiting.append(component[~asking[graph.owed[component]]])
            else:
                yield component


@attrs.frozen
class Loop:
    """A loop: its states, and the label of the step that leaves each; the last leads back to the first."""

    states: tuple[int, ...]
    labels: tuple[int, ...]


@attrs.frozen(eq=False)
class Looping:
    """Finds loops inside one component. ``visits``: the states of which a loop must visit one; None for any.

    ``also``: sets of labels, of each of which the loop must take a step.
    """

    graph: Graph
    following: dict[int, list[tuple[int, int]]]
    demands: Demands
    visits: frozenset[int] | None = None
    also: tuple[frozenset[int], ...] = ()

    @classmethod
    def inside(cls, graph: Graph, component: Numbers, demands: Demands, visits: frozenset[int] | None) -> Looping:
        """Loops inside ``component``, a set of states that ``fair_components`` found."""
        member = numpy.zeros(graph.states, dtype=bool)
        member[component] = True
        inner = member[graph.sources] & member[graph.targets]
        following: dict[int, list[tuple[int, int]]] = {int(state): [] for state in component}
        for source, target, label in zip(
            graph.sources[inner].tolist(), graph.targets[inner].tolist(), graph.labels[inner].tolist(), strict=True
        ):
            following[source].append((target, label))
        return cls(graph, following, demands, visits)

    def loop(self, first: int) -> Loop:
        """A fair loop from ``first`` that visits what it must, none of its parts to be left out or made shorter."""
        walk = self._way(first, _nothing, goal=first)
        wanted = self._wanted(walk)
        leaving = True
        while wanted:
            detour = self._detour(walk, wanted) if leaving else None
            # What the loop lost by leaving early is wanted again, without end: once no such way helps, nothing is lost.
            leaving = detour is not None
            walk = [*walk, *self._way_over(first, wanted, first)] if detour is None else detour
            wanted = self._wanted(walk)
        walk = self._shortened(walk)
        return Loop(tuple(state for state, _, _ in walk), tuple(label for _, label, _ in walk))

    def _wanted(self, walk: Walk) -> list[Brings]:
        """What a loop lacks."""
        graph = self.graph
        states, taken = {state for state, _, _ in walk}, {label for _, label, _ in walk}
        met = _NO_CLAIMS.union(*(graph.meets[label] for label in taken))
        sets = [graph.owed_in(state) for state in states]
        always, sometimes = sets[0].intersection(*sets), _NO_CLAIMS.union(*sets)
        wanted: list[Brings] = []
        if self.visits is not None and self.visits.isdisjoint(states):
            wanted.append(_visiting(self.visits))
        wanted += [self._meeting(claim, or_gone=True) for claim in sorted(always & self.demands.weak - met)]
        wanted += [self._meeting(claim, or_gone=False) for claim in sorted(sometimes & self.demands.strong - met)]
        wanted += [_taking(labels) for labels in self.also if taken.isdisjoint(labels)]
        return wanted

    def _meeting(self, claim: int, *, or_gone: bool) -> Brings:
        def brings(state: int, label: int | None) -> bool:
            if label is not None and claim in self.graph.meets[label]:
                return True
            return or_gone and claim not in self.graph.owed_in(state)

        return brings

    def _detour(self, walk: Walk, wanted: list[Brings]) -> Walk | None:
        """The loop with a way, out from one of its states, to the nearest of what is wanted, and back to the beginning.

        Of the states to leave from, the one that makes the loop shortest; None if from each as much is lost as found.
        """
        ways = [
            [*walk[:begin], *self._way_over(walk[begin][0], wanted, walk[0][0])]
            for begin in range(max(0, len(walk) - _MOST_LEFT_FROM), len(walk))
        ]
        return min((way for way in ways if len(self._wanted(way)) < len(wanted)), key=len, default=None)

    def _way_over(self, start: int, wanted: list[Brings], goal: int) -> Walk:
        """A way from ``start`` to the nearest of what is wanted, and on to ``goal``."""
        out = self._way(start, lambda state, label: any(brings(state, label) for brings in wanted))
        return [*out, *(self._way(out[-1][2], _nothing, goal=goal) if out[-1][2] != goal else [])]

    def _way(self, start: int, brings: Brings, goal: int | None = None) -> Walk:
        """A shortest way of at least one step from ``start``: to ``goal``, or over a step or to a state that brings."""
        came: dict[int, tuple[int, int]] = {}
        waiting = deque([start])
        while waiting:
            state = waiting.popleft()
            for target, label in self.following[state]:
                if target == goal or (goal is None and (brings(state, label) or brings(target, None))):
                    return [*_back(came, start, state), (state, label, target)]
                if target not in came and target != start:
                    came[target] = (state, label)
                    waiting.append(target)
        raise AssertionError(f"state {start} leads to nothing that is wanted, though its component has it")

    def _shortened(self, walk: Walk) -> Walk:
        """The loop without the parts that it does as well without: while any can be replaced by a shorter way."""
        if len(walk) > _MOST_SHORTENED:
            return walk
        begin = 0
        while begin < len(walk):
            shorter = next((one for one in self._cut(walk, begin) if not self._wanted(one)), None)
            walk, begin = (walk, begin + 1) if shorter is None else (shorter, 0)
        return walk

    def _cut(self, walk: Walk, begin: int) -> Iterator[Walk]:
        """The loop with the part from ``begin`` to a later step replaced by a shorter way, the longest part first."""
        start, length = walk[begin][0], len(walk)
        came, distance = self._distances(start, length - begin)
        for end in range(length if begin else length - 1, begin, -1):
            target = walk[end % length][0]
            if target == start or distance.get(target, length) < end - begin:
                yield [*walk[:begin], *_back(came, start, target), *walk[end:]]

    def _distances(self, start: int, most: int) -> tuple[dict[int, tuple[int, int]], dict[int, int]]:
        came: dict[int, tuple[int, int]] = {}
        distance: dict[int, int] = {}
        waiting = deque([(start, 0)])
        while waiting and len(distance) < _MOST_SEEN:
            state, far = waiting.popleft()
            if far >= most:
                break
            for target, label in self.following[state]:
                if target not in distance and target != start:
                    came[target] = (state, label)
                    distance[target] = far + 1
                    waiting.append((target, far + 1))
        return came, distance


def _nothing(_state: int, _label: int | None) -> bool:
    return False


def _visiting(states: Collection[int]) -> Brings:
    return lambda state, _label: state in states


def _taking(labels: Collection[int]) -> Brings:
    return lambda _state, label: label in labels


def _back(came: dict[int, tuple[int, int]], start: int, last: int) -> Walk:
    """The steps that lead from ``start`` to ``last``."""
    way: Walk = []
    while last != start:
        state, label = came[last]
        way.append((state, label, last))
        last = state
    return way[::-1]


__all__ = ["Demands", "Graph", "Loop", "Looping", "fair_components"]
