"""The cheapest changes that resolve a conflict, each solved anew with all that it leaves as it is.

For every item of the core, what somebody could write instead: a smaller request (the largest that works), a larger
maxSkew (the smallest), a preference instead of a requirement, fewer pods; and, for every shape, more nodes.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial

import attrs
from frozendict import frozendict

from ...spec.manifests.contention import amount_text
from ...spec.objects.pod import Pod, PodSpec
from ...spec.objects.pod_resources import container_requests, spec_requests
from ...spec.objects.quantities import CPU, PODS
from .cores import Core, not_asking_for
from .dropping import without
from .problem import Ask, Item, Place, Problem
from .shapes import Shape, more, shapes
from .solving import solve

MOST_MORE_NODES = 64
_MIB = 2**20


@attrs.frozen
class Change:
    """One change that makes the pods placeable. ``cost``: sorts the cheapest first, see ``docs/placing.md``."""

    text: str
    place: Place
    cost: tuple[int, float]


def works(problem: Problem, deadline: float) -> bool:
    """Whether the pods can be placed: an order of all of them, each of which passes the real filters at its turn."""
    return solve(problem, deadline).possible is True


def changes(
    problem: Problem, core: Core, deadline: float, tell: Callable[[str], None] = lambda _: None
) -> tuple[Change, ...]:
    """Changes that resolve ``core`` in ``problem``, which has no other conflict; the cheapest first."""
    found: list[Change] = []
    for item in core.items:
        tell(f"looking for changes: {item.text}")
        found += _of_item(problem, item, deadline)
    tell("looking for changes: more nodes")
    found += _more_nodes(problem, deadline)
    return tuple(sorted(found, key=lambda change: change.cost))


def _possible(problem: Problem, deadline: float) -> bool:
    return time.monotonic() < deadline and solve(problem, deadline, whole=False).possible is True


def largest(low: int, high: int, holds: Callable[[int], bool]) -> int | None:
    """The largest number from ``low`` to ``high`` of which ``holds``, if it holds of smaller ones then, too."""
    if low > high or not holds(low):
        return None
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if holds(middle) else (low, middle - 1)
    return low


def smallest(low: int, high: int, holds: Callable[[int], bool]) -> int | None:
    """The smallest number of which ``holds``, if it holds of larger ones then, too; tried in steps that double."""
    step, below = 1, low - 1
    at = low
    while not holds(at):
        if at >= high:
            return None
        below, at = at, min(high, at + step)
        step *= 2
    while at - below > 1:
        middle = (below + at) // 2
        below, at = (below, middle) if holds(middle) else (middle, at)
    return at


def _of_item(problem: Problem, item: Item, deadline: float) -> Iterator[Change]:
    match item.ask:
        case Ask.PODS:
            yield from _fewer_pods(problem, item, deadline)
        case Ask.REQUEST:
            yield from _smaller_request(problem, item, deadline)
        case Ask.POD_LIMIT:
            yield from _larger_limit(problem, item, deadline)
        case _:
            if item.ask is Ask.SPREAD:
                yield from _larger_skew(problem, item, deadline)
            changed = without(problem, [item])
            if _possible(changed, deadline) and works(changed, deadline):
                rank = 3 if item.ask in _PREFERRED else 4
                what = str(item.what).replace("=:", ":")
                yield Change(_INSTEAD[item.ask].format(what=what, kind=item.kind), item.place, (rank, 0))


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


def _fewer_pods(problem: Problem, item: Item, deadline: float) -> Iterator[Change]:
    kind = problem.kind(item.kind)
    if not kind.scalable:
        return
    most = largest(0, kind.count - 1, lambda n: _possible(problem.scaled({kind.title: n}), deadline))
    if most and works(problem.scaled({kind.title: most}), deadline):
        total = most + sum(kind.bound.values())
        less = kind.count - most
        yield Change(f"scale {kind.title} to {total}", item.place, (5, less / kind.count))


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


def _smaller_request(problem: Problem, item: Item, deadline: float) -> Iterator[Change]:
    kind, resource = problem.kind(item.kind), str(item.what)
    now = spec_requests(kind.pod.spec)[resource]
    unit = _MIB if resource != CPU and now >= _MIB else 1

    def changed(units: int) -> Problem | None:
        pod = with_request(kind.pod, resource, units * unit)
        return None if pod is None else problem.with_kind(kind.with_pod(pod))

    def holds(units: int) -> bool:
        smaller = changed(units)
        return smaller is not None and _possible(smaller, deadline)

    most = largest(0 if resource == CPU else 1, (now - 1) // unit, holds)
    if most:
        smaller = changed(most)
        if smaller is not None and works(smaller, deadline):
            text = f"lower the {resource} that each pod of {kind.title} requests from {amount_text(resource, now)} to "
            text += f"{amount_text(resource, most * unit)}, the most that works"
            if unit > 1:
                text += " in whole Mi"
            yield Change(text, item.place, (1, 1 - most * unit / now))


def _larger_skew(problem: Problem, item: Item, deadline: float) -> Iterator[Change]:
    kind = problem.kind(item.kind)
    number = int(item.what)
    constraints = kind.pod.spec.topology_spread_constraints
    now = constraints[number].max_skew

    def changed(skew: int) -> Problem:
        wider = attrs.evolve(constraints[number], max_skew=skew)
        spec = attrs.evolve(
            kind.pod.spec, topology_spread_constraints=(*constraints[:number], wider, *constraints[number + 1 :])
        )
        return problem.with_kind(kind.with_pod(attrs.evolve(kind.pod, spec=spec)))

    least = smallest(now + 1, now + max(1, kind.count), lambda skew: _possible(changed(skew), deadline))
    if least is not None and works(changed(least), deadline):
        yield Change(f"raise maxSkew of {kind.title} from {now} to {least}", item.place, (0, least - now))


def _larger_limit(problem: Problem, item: Item, deadline: float) -> Iterator[Change]:
    def changed(limit: int) -> Problem:
        nodes = tuple(
            attrs.evolve(
                node,
                status=attrs.evolve(
                    node.status,
                    allocatable=node.status.allocatable.set(PODS, max(limit, node.status.allocatable.get(PODS, 0))),
                ),
            )
            for node in problem.nodes
        )
        return attrs.evolve(problem, nodes=nodes)

    now = min((node.status.allocatable.get(PODS, 0) for node in problem.nodes), default=0)
    least = smallest(now + 1, 1000, lambda limit: _possible(changed(limit), deadline))
    if least is not None and works(changed(least), deadline):
        yield Change(f"let every node take {least} pods (kubelet: maxPods)", item.place, (2, least - now))


def _more_nodes(problem: Problem, deadline: float) -> Iterator[Change]:
    for shape in shapes(problem.nodes):
        least = smallest(1, MOST_MORE_NODES, partial(_possible_with, problem, shape, deadline))
        if least is not None and works(more(problem, shape, least), deadline):
            nodes = "one more node" if least == 1 else f"{least} more nodes"
            yield Change(f"add {nodes} of {shape.text}", Place(), (2, least))


def _possible_with(problem: Problem, shape: Shape, deadline: float, number: int) -> bool:
    return _possible(more(problem, shape, number), deadline)


def apart_from(problem: Problem, others: Sequence[Core]) -> Problem:
    """The problem in which nobody asks for the pods of other conflicts."""
    return not_asking_for(problem, {item.kind for core in others for item in core.items})
