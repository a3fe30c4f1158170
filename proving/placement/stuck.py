"""Whether the scheduler can get stuck although all pods could be placed: a search over the system of its bindings.

A state is which pods are bound to which nodes; a step binds any waiting pod to any node that the filters accept, in any
order and whatever the scores say. The checker looks for a state of rest in which pods still wait. Nodes that no filter
tells apart, and that hold the same, are tried once.

Where that is too much, three things are tried: a proof that every pod finds room whatever came before; walks that fill
nodes badly on purpose; else nothing is said.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise

import attrs
import z3  # type: ignore[import-untyped]

from ...checker.result import Explorer, Limits, Progress, SearchResult
from ...checker.search import search
from ...engine.transition_system import TransitionSystem
from ...engine.verdicts import Verdict
from ...spec.control_plane.scheduler import preemption
from ...spec.control_plane.scheduler.filtering import bound_copy, filter_node
from ...spec.control_plane.scheduler.snapshot import Snapshot
from ...spec.language.component import Component, Key, Rule
from ...spec.language.model import Field, Kind, Model
from ...spec.language.plan import KEY, Alternative, Set, Write
from ...spec.language.property import HOLDS, StateProperty, When, violated
from ...spec.language.query import MULTISET, Query, no_parameter
from ...spec.language.request import ApiCall, Outcome, Response
from ...spec.objects.pod import Pod, effective_priority
from .admission import empty, refusal
from .clock import by_the_wall, passed
from .counting import Counting
from .grouping import groups
from .refuting import EFFORT, SEED
from .relations import Relations
from .standing import Move, Standing

MOST_STATES = 100_000
MOST_PODS = 40
"""Pods of a system that is explored; of larger ones only walks are tried."""

WALKS = 12
STEPS_OF_WALKS = 1000
"""Bindings in all walks together, about: large systems are walked twice at least."""

_POD = "Pod"
_PLACED = "all-pods-placed"

Waiting = tuple[int, int]
"""A kind, and the node that a DaemonSet pins the pod to, -1 for any."""


@attrs.frozen
class Stuck:
    """``possible`` None: not decided. ``moves``: the bindings before it is stuck; ``waiting``: kinds of who waits then.

    ``states``: how many were explored. ``how``: what decided it, or what ran out.
    """

    possible: bool | None
    moves: tuple[Move, ...] = ()
    waiting: tuple[int, ...] = ()
    states: int = 0
    how: str = ""


def can_get_stuck(relations: Relations, deadline: float, progress: Callable[[Progress], None] | None = None) -> Stuck:
    """Whether some order of bindings leads to pods that fit nowhere; the shortest one, where all were explored."""
    pods = _waiting(relations)
    if always_room(relations):
        return Stuck(False, how="every pod finds room, whatever came before it")
    if len(pods) <= MOST_PODS:
        limits = Limits(max_states=MOST_STATES, seconds=max(0.1, by_the_wall(deadline) * 0.7))
        found = _explored(relations, pods, limits, progress)
        if found.possible is not None:
            return found
        explored = found.states
    else:
        explored = 0
    walked = _walked(relations, pods, deadline)
    if walked is not None:
        return attrs.evolve(walked, states=explored)
    ran_out = f"{explored:,} states were explored" if explored else f"{len(pods)} pods are too many to explore"
    return Stuck(None, states=explored, how=f"{ran_out}, and {_walks(pods)} walks did not get stuck")


def _waiting(relations: Relations) -> list[Waiting]:
    found: list[Waiting] = []
    for k, kind in enumerate(relations.kinds):
        if relations.free(k):
            found += [(k, -1)] * kind.count
        found += [(k, n) for n, wanted in enumerate(relations.wanted[k]) for _ in range(wanted)]
    return found


@attrs.frozen
class _Cluster:
    """What the filters say of a multiset of placed pods."""

    relations: Relations
    alike: Mapping[int, int]
    base: Snapshot

    def snapshot(self, placed: Iterable[Move]) -> Snapshot:
        return self.base.with_pods(self._pod(k, n) for k, n in placed)

    def _pod(self, kind: int, node: int) -> Pod:
        there = self.relations.nodes[node]
        return bound_copy(self.relations.kinds[kind].pod_for(there), there.metadata.name)

    def open_to(self, pod: Waiting, placed: Sequence[Move]) -> list[int]:
        """The nodes that take the pod, one of those that are alike and hold the same."""
        kind, pinned = pod
        snapshot = self.snapshot(placed)
        held: dict[int, list[int]] = {}
        for k, n in placed:
            held.setdefault(n, []).append(k)
        seen: set[tuple[int, tuple[int, ...]]] = set()
        found = []
        for n in range(len(self.relations.nodes)) if pinned < 0 else (pinned,):
            like = (self.alike[n], tuple(sorted(held.get(n, ()))))
            if like in seen:
                continue
            there = self.relations.nodes[n]
            if not refusal(self.relations.kinds[kind].pod_for(there), there, snapshot):
                found.append(n)
                seen.add(like)
        return found

    def makes_room(self, pod: Waiting, placed: Sequence[Move]) -> bool:
        """Whether the pod could make others of lower priority go: then it does not wait for ever."""
        kind, pinned = pod
        relations = self.relations
        mine = relations.kinds[kind].pod_for(relations.nodes[max(pinned, 0)])
        others = (effective_priority(relations.pods[k]) for k, _ in placed)
        if mine.spec.node_name or not any(priority < effective_priority(mine) for priority in others):
            return False
        snapshot = self.snapshot(placed)
        verdicts = {node.metadata.name: filter_node(mine, node, snapshot).verdict for node in snapshot.nodes}

        def fits(it: Pod, node: object, seen: Snapshot) -> bool:
            return filter_node(it, node, seen).feasible  # type: ignore[arg-type]

        return preemption.eligible(mine, snapshot) and bool(preemption.choices(mine, verdicts, snapshot, fits, ()))


def _cluster(relations: Relations) -> _Cluster:
    alike = {n: g for g, group in enumerate(groups(relations)) for n in group}
    return _Cluster(relations, alike, empty(relations.problem))


Counted = tuple[tuple[Move, int], ...]

_PLACED_PODS = Query(
    _POD, ("pod", "node"), lambda _none, pod, node: (pod[0], node) if node >= 0 else None, MULTISET, no_parameter
)
"""The pods that are bound: kind and node of each."""


def _flat(placed: Counted) -> list[Move]:
    return [move for move, number in placed for _ in range(number)]


def _waits(pod: Waiting, node: int) -> Waiting | None:
    return pod if node < 0 else None


def _no_api_server(_call: ApiCall, stored: object, *, current: bool) -> Response:
    return Response(Outcome.DONE, stored)


def _model(relations: Relations, pods: Sequence[Waiting]) -> Model:
    cluster = _cluster(relations)

    def bind(pod: Waiting, placed: Counted) -> Iterator[Alternative]:
        for node in cluster.open_to(pod, _flat(placed)):
            name = relations.nodes[node].metadata.name
            yield Alternative((Write(KEY, "node", Set(node)),), f"{name} is feasible")

    def judge(pod: Waiting, placed: Counted) -> object:
        if cluster.makes_room(pod, _flat(placed)):
            return HOLDS
        return violated(f"a pod of {relations.kinds[pod[0]].title} fits nowhere")

    rule = Rule(
        "bind", Key(_POD, ("pod", "node"), _waits), bind, {"placed": _PLACED_PODS}, reference="kube-scheduler §3"
    )
    waits = StateProperty(
        name=_PLACED,
        statement="every pod finds a node",
        key=Key(_POD, ("pod", "node"), _waits),
        queries={"placed": _PLACED_PODS},
        judge=judge,  # type: ignore[arg-type]
        when=When.QUIESCENT,
    )
    return Model(
        name="bindings",
        kinds=(Kind(_POD, (Field("pod"), Field("node", -1)), slots=len(pods)),),
        components=(Component("kube-scheduler", (rule,)),),
        initial={_POD: tuple({"pod": pod, "node": -1} for pod in pods)},
        properties=(waits,),
        api_server=_no_api_server,
    )


def _explored(
    relations: Relations, pods: Sequence[Waiting], limits: Limits, progress: Callable[[Progress], None] | None
) -> Stuck:
    system = TransitionSystem(_model(relations, pods))
    result = search(system, limits, progress, explorer=Explorer.TABLES)
    if any(bound.name == "interrupted" for bound in result.bounds):
        raise KeyboardInterrupt
    (waits,) = (prop for prop in result.properties if prop.name == _PLACED)
    if waits.verdict is Verdict.VIOLATED and waits.trace is not None:
        moves, waiting = _told(system, result, waits.trace)
        return Stuck(True, moves, waiting, result.states, "the checker explored the bindings")
    if result.complete:
        return Stuck(
            False, states=result.states, how=f"the checker explored all {result.states:,} states of the bindings"
        )
    return Stuck(None, states=result.states)


def _told(system: TransitionSystem, result: SearchResult, trace: int) -> tuple[tuple[Move, ...], tuple[int, ...]]:
    """The bindings along a path, and the kinds that wait at its end."""
    (pool,) = (number for number, pool in enumerate(system.pools) if pool.name == _POD)

    def bundles(state: object) -> list[tuple[Waiting, int]]:
        of_pool = state[pool]  # type: ignore[index]
        found = []
        for bundle in of_pool:
            values = dict(zip(system.pools[pool].fields, system.pools[pool].bundles[bundle], strict=True))
            if values.get("pod") is not None:
                found.append((values["pod"], values["node"]))
        return found

    moves: list[Move] = []
    states = [bundles(state) for state in result.paths[trace].states]
    for before, after in pairwise(states):
        left = list(after)
        for each in before:
            if each in left:
                left.remove(each)
        moves += [(pod[0], node) for pod, node in left if node >= 0]
    return tuple(moves), tuple(sorted(pod[0] for pod, node in states[-1] if node < 0))


def _walks(pods: Sequence[Waiting]) -> int:
    return max(2, min(WALKS, STEPS_OF_WALKS // max(1, len(pods))))


def _walked(relations: Relations, pods: Sequence[Waiting], deadline: float) -> Stuck | None:
    """Walks with the smallest pods first, or in any order, to the emptiest node or to any: the first to get stuck."""
    cluster = _cluster(relations)
    for walk in range(_walks(pods)):
        rng = random.Random(walk)
        left = sorted(pods, key=lambda pod: (sum(relations.requests[pod[0]].values()), pod))
        if walk:
            rng.shuffle(left)
        placed: list[Move] = []
        standing = Standing(relations)
        waiting = list(left)
        progress = True
        while waiting and progress:
            progress = False
            refused: set[Waiting] = set()
            later: list[Waiting] = []
            for pod in waiting:
                if passed(deadline):
                    return None
                node = None if pod in refused else _somewhere(relations, pod, standing, rng, walk)
                if node is None:
                    refused.add(pod)
                    later.append(pod)
                    continue
                progress = True
                placed.append((pod[0], node))
                standing.put((pod[0], node))
            waiting = later
        if waiting and not any(cluster.makes_room(pod, placed) for pod in set(waiting)):
            return Stuck(
                True, tuple(placed), tuple(sorted(pod[0] for pod in waiting)), how=f"walk {walk + 1} got stuck"
            )
    return None


def _somewhere(relations: Relations, pod: Waiting, standing: Standing, rng: random.Random, walk: int) -> int | None:
    kind, pinned = pod
    nodes = list(range(len(relations.nodes))) if pinned < 0 else [pinned]
    rng.shuffle(nodes)
    if walk % 2 == 0:
        nodes.sort(key=standing.number_on)
    return next((n for n in nodes if relations.admitted[kind][n] and not standing.refusal((kind, n))), None)


def always_room(relations: Relations) -> bool:
    """Whether no pod can be refused everywhere, proved by z3: however the others stand, some node takes it.

    Asked of each kind: can pods of all kinds, one of it still waiting, block every node that admits it? Resource by
    resource, a node is blocked only by more than it has left; by a pod that clashes, only where one stands. Where a
    DaemonSet wants a pod, the node must have room for it with all others there that it admits. Nothing is said where
    there is affinity or spreading.
    """
    if relations.ordered:
        return False
    counting = Counting(relations, groups(relations))
    if counting.impossible:
        return False
    of_nodes = groups(relations)
    asked = [k for k in range(len(relations.pods)) if relations.free(k)]
    daemons = [k for k in range(len(relations.pods)) if any(relations.wanted[k])]
    if not all(_room_for_daemon(relations, counting, kind, asked) for kind in daemons):
        return False
    return all(_room_for(relations, counting, of_nodes, kind, asked) for kind in asked)


def _room_for_daemon(relations: Relations, counting: Counting, kind: int, asked: Sequence[int]) -> bool:
    """Whether each node that a DaemonSet wants a pod on has room for all others that it admits, and its daemons."""
    apart = {k for it in relations.apart for k in (it.kind, *it.others)}
    for g, group in enumerate(groups(relations)):
        if not relations.wanted[kind][group[0]]:
            continue
        bins = counting.bins[g]
        others = [k for k in asked if bins.alone(k)]
        if kind in apart or any((k, kind) in relations.clashes or (k, kind) in relations.exclusive for k in others):
            return False
        for name in relations.requests[kind]:
            most = sum(relations.kinds[k].count * relations.requests[k].get(name, 0) for k in others)
            if most > bins.room.get(name, 0):
                return False
    return True


def _room_for(
    relations: Relations, counting: Counting, of_nodes: Sequence[tuple[int, ...]], kind: int, asked: Sequence[int]
) -> bool:
    """Whether z3 proves that pods of the ``asked`` kinds cannot block every node for one more pod of ``kind``."""
    solver = z3.Solver()
    solver.set("random_seed", SEED)
    solver.set("rlimit", EFFORT // 20)
    counts = {(k, g): z3.Int(f"pods-{k}-{g}") for k in asked for g in range(len(of_nodes))}
    solver.add([count >= 0 for count in counts.values()])
    for k in asked:
        most = relations.kinds[k].count - (1 if k == kind else 0)
        solver.add(z3.Sum([counts[k, g] for g in range(len(of_nodes))]) <= most)
    clashing = [k for k in asked if (k, kind) in relations.clashes or (kind, k) in relations.exclusive]
    clashing += [it.kind for it in relations.apart if kind in it.others]
    clashing += [other for it in relations.apart if it.kind == kind for other in it.others]
    by_domain = any(kind in it.others or it.kind == kind for it in relations.apart)
    for g, bins in enumerate(counting.bins):
        if not bins.alone(kind):
            continue
        blocked = []
        for name, amount in sorted(relations.requests[kind].items()):
            number = z3.Int(f"blocked-{g}-{name}")
            used = z3.Sum([relations.requests[k].get(name, 0) * counts[k, g] for k in asked])
            solver.add(number >= 0, used >= number * (bins.room.get(name, 0) - amount + 1))
            blocked.append(number)
        if clashing:
            number = z3.Int(f"clashes-{g}")
            here = z3.Sum([counts[k, at] for k in set(clashing) & set(asked) for at in range(len(of_nodes))])
            solver.add(number >= 0, number <= (bins.size * here if by_domain else here))
            blocked.append(number)
        solver.add(z3.Sum(blocked) >= bins.size)
    return bool(solver.check() == z3.unsat)
