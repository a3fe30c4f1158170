"""The pods that are placed so far, and what of them a filter can read as one more pod comes to one node.

All but two filters read what stands on the node alone. Those that look further read pods that a term or a constraint
concerns, and claims that one pod alone may use: the tables of ``relations`` name them. So a binding is judged by the
real filters in a cluster that leaves bystanders out, which is some ten times as fast and says the same
(``tests/proving/placement/test_standing.py``).
"""

from __future__ import annotations

from collections.abc import Iterable

from ...spec.control_plane.scheduler.filtering import bound_copy
from ...spec.control_plane.scheduler.snapshot import Snapshot
from ...spec.objects.pod import Pod
from .admission import empty, refusal
from .grouping import own_keys
from .relations import Relations

Move = tuple[int, int]
"""A pod of a kind is bound to a node, both by their numbers."""


class Standing:
    """Pods of each kind on each node, those that stood there before included."""

    def __init__(self, relations: Relations) -> None:
        """Nobody but those that stood there before."""
        self._it = relations
        self._numbers = {node.metadata.name: n for n, node in enumerate(relations.nodes)}
        self._placed: dict[int, dict[int, int]] = {}
        self._where: dict[int, dict[int, int]] = {}
        self._bound: dict[Move, Pod] = {}
        self._own = own_keys(relations)
        self._concern = [self._concerned(k) for k in range(len(relations.kinds))]
        self._everywhere = {it.kind for it in relations.spreads} | {it.kind for it in relations.together}
        for k, kind in enumerate(relations.kinds):
            for name, number in kind.bound.items():
                if name in self._numbers and number:
                    self.put((k, self._numbers[name]), number)

    def _concerned(self, kind: int) -> frozenset[int]:
        """The kinds whose pods on other nodes matter to a pod of ``kind`` that comes."""
        it = self._it
        if it.naming:
            # Who names a node is in no table of terms: it comes last where that can be chosen, but need not.
            return frozenset(range(len(it.kinds)))
        found: set[int] = set()
        for apart in it.apart:
            if apart.key in self._own:
                continue  # a domain is one node: what stands on others is in other domains
            found |= apart.others if apart.kind == kind else set()
            found |= {apart.kind} if kind in apart.others else set()
        for together in it.together:
            found |= together.others if together.kind == kind else set()
        for spread in it.spreads:
            found |= spread.counted if spread.kind == kind else set()
        return frozenset(found | {other for one, other in it.exclusive if one == kind})

    def put(self, move: Move, number: int = 1) -> None:
        """So many more pods of a kind on a node; with a negative number, fewer."""
        kind, node = move
        for table, row, column in ((self._placed, node, kind), (self._where, kind, node)):
            cells = table.setdefault(row, {})
            cells[column] = cells.get(column, 0) + number
            if not cells[column]:
                del cells[column]

    def number_on(self, node: int) -> int:
        """How many pods the node holds."""
        return sum(self._placed.get(node, {}).values())

    def refusal(self, move: Move) -> str:
        """Why the filters refuse a pod of the kind on the node now, in Kubernetes' words; "" if they do not."""
        kind, node = move
        there = self._it.nodes[node]
        return refusal(self._it.kinds[kind].pod_for(there), there, self._seen(kind, node))

    def _seen(self, kind: int, node: int) -> Snapshot:
        problem = self._it.problem
        pods = [self._pod((k, node)) for k, n in sorted(self._placed.get(node, {}).items()) for _ in range(n)]
        elsewhere = [
            (n, other, number)
            for other in sorted(self._concern[kind])
            for n, number in self._where.get(other, {}).items()
            if n != node
        ]
        pods += [self._pod((other, n)) for n, other, number in elsewhere for _ in range(number)]
        if kind in self._everywhere:
            nodes = self._it.nodes
        else:
            nodes = tuple(self._it.nodes[n] for n in sorted({node, *(n for n, _, _ in elsewhere)}))
        return Snapshot(nodes, tuple(pods), problem.namespaces, storage=problem.storage)

    def _pod(self, move: Move) -> Pod:
        if move not in self._bound:
            kind, node = move
            there = self._it.nodes[node]
            self._bound[move] = bound_copy(self._it.kinds[kind].pod_for(there), there.metadata.name)
        return self._bound[move]


def refused(relations: Relations, moves: Iterable[Move]) -> str:
    """Replays bindings with the real filters over the whole cluster; why the first one is refused, "" if none is."""
    snapshot = empty(relations.problem)
    for kind, node in moves:
        there = relations.nodes[node]
        pod = relations.kinds[kind].pod_for(there)
        why = refusal(pod, there, snapshot)
        if why:
            return f"{relations.kinds[kind].title} to {there.metadata.name}: {why}"
        snapshot = snapshot.with_pods((bound_copy(pod, there.metadata.name),))
    return ""
