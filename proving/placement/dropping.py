"""What a problem looks like if somebody had not asked for one of its items.

Dropping never takes a possibility away. So pods of which nobody asks for a number may still be there, as many as were
asked for or fewer: others may have affinity to them. A DaemonSet that is not asked for is not there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import attrs
from frozendict import frozendict

from ...spec.objects.affinity import Affinity, NodeAffinity
from ...spec.objects.containers import Container, ContainerPort
from ...spec.objects.pod import Pod, PodSpec
from ...spec.objects.quantities import PODS, ResourceList
from ...spec.objects.taints import TAINT_UNSCHEDULABLE, Toleration
from .problem import Ask, Item, PodKind, Problem

PLENTY = 10**6
"""Pods that a node takes whose limit is dropped."""

_Without = Callable[[PodSpec, list[str | int]], PodSpec]


def without(problem: Problem, items: Iterable[Item]) -> Problem:
    """The problem with none of ``items`` asked for; they must be its own, for terms go by their numbers."""
    for title, dropped in _by_kind(items).items():
        changed = _kind_without(problem.kind(title), dropped) if title else None
        problem = _no_pod_limit(problem) if changed is None else problem.with_kind(changed)
    return problem


def _by_kind(items: Iterable[Item]) -> dict[str, list[Item]]:
    found: dict[str, list[Item]] = {}
    for item in items:
        found.setdefault(item.kind, []).append(item)
    return found


def _no_pod_limit(problem: Problem) -> Problem:
    def unlimited(amounts: ResourceList) -> ResourceList:
        return amounts.set(PODS, PLENTY)

    nodes = tuple(
        attrs.evolve(node, status=attrs.evolve(node.status, allocatable=unlimited(node.status.allocatable)))
        for node in problem.nodes
    )
    return attrs.evolve(problem, nodes=nodes, node_items=())


def _kind_without(kind: PodKind, items: list[Item]) -> PodKind:
    keys = {item.key for item in items}
    left = tuple(item for item in kind.items if item.key not in keys)
    pods = any(item.ask is Ask.PODS for item in items)
    if pods and kind.daemon is not None:
        return attrs.evolve(kind, count=0, bound=frozendict(), items=left)
    if pods:
        everybody = kind.count + sum(kind.bound.values())
        kind = attrs.evolve(kind, count=everybody, bound=frozendict(), optional=True)
    rest = [item for item in items if item.ask is not Ask.PODS]
    return attrs.evolve(kind.with_pod(pod_without(kind.pod, rest)), items=left)


def pod_without(pod: Pod, items: Iterable[Item]) -> Pod:
    """The pod that asks for none of ``items``, which are of its own kind; terms keep their numbers."""
    found: dict[Ask, list[str | int]] = {}
    for item in items:
        found.setdefault(item.ask, []).append(item.what)
    spec = pod.spec
    for ask, which in found.items():
        spec = _WITHOUT[ask](spec, which)
    return attrs.evolve(pod, spec=spec)


def _gates(spec: PodSpec, _which: list[str | int]) -> PodSpec:
    return attrs.evolve(spec, scheduling_gates=())


def _node_name(spec: PodSpec, _which: list[str | int]) -> PodSpec:
    return attrs.evolve(spec, node_name="")


def _node_selector(spec: PodSpec, which: list[str | int]) -> PodSpec:
    kept = {key: value for key, value in spec.node_selector.items() if key not in which}
    return attrs.evolve(spec, node_selector=frozendict(kept))


def _with_affinity(spec: PodSpec, affinity: Affinity) -> PodSpec:
    return attrs.evolve(spec, affinity=affinity)


def _node_affinity(spec: PodSpec, _which: list[str | int]) -> PodSpec:
    changed = attrs.evolve(
        spec.affinity.node_affinity or NodeAffinity(), required_during_scheduling_ignored_during_execution=None
    )
    return _with_affinity(spec, attrs.evolve(spec.affinity, node_affinity=changed))


def _tolerated(spec: PodSpec, which: list[str | int]) -> PodSpec:
    added = []
    for text in which:
        pair, _, effect = str(text).rpartition(":")
        key, _, value = pair.partition("=")
        added.append(Toleration(key, "Equal", value, effect))
    return attrs.evolve(spec, tolerations=(*spec.tolerations, *added))


def _cordon(spec: PodSpec, _which: list[str | int]) -> PodSpec:
    added = Toleration(TAINT_UNSCHEDULABLE, "Exists", effect="NoSchedule")
    return attrs.evolve(spec, tolerations=(*spec.tolerations, added))


def _requests(spec: PodSpec, which: list[str | int]) -> PodSpec:
    def less(amounts: ResourceList) -> ResourceList:
        return frozendict({name: amount for name, amount in amounts.items() if name not in which})

    def asks_less(container: Container) -> Container:
        needs = container.resources
        changed = attrs.evolve(needs, requests=less(needs.requests), limits=less(needs.limits))
        return attrs.evolve(container, resources=changed)

    whole = spec.resources
    if whole is not None:
        whole = attrs.evolve(whole, requests=less(whole.requests), limits=less(whole.limits))
    return attrs.evolve(
        spec,
        containers=tuple(map(asks_less, spec.containers)),
        init_containers=tuple(map(asks_less, spec.init_containers)),
        resources=whole,
        overhead=less(spec.overhead),
    )


def port_name(port: ContainerPort, host_port: int) -> str:
    """How an item calls a claim on a port of the node."""
    address = f"{port.host_ip}:" if port.host_ip else ""
    return f"{address}{host_port}/{port.protocol or 'TCP'}"


def _host_ports(spec: PodSpec, which: list[str | int]) -> PodSpec:
    # On the host's network every port is claimed: a port that is not to be claimed must not be there at all.
    def kept(port: ContainerPort) -> bool:
        claimed = port.host_port or (port.container_port if spec.host_network else 0)
        return not claimed or port_name(port, claimed) not in which

    def fewer(container: Container) -> Container:
        return attrs.evolve(container, ports=tuple(filter(kept, container.ports)))

    return attrs.evolve(
        spec,
        containers=tuple(map(fewer, spec.containers)),
        init_containers=tuple(map(fewer, spec.init_containers)),
    )


def _volumes(spec: PodSpec, which: list[str | int]) -> PodSpec:
    def kept(volume: object) -> bool:
        return not (isinstance(volume, frozendict) and volume.get("name") in which)

    return attrs.evolve(spec, volumes=tuple(filter(kept, spec.volumes)))


def _terms(kind: str) -> _Without:
    def drop(spec: PodSpec, which: list[str | int]) -> PodSpec:
        affinity = getattr(spec.affinity, kind)
        terms = affinity.required_during_scheduling_ignored_during_execution
        kept = tuple(term for number, term in enumerate(terms) if number not in which)
        changed = attrs.evolve(affinity, required_during_scheduling_ignored_during_execution=kept)
        return _with_affinity(spec, attrs.evolve(spec.affinity, **{kind: changed}))

    return drop


def _spread(spec: PodSpec, which: list[str | int]) -> PodSpec:
    constraints = spec.topology_spread_constraints
    kept = tuple(constraint for number, constraint in enumerate(constraints) if number not in which)
    return attrs.evolve(spec, topology_spread_constraints=kept)


_WITHOUT: Mapping[Ask, _Without] = {
    Ask.GATE: _gates,
    Ask.NODE_NAME: _node_name,
    Ask.NODE_SELECTOR: _node_selector,
    Ask.NODE_AFFINITY: _node_affinity,
    Ask.TAINT: _tolerated,
    Ask.CORDON: _cordon,
    Ask.REQUEST: _requests,
    Ask.HOST_PORT: _host_ports,
    Ask.VOLUME: _volumes,
    Ask.POD_AFFINITY: _terms("pod_affinity"),
    Ask.ANTI_AFFINITY: _terms("pod_anti_affinity"),
    Ask.SPREAD: _spread,
}
