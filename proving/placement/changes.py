"""The cheapest changes that resolve a conflict, each solved anew with all that it leaves as it is.

For every item of the core, what somebody could write instead: a smaller request (the largest that works), a larger
maxSkew (the smallest), a preference instead of a requirement, fewer pods; and, for every shape, more nodes. How far
numbers alone prove that it will not do is found first, and quickly; what is then tried comes next to that. Of many
requests, and many workloads that could have fewer pods, only those are tried that ask for most in all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import attrs
from frozendict import frozendict

from ...spec.objects.node import Node
from ...spec.objects.pod import Pod, PodSpec
from ...spec.objects.pod_resources import container_requests, spec_requests
from ...spec.objects.quantities import CPU, PODS, amount_text
from .clock import passed
from .columns import Pool
from .cores import Core, not_asking_for
from .dropping import without
from .problem import Ask, Item, Place, Problem
from .shapes import Shape, more, shapes
from .solving import Depth, fullness, refutes, solve
from .thresholds import Threshold, largest, roughly, smallest
from .thresholds import least as least_of

MOST_MORE_NODES = 64
SMALL = 100
"""Pods of a problem of which every number is decided thoroughly; of larger ones a few are tried."""

MOST_OF_A_SORT, MOST_OF_A_LARGE_ONE = 6, 1
"""Workloads whose requests are lowered, and workloads that have fewer pods, in the changes of one conflict."""

ROOMY = 0.95
"""Where no more is asked for of any group of nodes, a larger problem is soon solved: so many nodes are tried first."""

MOST_FAILURES = 64
GRAINS, GRAINS_OF_ROOM = 50, 20
_MIB = 2**20


@attrs.frozen
class Change:
    """One change that makes the pods placeable. ``cost``: sorts the cheapest first, see ``docs/placing.md``."""

    text: str
    place: Place
    cost: tuple[int, float]


@attrs.frozen
class Changes:
    """What was found to resolve a conflict, the cheapest first; and items of which nothing was tried."""

    found: tuple[Change, ...] = ()
    untried: tuple[Item, ...] = ()


@attrs.frozen
class _Scale:
    """A change by a number, the harder the larger it is, from ``low``; ``beyond`` is proved to be too much."""

    item: Item
    low: int
    beyond: int
    changed: Callable[[int], Problem | None]
    told: Callable[[Threshold], Change]


def works(problem: Problem, deadline: float) -> bool:
    """Whether the pods can be placed: an order of all of them, each of which passes the real filters at its turn."""
    return solve(problem, deadline).possible is True


def changes(problem: Problem, core: Core, deadline: float, tell: Callable[[str], None] = lambda _: None) -> Changes:
    """Changes that resolve ``core`` in ``problem``, which has no other conflict."""
    deciding = _Deciding(problem, core, deadline)
    found: list[Change] = []
    untried: list[Item] = []
    tried: dict[object, int] = {}
    for item in sorted(core.items, key=deciding.load):
        sort = (item.ask, item.what) if item.ask is Ask.REQUEST else item.ask
        tried[sort] = tried.get(sort, 0) + 1
        if item.ask in (Ask.PODS, Ask.REQUEST) and tried[sort] > deciding.most_of_a_sort:
            untried.append(item)
            continue
        tell(f"looking for changes: {item.text}")
        scale = deciding.scale(item)
        if scale is not None:
            found += deciding.of_scale(scale)
        if item.ask not in (Ask.PODS, Ask.REQUEST, Ask.POD_LIMIT):
            found += deciding.instead(item)
    tell("looking for changes: more nodes")
    found += deciding.more_nodes()
    return Changes(tuple(sorted(found, key=lambda change: change.cost)), tuple(untried))


_PREFERRED = (Ask.NODE_AFFINITY, Ask.POD_AFFINITY, Ask.ANTI_AFFINITY, Ask.SPREAD)

_INSTEAD = {
    Ask.GATE: "remove the scheduling gates of {kind}",
    Ask.NODE_NAME: "leave nodeName of {kind} away",
    Ask.NODE_SELECTOR: "leave {what} out of the nodeSelector of {kind}",
    Ask.NODE_AFFINITY: "make the node affinity of {kind} preferred instead of required",
    Ask.TAINT: "let {kind} tolerate {what}",
    Ask.CORDON: "uncordon the nodes",
    Ask.HOST_PORT: "do without host port {what} in {kind}",
    Ask.VOLUME: "do without volume {what} in {kind}, or have it where there is room",
    Ask.POD_AFFINITY: "make the pod affinity of {kind} preferred instead of required",
    Ask.ANTI_AFFINITY: "make the anti-affinity of {kind} preferred instead of required",
    Ask.SPREAD: "let the spread of {kind} be ScheduleAnyway instead of DoNotSchedule",
}


def with_request(pod: Pod, resource: str, amount: int) -> Pod | None:
    """The pod that requests ``amount`` in all, its largest container the difference less; None if that cannot be."""
    spec = pod.spec
    asked = [container_requests(container).get(resource, 0) for container in spec.containers]
    if spec.resources is not None or not asked:
        return None
    at = max(range(len(asked)), key=lambda number: (asked[number], -number))
    own = asked[at] - (spec_requests(spec).get(resource, 0) - amount)
    if own < 0:
        return None
    container = spec.containers[at]
    needs = attrs.evolve(container.resources, requests=container.resources.requests | frozendict({resource: own}))
    changed = attrs.evolve(container, resources=needs)
    containers = (*spec.containers[:at], changed, *spec.containers[at + 1 :])
    less: PodSpec = attrs.evolve(spec, containers=containers)
    return attrs.evolve(pod, spec=less) if spec_requests(less).get(resource, 0) == amount else None


class _Deciding:
    """What is asked of one problem while changes to it are looked for."""

    def __init__(self, problem: Problem, core: Core, deadline: float) -> None:
        self._problem = problem
        self._resources = sorted({str(item.what) for item in core.items if item.ask is Ask.REQUEST})
        self._deadline = deadline
        self._pool = Pool()
        self._small = sum(kind.count for kind in problem.kinds) <= SMALL
        self.most_of_a_sort = MOST_OF_A_SORT if self._small else MOST_OF_A_LARGE_ONE

    def load(self, item: Item) -> int:
        """Sorts first the kinds that ask for most of what the core is about, in all."""
        if not item.kind:
            return 0
        kind = self._problem.kind(item.kind)
        asked = spec_requests(kind.pod.spec)
        return -kind.count * max((asked.get(name, 0) for name in self._resources), default=0)

    def _works(self, problem: Problem | None) -> bool | None:
        if problem is None:
            return False
        if passed(self._deadline):
            return None
        return solve(problem, self._deadline, thorough=self._small, pool=self._pool).possible

    def _impossible(self, problem: Problem | None) -> bool:
        depth = Depth.WHOLE if self._small else Depth.LINEAR
        return problem is None or refutes(problem, self._deadline, depth)

    def _grain(self, numbers: int) -> int:
        """How closely the largest number that works is looked for, of so many."""
        return 1 if self._small else max(1, numbers // GRAINS)

    def _roomy(self, problem: Problem) -> bool:
        # Where the conflict is about no request, it is not room that is short.
        return not self._resources or fullness(problem) <= ROOMY

    def instead(self, item: Item) -> Iterator[Change]:
        """What there is if the item is not asked for."""
        changed = without(self._problem, [item])
        if not self._impossible(changed) and self._works(changed):
            rank = 3 if item.ask in _PREFERRED else 4
            what = str(item.what).replace("=:", ":")
            yield Change(_INSTEAD[item.ask].format(what=what, kind=item.kind), item.place, (rank, 0))

    def of_scale(self, scale: _Scale) -> Iterator[Change]:
        """The largest number of a scale that was found to work."""

        def works(number: int) -> bool | None:
            return self._works(scale.changed(number))

        found = (
            largest(scale.low, scale.beyond, works, MOST_FAILURES)
            if self._small
            else roughly(scale.low, self._largest_roomy(scale), scale.beyond, works)
        )
        if found is not None:
            yield scale.told(found)

    def _largest_roomy(self, scale: _Scale) -> int:
        """The largest number of a scale that leaves room, nearly; if none does, the smallest."""

        def roomy(less: int) -> bool:
            changed = scale.changed(-less)
            return changed is not None and self._roomy(changed)

        grain = max(1, (scale.beyond - scale.low) // GRAINS_OF_ROOM)
        return -least_of(1 - scale.beyond, -scale.low, roomy, grain)

    def scale(self, item: Item) -> _Scale | None:
        """The numbers that could stand for an item; None if it has none, or none of them would do."""
        match item.ask:
            case Ask.PODS:
                return self._fewer_pods(item)
            case Ask.REQUEST:
                return self._smaller_request(item)
            case Ask.POD_LIMIT:
                return self._larger_limit(item)
            case Ask.SPREAD:
                return self._larger_skew(item)
        return None

    def _scale(
        self,
        item: Item,
        low: int,
        now: int,
        changed: Callable[[int], Problem | None],
        told: Callable[[Threshold], Change],
    ) -> _Scale | None:
        if low >= now:
            return None
        beyond = least_of(low, now, lambda number: self._impossible(changed(number)), self._grain(now - low))
        return None if beyond <= low else _Scale(item, low, beyond, changed, told)

    def _fewer_pods(self, item: Item) -> _Scale | None:
        kind = self._problem.kind(item.kind)
        if not kind.scalable:
            return None
        standing = sum(kind.bound.values())

        def told(found: Threshold) -> Change:
            total, less = found.works + standing, kind.count - found.works
            known = "" if found.exact else f" ({found.impossible + standing} are too many)"
            return Change(f"scale {kind.title} to {total}{known}", item.place, (5, less / kind.count))

        return self._scale(item, 1, kind.count, lambda n: self._problem.scaled({kind.title: n}), told)

    def _smaller_request(self, item: Item) -> _Scale | None:
        kind, resource = self._problem.kind(item.kind), str(item.what)
        now = spec_requests(kind.pod.spec)[resource]
        unit = _MIB if resource != CPU and now >= _MIB else 1

        def changed(units: int) -> Problem | None:
            pod = with_request(kind.pod, resource, units * unit)
            return None if pod is None else self._problem.with_kind(kind.with_pod(pod))

        def told(found: Threshold) -> Change:
            amount = amount_text(resource, found.works * unit)
            text = f"lower the {resource} that each pod of {kind.title} requests from {amount_text(resource, now)} to "
            if found.exact:
                text += f"{amount}, the most that works{' in whole Mi' if unit > 1 else ''}"
            else:
                text += f"{amount} ({amount_text(resource, found.impossible * unit)} is too much)"
            return Change(text, item.place, (1, 1 - found.works * unit / now))

        whole = -(-now // unit)
        # Less than what the other containers of the pod request cannot be asked for.
        low = least_of(1, whole, lambda units: changed(units) is not None)
        return self._scale(item, low, whole, changed, told)

    def _larger_skew(self, item: Item) -> _Scale | None:
        kind = self._problem.kind(item.kind)
        number = int(item.what)
        constraints = kind.pod.spec.topology_spread_constraints
        now = constraints[number].max_skew

        def changed(less: int) -> Problem:
            wider = attrs.evolve(constraints[number], max_skew=-less)
            spec = attrs.evolve(
                kind.pod.spec, topology_spread_constraints=(*constraints[:number], wider, *constraints[number + 1 :])
            )
            return self._problem.with_kind(kind.with_pod(attrs.evolve(kind.pod, spec=spec)))

        def told(found: Threshold) -> Change:
            least = -found.works
            known = "" if found.exact else f" ({-found.impossible} is too little)"
            return Change(f"raise maxSkew of {kind.title} from {now} to {least}{known}", item.place, (0, least - now))

        return self._scale(item, -(now + max(1, kind.count)), -now, changed, told)

    def _larger_limit(self, item: Item) -> _Scale | None:
        nodes = self._problem.nodes

        def changed(less: int) -> Problem:
            return attrs.evolve(self._problem, nodes=tuple(_with_pod_limit(node, -less) for node in nodes))

        now = min((node.status.allocatable.get(PODS, 0) for node in nodes), default=0)

        def told(found: Threshold) -> Change:
            least = -found.works
            known = "" if found.exact else f" ({-found.impossible} are too few)"
            text = f"let every node take {least} pods (kubelet: maxPods){known}"
            return Change(text, item.place, (2, least - now))

        return self._scale(item, -1000, -now, changed, told)

    def more_nodes(self) -> Iterator[Change]:
        """For every shape, the fewest more nodes of it."""
        for shape in shapes(self._problem.nodes):
            found = self._more(shape)
            if found is not None:
                least = found.works
                nodes = "one more node" if least == 1 else f"{least} more nodes"
                known = "" if found.exact else f" ({found.impossible} more are too few)"
                yield Change(f"add {nodes} of {shape.text}{known}", Place(), (2, least))

    def _more(self, shape: Shape) -> Threshold | None:
        def refuted(less: int) -> bool:
            return self._impossible(more(self._problem, shape, -less))

        # Bisection asks for many nodes first; most often few are enough.
        few, beyond = 1, 0
        while few <= MOST_MORE_NODES and refuted(-few):
            few, beyond = few * 2, few
        if few > MOST_MORE_NODES:
            few = MOST_MORE_NODES + 1
        beyond = -least_of(-(few - 1), -beyond, refuted)
        if beyond >= MOST_MORE_NODES:
            return None
        first = 1
        if not self._small:
            easy = least_of(beyond + 1, MOST_MORE_NODES, lambda number: self._roomy(more(self._problem, shape, number)))
            first = easy - beyond
        return smallest(
            beyond,
            MOST_MORE_NODES,
            lambda number: self._works(more(self._problem, shape, number)),
            MOST_FAILURES if self._small else 0,
            first,
        )


def _with_pod_limit(node: Node, limit: int) -> Node:
    amounts = node.status.allocatable
    raised = amounts.set(PODS, max(limit, amounts.get(PODS, 0)))
    return attrs.evolve(node, status=attrs.evolve(node.status, allocatable=raised))


def apart_from(problem: Problem, others: Sequence[Core]) -> Problem:
    """The problem in which nobody asks for the pods of other conflicts."""
    return not_asking_for(problem, {item.kind for core in others for item in core.items})
