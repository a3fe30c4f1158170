"""Numbers of pods for each kind and each group of nodes that are alike, found by z3, or the proof that there are none.

The formula is what every placement satisfies, in whatever order it came about: room, pairs that exclude each other,
spreading at the last binding into a domain, affinity that somebody founded. It may let through numbers that no packing
of the nodes, or no order, realises; those are refused afterwards and learned from (``learn``), so that an answer "no"
is a proof, and an answer "yes" is only a candidate.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import attrs
import z3  # type: ignore[import-untyped]

from .packing import Bins, Bound, Refusal
from .relations import Apart, Relations, Spread, Together

Group = tuple[int, ...]
"""Nodes that no filter tells apart, by their numbers."""

SEED = 7
EFFORT = 60_000_000
"""What z3 may spend on one question, in its own unit, so that it gives up at the same point on every machine."""

SECONDS_AT_FIRST = 3.0

FILLS = (50, 65, 75, 85, 92, 97)
"""Percentages to which each group is filled at most while z3 is asked for numbers that are easily packed."""


def _topology_keys(relations: Relations) -> list[str]:
    apart = {it.key for it in relations.apart}
    return sorted(apart | {it.key for it in relations.spreads} | {key for it in relations.together for key in it.keys})


def own_keys(relations: Relations) -> frozenset[str]:
    """Topology keys of which every node that has them has a value of its own, as of ``kubernetes.io/hostname``."""
    found = set()
    for key in _topology_keys(relations):
        values = [node.metadata.labels[key] for node in relations.nodes if key in node.metadata.labels]
        if len(set(values)) == len(values):
            found.add(key)
    return frozenset(found)


def groups(relations: Relations) -> tuple[Group, ...]:
    """The nodes in groups that are alike for every filter, but for a name of their own."""
    own = own_keys(relations)
    keys = _topology_keys(relations)
    if any(key in own for it in relations.together for key in it.keys):
        return single(relations)
    found: dict[Any, list[int]] = {}
    for number, node in enumerate(relations.nodes):
        labels = node.metadata.labels
        alike = (
            tuple(row[number] for row in relations.admitted),
            tuple(row[number] for row in relations.fixed),
            tuple(row[number] for row in relations.wanted),
            tuple(sorted(relations.capacity[number].items())),
            tuple((key in labels) if key in own else labels.get(key) for key in keys),
            tuple(number in spread.nodes for spread in relations.spreads),
        )
        found.setdefault(alike, []).append(number)
    return tuple(map(tuple, found.values()))


def single(relations: Relations) -> tuple[Group, ...]:
    """Every node by itself."""
    return tuple((number,) for number in range(len(relations.nodes)))


class Counting:
    """The formula for one problem and one grouping of its nodes."""

    def __init__(self, relations: Relations, of_nodes: Sequence[Group]) -> None:
        """Writes the formula. ``impossible``: DaemonSets alone ask for more than some node has."""
        self._it = relations
        self._groups = of_nodes
        self._own = own_keys(relations)
        self._solver = z3.Solver()
        self._solver.set("random_seed", SEED)
        self._free = [k for k in range(len(relations.pods)) if relations.free(k)]
        self.bins = tuple(self._bins(group) for group in of_nodes)
        self._count: dict[tuple[int, int], Any] = {}
        self.impossible = not all(self._daemons_fit(group) for group in of_nodes)
        if not self.impossible:
            self._numbers()
            self._room()
            self._pairs()
            for apart in relations.apart:
                self._keep_apart(apart)
            self._spread_out()
            self._keep_together()

        self._fill = 0

    def solve(self, seconds: float) -> Mapping[tuple[int, int], int] | bool | None:
        """Pods of each free kind in each group; False if there are no such numbers; None if z3 gives up."""
        if self.impossible:
            return False
        answer = self._checked(min(seconds, SECONDS_AT_FIRST), EFFORT // 10)
        if answer == z3.unsat:
            return False
        found = self._numbers_found() if answer == z3.sat else None
        if self._fill < len(FILLS) and len(self._groups) < len(self._it.nodes):
            found = self._roomy(seconds) or found
        if found is not None:
            return found
        answer = self._checked(seconds)
        if answer == z3.unsat:
            return False
        return None if answer == z3.unknown else self._numbers_found()

    def refutes(self, seconds: float) -> bool:
        """Whether there are no such numbers, as far as a short look tells."""
        return self.impossible or self._checked(min(seconds, SECONDS_AT_FIRST / 3), EFFORT // 20) == z3.unsat

    def _roomy(self, seconds: float) -> Mapping[tuple[int, int], int] | None:
        """Numbers that leave some room in every group, as much as there can be: those are easily packed."""
        for level in range(self._fill, len(FILLS)):
            self._fill = level
            self._solver.push()
            for used, amount, size in self._uses():
                self._solver.add(100 * used <= FILLS[level] * amount * size)
            answer = self._checked(min(seconds, 1.0), EFFORT // 20)
            found = self._numbers_found() if answer == z3.sat else None
            self._solver.pop()
            if found is not None:
                return found
        self._fill = len(FILLS)
        return None

    def _checked(self, seconds: float, effort: int = EFFORT) -> Any:
        self._solver.set("rlimit", effort)
        self._solver.set("timeout", max(1, int(seconds * 1000)))
        answer = self._solver.check()
        if answer == z3.unknown and "interrupted" in self._solver.reason_unknown():
            raise KeyboardInterrupt
        return answer

    def _numbers_found(self) -> Mapping[tuple[int, int], int]:
        model = self._solver.model()
        return {key: model.eval(variable, model_completion=True).as_long() for key, variable in self._count.items()}

    def learn(self, group: int, refused: Bound | Refusal) -> None:
        """What was found out about packing the nodes of one group, and of all groups like it."""
        if isinstance(refused, Bound):
            weight = z3.Sum([n * self._count[k, group] for k, n in sorted(refused.weights.items())])
            self._solver.add(weight <= refused.limit * len(self._groups[group]))
        else:
            fewer = [self._count[k, group] < n for k, n in sorted(refused.counts.items())]
            self._solver.add(z3.Or(fewer))

    def forbid(self, numbers: Mapping[tuple[int, int], int]) -> None:
        """Not exactly these numbers again."""
        self._solver.add(z3.Or([self._count[key] != number for key, number in sorted(numbers.items())]))

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
        for k in self._free:
            shut = not relations.admitted[k][node] or any((k, other) in clashes for other in there)
            most[k] = (
                0 if shut else min(1 if (k, k) in clashes else relations.kinds[k].count, self._spread_cap(k, node))
            )
        even = frozenset(it.kind for it in relations.spreads if it.key in self._own)
        return Bins(len(group), room, {k: relations.requests[k] for k in self._free}, most, clashes, even)

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
        for k in self._free:
            for g, group in enumerate(self._groups):
                variable = z3.Int(f"pods-{k}-{g}")
                self._count[k, g] = variable
                most = min(self._it.kinds[k].count, len(group) * self.bins[g].alone(k))
                self._solver.add(variable >= 0, variable <= most)
            total = z3.Sum([self._count[k, g] for g in range(len(self._groups))])
            kind = self._it.kinds[k]
            self._solver.add(total <= kind.count if kind.optional else total == kind.count)

    def _room(self) -> None:
        for used, amount, size in self._uses():
            self._solver.add(used <= amount * size)

    def _uses(self) -> Iterator[tuple[Any, int, int]]:
        """For each group and resource: what its pods use, what one node has of it, how many nodes there are.

        In units of what all requests are multiples of: of a remainder on a node nobody has any use.
        """
        for name in sorted({name for k in self._free for name in self._it.requests[k]}):
            users = [k for k in self._free if self._it.requests[k].get(name)]
            unit = math.gcd(*(self._it.requests[k][name] for k in users))
            for g, group in enumerate(self._groups):
                used = z3.Sum([self._it.requests[k][name] // unit * self._count[k, g] for k in users])
                yield used, max(0, self.bins[g].room.get(name, 0)) // unit, len(group)

    def _pairs(self) -> None:
        """Kinds that share no node, and kinds of which the cluster holds one pod at most."""
        for g, bins in enumerate(self.bins):
            for one, other in sorted(bins.clashes):
                if one < other and one in bins.most and other in bins.most:
                    a, b = self._count[one, g], self._count[other, g]
                    m, n = bins.alone(one), bins.alone(other)
                    if bins.size == 1:
                        self._solver.add(z3.Or(a == 0, b == 0))
                    elif m and n:
                        self._solver.add(a * n + b * m <= bins.size * m * n)
        for one, other in sorted(self._it.exclusive):
            if one <= other:
                self._solver.add(self._everywhere(one) + (self._everywhere(other) if other != one else 0) <= 1)

    def _everywhere(self, kind: int) -> Any:
        fixed = sum(self._it.fixed[kind])
        return z3.Sum([fixed, *(self._count[kind, g] for g in range(len(self._groups)) if (kind, g) in self._count)])

    def _there(self, kinds: Iterable[int], of_nodes: Iterable[int]) -> Any:
        """Pods of some kinds in some groups, those that stand there included."""
        terms: list[Any] = [0]
        for k in sorted(kinds):
            for g in of_nodes:
                terms.append(self._fixed(k, g) * len(self._groups[g]))
                if (k, g) in self._count:
                    terms.append(self._count[k, g])
        return z3.Sum(terms)

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

    def _new(self, kind: int, members: Sequence[int]) -> Any:
        wanted = sum(self._it.wanted[kind][n] for g in members for n in self._groups[g])
        return z3.Sum([wanted, *(self._count[kind, g] for g in members if (kind, g) in self._count)])

    def _old(self, kind: int, members: Sequence[int]) -> int:
        return sum(self._standing(kind, g) * len(self._groups[g]) for g in members)

    def _at_most_one(self, kind: int, members: Sequence[int]) -> None:
        self._solver.add(self._new(kind, members) <= (0 if self._old(kind, members) else 1))

    def _never_both(self, one: int, other: int, members: Sequence[int]) -> None:
        for kind, against in ((one, other), (other, one)):
            if self._old(against, members):
                self._solver.add(self._new(kind, members) == 0)
        self._solver.add(z3.Or(self._new(one, members) == 0, self._new(other, members) == 0))

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
        lowest = z3.Int(f"lowest-{number}") if spread.floor else z3.IntVal(0)
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
                self._solver.add(nodes * lowest <= self._there(spread.counted, inside))
            coming = z3.Sum([self._count[k, g] for k in sorted(kinds) for g in members])
            counted = z3.Sum([0, *(self._count[k, g] for k in sorted(counting) for g in inside)])
            room = spread.skew + lowest - standing
            self._solver.add(z3.Or(coming == 0, z3.And(room >= 0, counted <= nodes * room)))
        if spread.floor:
            self._solver.add(lowest >= 0)

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
        if not self._it.together:
            return
        by_kind = {it.kind: it for it in self._it.together}
        rank = {
            (k, g): z3.Int(f"rank-{k}-{g}")
            for k in sorted(set(by_kind).union(*(it.others for it in by_kind.values())))
            for g in range(len(self._groups))
        }
        for it in self._it.together:
            self._founded(it, rank)

    def _is_there(self, kind: int, group: int) -> Any:
        return self._there((kind,), (group,)) > 0

    def _founded(self, it: Together, rank: Mapping[tuple[int, int], Any]) -> None:
        everywhere = range(len(self._groups))
        founds = {g: z3.Bool(f"founds-{it.kind}-{g}") for g in everywhere}
        stands = any(
            self._standing(other, g) and any(self._label(g, key) is not None for key in it.keys)
            for other in it.others
            for g in everywhere
        )
        if not it.founder or stands:
            self._solver.add([z3.Not(each) for each in founds.values()])
        self._solver.add(z3.AtMost(*founds.values(), 1))
        for g in everywhere:
            here = self._is_there(it.kind, g)
            joins = z3.And([self._joins(it, g, key, rank) for key in it.keys])
            self._solver.add(z3.Implies(here, z3.Or(founds[g], joins)))
            for other in sorted(it.others):
                for h in everywhere:
                    seen = any(self._label(h, key) is not None for key in it.keys)
                    if (other, h) != (it.kind, g) and seen:
                        later = z3.Implies(self._is_there(other, h), rank[other, h] > rank[it.kind, g])
                        self._solver.add(z3.Implies(founds[g], later))

    def _joins(self, it: Together, group: int, key: str, rank: Mapping[tuple[int, int], Any]) -> Any:
        value = self._label(group, key)
        if value is None:
            return z3.BoolVal(False)
        ways = []
        for other in sorted(it.others):
            for h in range(len(self._groups)):
                if self._label(h, key) != value:
                    continue
                if self._standing(other, h):
                    return z3.BoolVal(True)
                if (other, h) != (it.kind, group):
                    ways.append(z3.And(self._is_there(other, h), rank[other, h] < rank[it.kind, group]))
        return z3.Or(ways) if ways else z3.BoolVal(False)
