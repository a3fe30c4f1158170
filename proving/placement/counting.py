"""What every placement satisfies, as a formula over numbers of pods for each kind and each group of nodes.

In whatever order it came about: room, pairs that exclude each other, spreading at the last binding into a domain,
affinity that somebody founded. The formula may let through numbers that no packing of the nodes, or no order, realises;
those are refused afterwards and learned from (``learn``), so that its refutation is a proof that there is no placement,
and what satisfies it is only a candidate.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence

import attrs

from ...spec.objects.quantities import PODS
from .bins import Bins
from .formula import FALSE, TRUE, Formula, Program, Sum, every, some, total
from .grouping import Group, own_keys
from .packing import Bound, Refusal
from .relations import Apart, Relations, Spread, Together

Numbers = Mapping[tuple[int, int], int]
"""Pods of each kind in each group, by their numbers."""


@attrs.frozen
class Use:
    """Of one resource, in one group: what its pods use of it, what one node has, how many nodes there are.

    In units of what all requests are multiples of: of a remainder on a node nobody has any use.
    """

    used: Sum
    room: int
    nodes: int


class Counting:
    """The formula for one problem and one grouping of its nodes."""

    def __init__(self, relations: Relations, of_nodes: Sequence[Group]) -> None:
        """Writes the formula. ``impossible``: DaemonSets alone ask for more than some node has."""
        self._it = relations
        self._groups = of_nodes
        self._own = own_keys(relations)
        self.program = Program()
        self.kinds = tuple(k for k in range(len(relations.pods)) if relations.free(k))
        self.bins = tuple(self._bins(group) for group in of_nodes)
        self.count: dict[tuple[int, int], Sum] = {}
        self.uses: tuple[Use, ...] = ()
        self.impossible = not all(self._daemons_fit(group) for group in of_nodes)
        if self.impossible:
            self.program.require(FALSE)
            return
        self._numbers()
        self._room()
        self._pairs()
        for apart in relations.apart:
            self._keep_apart(apart)
        self._spread_out()
        self._keep_together()

    def scarcest(self) -> str:
        """The resource of which the largest share is asked for, of all that the nodes have left."""
        asked: dict[str, int] = {}
        for k in self.kinds:
            for name, amount in self._it.requests[k].items():
                asked[name] = asked.get(name, 0) + amount * self._it.kinds[k].count
        there = {name: sum(max(0, bins.room.get(name, 0)) * bins.size for bins in self.bins) for name in asked}
        return max(sorted(asked), key=lambda name: asked[name] / max(1, there[name]), default=PODS)

    def numbers(self, values: Sequence[int]) -> Numbers:
        """The numbers of pods in a solution of the formula."""
        return {key: values[next(iter(count.terms))] for key, count in self.count.items()}

    def learn(self, group: int, refused: Bound | Refusal) -> Formula:
        """What was found out about packing the nodes of one group."""
        if isinstance(refused, Bound):
            weight = total(self.count[k, group] * n for k, n in sorted(refused.weights.items()))
            learned: Formula = weight.at_most(refused.limit * len(self._groups[group]))
        else:
            learned = some(*(self.count[k, group].at_most(n - 1) for k, n in sorted(refused.counts.items())))
        self.program.require(learned)
        return learned

    def forbid(self, numbers: Numbers) -> None:
        """Not exactly these numbers again."""
        others = (
            side
            for key, number in sorted(numbers.items())
            for side in (self.count[key].at_most(number - 1), self.count[key].at_least(number + 1))
        )
        self.program.require(some(*others))

    # What a node of a group has.

    def _label(self, group: int, key: str) -> str | None:
        return self._it.nodes[self._groups[group][0]].metadata.labels.get(key)

    def _standing(self, kind: int, group: int) -> int:
        """Pods of a kind that stand on each node of the group already."""
        node = self._groups[group][0]
        return self._it.fixed[kind][node] - self._it.wanted[kind][node]

    def _fixed(self, kind: int, group: int) -> int:
        """The same, with those that a DaemonSet wants there."""
        return self._it.fixed[kind][self._groups[group][0]]

    def _bins(self, group: Group) -> Bins:
        relations, node = self._it, group[0]
        room = dict(relations.capacity[node])
        for k, requests in enumerate(relations.requests):
            for name, amount in requests.items():
                room[name] = room.get(name, 0) - amount * (relations.fixed[k][node] - relations.wanted[k][node])
        room = {name: max(0, amount) for name, amount in room.items()}
        for k, requests in enumerate(relations.requests):
            for name, amount in requests.items():
                room[name] = room.get(name, 0) - amount * relations.wanted[k][node]
        clashes = self._clashes(group)
        there = [k for k in range(len(relations.pods)) if relations.fixed[k][node]]
        most = {}
        for k in self.kinds:
            shut = not relations.admitted[k][node] or any((k, other) in clashes for other in there)
            most[k] = (
                0 if shut else min(1 if (k, k) in clashes else relations.kinds[k].count, self._spread_cap(k, node))
            )
        even = frozenset(it.kind for it in relations.spreads if it.key in self._own)
        return Bins(len(group), room, {k: relations.requests[k] for k in self.kinds}, most, clashes, even)

    def _spread_cap(self, kind: int, node: int) -> int:
        """How many pods of a kind one node holds at most, where each node is a domain of its spreading."""
        relations = self._it
        cap = relations.kinds[kind].count
        for spread in relations.spreads:
            if spread.kind != kind or spread.key not in self._own or not spread.itself or kind not in spread.counted:
                continue
            coming = sum(relations.kinds[k].count for k in spread.counted if relations.free(k))
            there = sum(relations.fixed[k][n] for k in spread.counted for n in spread.nodes)
            lowest = (coming + there) // len(spread.nodes) if spread.floor else 0
            standing = sum(relations.fixed[k][node] - relations.wanted[k][node] for k in spread.counted)
            cap = min(cap, max(0, lowest + spread.skew - standing))
        return cap

    def _clashes(self, group: Group) -> frozenset[tuple[int, int]]:
        labels = self._it.nodes[group[0]].metadata.labels
        found = set(self._it.clashes)
        for apart in self._it.apart:
            if apart.key in labels:
                found |= {pair for other in apart.others for pair in ((apart.kind, other), (other, apart.kind))}
        return frozenset(found)

    def _daemons_fit(self, group: Group) -> bool:
        """Whether the pods that DaemonSets want on a node fit there, if nothing else comes."""
        node, relations = group[0], self._it
        daemons = [k for k in range(len(relations.pods)) if relations.wanted[k][node]]
        bins = self._bins(group)
        if any(bins.room.get(name, 0) < 0 for k in daemons for name in relations.requests[k]):
            return False
        there = [k for k in range(len(relations.pods)) if relations.fixed[k][node]]
        apart = all((k, other) not in bins.clashes for k in daemons for other in there if other != k)
        return apart and all(relations.admitted[k][node] for k in daemons)

    # The formula.

    def _numbers(self) -> None:
        for k in self.kinds:
            kind = self._it.kinds[k]
            for g, group in enumerate(self._groups):
                most = min(kind.count, len(group) * self.bins[g].alone(k))
                self.count[k, g] = self.program.variable(f"pods-{k}-{g}", 0, most)
            pods = total(self.count[k, g] for g in range(len(self._groups)))
            self.program.require(pods.at_most(kind.count))
            if not kind.optional:
                self.program.require(pods.at_least(kind.count))

    def _room(self) -> None:
        self.uses = tuple(self._each_use())
        self.program.require(*(use.used.at_most(use.room * use.nodes) for use in self.uses))

    def _each_use(self) -> Iterator[Use]:
        for name in sorted({name for k in self.kinds for name in self._it.requests[k]}):
            users = [k for k in self.kinds if self._it.requests[k].get(name)]
            unit = math.gcd(*(self._it.requests[k][name] for k in users))
            for g, group in enumerate(self._groups):
                used = total(self.count[k, g] * (self._it.requests[k][name] // unit) for k in users)
                yield Use(used, max(0, self.bins[g].room.get(name, 0)) // unit, len(group))

    def _pairs(self) -> None:
        """Kinds that share no node, and kinds of which the cluster holds one pod at most."""
        require = self.program.require
        for g, bins in enumerate(self.bins):
            for one, other in sorted(bins.clashes):
                if one < other and one in bins.most and other in bins.most:
                    a, b = self.count[one, g], self.count[other, g]
                    m, n = bins.alone(one), bins.alone(other)
                    if bins.size == 1:
                        require(some(a.at_most(0), b.at_most(0)))
                    elif m and n:
                        require((a * n + b * m).at_most(bins.size * m * n))
        for one, other in sorted(self._it.exclusive):
            if one <= other:
                require((self._everywhere(one) + (self._everywhere(other) if other != one else 0)).at_most(1))

    def _everywhere(self, kind: int) -> Sum:
        return self._new(kind, range(len(self._groups))) + self._old(kind, range(len(self._groups)))

    def _there(self, kinds: Iterable[int], of_nodes: Sequence[int]) -> Sum:
        """Pods of some kinds in some groups, those that stand there included."""
        return total(self._new(k, of_nodes) + self._old(k, of_nodes) for k in sorted(kinds))

    def _domains(self, key: str) -> Mapping[str, list[int]]:
        """Groups by the value of a label that they share; none for labels of which each node has its own value."""
        found: dict[str, list[int]] = {}
        for g in range(len(self._groups)):
            value = self._label(g, key)
            if value is not None:
                found.setdefault(value, []).append(g)
        return found

    def _keep_apart(self, apart: Apart) -> None:
        if apart.key in self._own:
            return  # a matter of each node: ``_clashes``
        for members in self._domains(apart.key).values():
            for other in sorted(apart.others):
                if other == apart.kind:
                    self._at_most_one(apart.kind, members)
                else:
                    self._never_both(apart.kind, other, members)

    def _new(self, kind: int, members: Iterable[int]) -> Sum:
        parts: list[Sum | int] = []
        for g in members:
            parts.append(sum(self._it.wanted[kind][n] for n in self._groups[g]))
            if (kind, g) in self.count:
                parts.append(self.count[kind, g])
        return total(parts)

    def _old(self, kind: int, members: Iterable[int]) -> int:
        return sum(self._standing(kind, g) * len(self._groups[g]) for g in members)

    def _at_most_one(self, kind: int, members: Sequence[int]) -> None:
        self.program.require(self._new(kind, members).at_most(0 if self._old(kind, members) else 1))

    def _never_both(self, one: int, other: int, members: Sequence[int]) -> None:
        for kind, against in ((one, other), (other, one)):
            if self._old(against, members):
                self.program.require(self._new(kind, members).at_most(0))
        self.program.require(some(self._new(one, members).at_most(0), self._new(other, members).at_most(0)))

    def _spread_out(self) -> None:
        alike: dict[Spread, list[Spread]] = {}
        for spread in self._it.spreads:
            if self._it.free(spread.kind):
                alike.setdefault(attrs.evolve(spread, kind=-1), []).append(spread)
        for number, same in enumerate(alike.values()):
            self._spread(number, same)

    def _spread(self, number: int, same: Sequence[Spread]) -> None:
        """Kinds with one and the same constraint: the last of their pods to come into a domain counts the others.

        Pods of other kinds that it counts may come later; the emptiest domain is never fuller than at the end.
        """
        spread = same[0]
        kinds = frozenset(each.kind for each in same)
        everybody = self._there(spread.counted, range(len(self._groups)))
        most = self.program.most(everybody.at_most(0)) if spread.floor else 0
        lowest = self.program.variable(f"lowest-{number}", 0, most)
        counting = kinds & spread.counted if spread.itself else frozenset()
        for members in self._spread_domains(spread):
            nodes = len(self._groups[members[0]]) if spread.key in self._own else 1
            inside = [g for g in members if self._groups[g][0] in spread.nodes]
            standing = sum(
                self._standing(k, g) * (1 if spread.key in self._own else len(self._groups[g]))
                for k in spread.counted
                for g in inside
            )
            if spread.floor and inside:
                self.program.require((lowest * nodes).at_most(self._there(spread.counted, inside)))
            coming = total(self.count[k, g] for k in sorted(kinds) for g in members)
            counted = total(self.count[k, g] for k in sorted(counting) for g in inside)
            room = lowest + (spread.skew - standing)
            fits = every((room.at_least(0), counted.at_most(room * nodes)))
            self.program.require(some(coming.at_most(0), fits))

    def _spread_domains(self, spread: Spread) -> list[list[int]]:
        """Groups that are one domain; each by itself where every node is a domain of its own."""
        if spread.key in self._own:
            return [[g] for g in range(len(self._groups)) if self._label(g, spread.key) is not None]
        return list(self._domains(spread.key).values())

    def _keep_together(self) -> None:
        """Somebody is there first: ranks say who can have come before whom.

        A pod of a kind with affinity in a group is either the founder, who came before all whom its terms match, or
        every one of its domains holds a pod, of another kind or group, of lower rank.
        """
        concerned = {it.kind for it in self._it.together}.union(*(it.others for it in self._it.together))
        last = len(concerned) * len(self._groups)
        rank = {
            (k, g): self.program.variable(f"rank-{k}-{g}", 0, last)
            for k in sorted(concerned)
            for g in range(len(self._groups))
        }
        for it in self._it.together:
            self._founded(it, rank, last)

    def _founded(self, it: Together, rank: Mapping[tuple[int, int], Sum], last: int) -> None:
        everywhere = range(len(self._groups))
        seen = [g for g in everywhere if any(self._label(g, key) is not None for key in it.keys)]
        founds: dict[int, Sum] = {}
        if it.founder and not any(self._standing(other, g) for other in it.others for g in seen):
            founds = {g: self.program.variable(f"founds-{it.kind}-{g}", 0, 1) for g in everywhere}
            first = self.program.variable(f"first-{it.kind}", -1, last)
            self.program.require(total(founds.values()).at_most(1))
            for g in everywhere:
                self.program.require(some(founds[g].at_most(0), rank[it.kind, g].at_most(first)))
            for other in sorted(it.others):
                for g in seen:
                    itself = founds[g].at_least(1) if other == it.kind else FALSE
                    later = rank[other, g].at_least(first + 1)
                    self.program.require(some(self._there((other,), (g,)).at_most(0), later, itself))
        for g in everywhere:
            joins = every(self._joins(it, g, key, rank) for key in it.keys)
            founder = founds[g].at_least(1) if founds else FALSE
            self.program.require(some(self._new(it.kind, (g,)).at_most(0), founder, joins))

    def _joins(self, it: Together, group: int, key: str, rank: Mapping[tuple[int, int], Sum]) -> Formula:
        value = self._label(group, key)
        if value is None:
            return FALSE
        ways: list[Formula] = []
        for other in sorted(it.others):
            for h in range(len(self._groups)):
                if self._label(h, key) != value:
                    continue
                if self._standing(other, h):
                    return TRUE
                if (other, h) != (it.kind, group):
                    there = self._there((other,), (h,)).at_least(1)
                    ways.append(every((there, rank[other, h].at_most(rank[it.kind, group] + -1))))
        return some(*ways)
