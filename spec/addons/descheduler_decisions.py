"""Which pods a descheduler evicts: strategies as functions of what runs where (Descheduler, README).

Both evict only what may be evicted at all: pods that some controller other than a DaemonSet would replace, not
critical, without local storage, not being deleted.
"""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

import attrs
from frozendict import frozendict

from ..control_plane.apiserver.admission import MIRROR
from ..control_plane.scheduler.filtering import Filter, filter_node
from ..control_plane.scheduler.filters.node_affinity import node_affinity
from ..control_plane.scheduler.filters.node_resources_fit import node_resources_fit
from ..control_plane.scheduler.filters.node_unschedulable import node_unschedulable
from ..control_plane.scheduler.filters.taint_toleration import taint_toleration
from ..control_plane.scheduler.snapshot import Snapshot
from ..kinds import DAEMON_SET
from ..objects.affinity import DO_NOT_SCHEDULE, TopologySpreadConstraint
from ..objects.node import Node
from ..objects.pod import CRITICAL_PRIORITY, Pod, effective_priority
from ..objects.selectors import selects

Item = TypeVar("Item", bound=Hashable)

REMOVE_DUPLICATES = "RemoveDuplicates"
TOPOLOGY_SPREAD = "RemovePodsViolatingTopologySpreadConstraint"
STRATEGIES = (REMOVE_DUPLICATES, TOPOLOGY_SPREAD)

LANDING: frozendict[str, Filter] = frozendict(
    {"TaintToleration": taint_toleration, "NodeAffinity": node_affinity},
)
"""What says on which nodes duplicates could be."""

FITTING: frozendict[str, Filter] = frozendict(
    {"NodeUnschedulable": node_unschedulable, **LANDING, "NodeResourcesFit": node_resources_fit}
)
"""What says that a pod would fit on a node, as far as a descheduler looks."""


@attrs.frozen(cache_hash=True)
class Placed:
    """A pod that has a node, as the scheduler sees it, and whether it may be evicted."""

    pod: Pod
    evictable: bool

    @property
    def particular(self) -> bool:
        """Whether it says anything about nodes: such pods are evicted only after the others."""
        spec = self.pod.spec
        affinity = spec.affinity.node_affinity
        return bool(spec.node_selector) or affinity is not None


@attrs.frozen
class Cluster:
    """What a round looks at: the nodes that are ready, and how many pods of each look are placed."""

    nodes: tuple[Node, ...]
    pods: tuple[tuple[Placed, int], ...]

    @property
    def snapshot(self) -> Snapshot:
        """The same, as filters read it."""
        return Snapshot(self.nodes, tuple(placed.pod for placed, number in self.pods for _ in range(number)))


Evictions = tuple[Placed, ...]
"""The pods that one round evicts; equal ones as often as there are such pods."""


def has_local_storage(pod: Pod) -> bool:
    """Whether the pod would lose data with its node: a volume of type emptyDir or hostPath."""
    volumes = (volume for volume in pod.spec.volumes if isinstance(volume, Mapping))
    return any("emptyDir" in volume or "hostPath" in volume for volume in volumes)


def may_be_evicted(pod: Pod) -> bool:
    """Whether the descheduler evicts such pods at all."""
    owner = pod.metadata.controller_reference
    return (
        owner is not None
        and owner.kind != DAEMON_SET
        and MIRROR not in pod.metadata.annotations
        and effective_priority(pod) < CRITICAL_PRIORITY
        and not pod.metadata.terminating
        and not has_local_storage(pod)
    )


def given_away(sizes: Sequence[int], max_skew: int) -> tuple[int, ...]:
    """How many pods each domain gives away. ``sizes``: the pods in each, ascending; at least one domain.

    The smallest takes from the largest, until they differ by no more than ``max_skew``: no more than half the
    difference beyond it, than the larger is above the average, than the smaller is below it, each rounded up.
    """
    left, given = list(sizes), [0] * len(sizes)
    average = sum(sizes) / len(sizes)
    low, high = 0, len(sizes) - 1
    while low < high:
        if left[high] <= average:
            high -= 1
        skew = left[high] - left[low]
        moved = min(math.ceil(left[high] - average), math.ceil(average - left[low]), math.ceil((skew - max_skew) / 2))
        if skew <= max_skew or moved <= 0:
            low += 1
            continue
        given[high] += moved
        left[high] -= moved
        left[low] += moved
    return tuple(given)


def chosen(classes: Sequence[tuple[Item, int]], number: int) -> Iterator[tuple[Item, ...]]:
    """The different ways to take ``number`` of items of which only the class matters."""
    if not classes:
        if not number:
            yield ()
        return
    (first, available), rest = classes[0], classes[1:]
    for taken in range(min(available, number), -1, -1):
        for others in chosen(rest, number - taken):
            yield (*(first,) * taken, *others)


def first_of(ranked: Iterable[tuple[int, Item, int]], number: int) -> Iterator[tuple[Item, ...]]:
    """The ways to take the first ``number`` of items, given as (rank, class, how many); in any order within a rank."""
    items = sorted(ranked, key=lambda item: item[0])
    ways: list[tuple[Item, ...]] = [()]
    left = number
    for _, group in itertools.groupby(items, key=lambda item: item[0]):
        classes = [(cls, count) for _, cls, count in group]
        taken = min(left, sum(count for _, count in classes))
        ways = [(*way, *more) for way in ways for more in chosen(classes, taken)]
        left -= taken
    yield from ways


def _arrangements(numbers: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    """The different orders of ``numbers``."""
    if not numbers:
        yield ()
    for first in sorted(set(numbers)):
        at = numbers.index(first)
        for others in _arrangements((*numbers[:at], *numbers[at + 1 :])):
            yield (first, *others)


def gifts(sizes: Mapping[str, int], max_skew: int) -> frozenset[frozenset[tuple[str, int]]]:
    """What the domains give away, in each way that the order of equal ones leaves open; nothing where balanced."""
    if not sizes or max(sizes.values()) - min(sizes.values()) <= max_skew:
        return frozenset()
    domains = sorted(sizes, key=lambda domain: (sizes[domain], domain))
    given = zip(domains, given_away([sizes[domain] for domain in domains], max_skew), strict=True)
    by_size = itertools.groupby(given, key=lambda item: sizes[item[0]])
    equal = [tuple(number for _, number in group) for _, group in by_size]
    return frozenset(
        frozenset((domain, number) for domain, number in zip(domains, itertools.chain(*way), strict=True) if number)
        for way in itertools.product(*map(_arrangements, equal))
    )


def constraints(cluster: Cluster, *, soft: bool) -> tuple[tuple[str, TopologySpreadConstraint], ...]:
    """The constraints that pods have, each with its namespace; those with ScheduleAnyway only if ``soft``."""
    found = (
        (placed.pod.metadata.namespace, constraint)
        for placed, _ in cluster.pods
        for constraint in placed.pod.spec.topology_spread_constraints
        if soft or constraint.when_unsatisfiable == DO_NOT_SCHEDULE
    )
    return tuple(dict.fromkeys(found))


def spread(cluster: Cluster, namespace: str, constraint: TopologySpreadConstraint) -> frozenset[Evictions]:
    """What RemovePodsViolatingTopologySpreadConstraint may evict because of one constraint of pods in ``namespace``."""
    domains = {it.metadata.name: it.metadata.labels.get(constraint.topology_key) for it in cluster.nodes}
    pods: dict[str, list[tuple[int, Placed, int]]] = {it: [] for it in domains.values() if it is not None}
    for placed, number in cluster.pods:
        meta, domain = placed.pod.metadata, domains.get(placed.pod.spec.node_name)
        if meta.terminating or meta.namespace != namespace or domain is None:
            continue
        if selects(constraint.label_selector, meta.labels):
            rank = (1 if placed.particular else 0) if placed.evictable else 2
            pods[domain].append((rank, placed, number))
    sizes = {domain: sum(number for _, _, number in items) for domain, items in pods.items()}
    average = sum(sizes.values()) / len(sizes) if sizes else 0.0
    below = tuple(it for it in cluster.nodes if (name := domains[it.metadata.name]) and sizes[name] < average)
    snapshot = cluster.snapshot

    def goes(placed: Placed) -> bool:
        return placed.evictable and any(filter_node(placed.pod, node, snapshot, FITTING).feasible for node in below)

    found = set()
    for gift in gifts(sizes, constraint.max_skew):
        for ways in itertools.product(*(tuple(first_of(pods[domain], number)) for domain, number in sorted(gift))):
            taken = [it for way in ways for it in way if goes(it)]
            found.add(tuple(sorted(taken, key=repr)))
    return frozenset(found - {()})


Alike = tuple[str, str, str, tuple[str, ...]]
"""What duplicates have in common: namespace, kind and name of the owner, images."""


def alike(placed: Placed) -> Alike | None:
    """What makes an evictable pod a duplicate of others; None: it is not evictable."""
    owner = placed.pod.metadata.controller_reference
    if not placed.evictable or owner is None:
        return None
    images = tuple(sorted(container.image for container in placed.pod.spec.containers))
    return placed.pod.metadata.namespace, owner.kind, owner.name, images


def surplus(counts: Mapping[str, int], targets: int) -> dict[str, int]:
    """How many duplicates each node gives away. ``counts``: the pods on each; ``targets``: nodes where they could be.

    No node keeps more than the average, rounded up. With fewer than two nodes to go to nothing moves.
    """
    if targets < 2:
        return {}
    most = math.ceil(sum(counts.values()) / targets)
    return {node: count - most for node, count in counts.items() if count > most}


def duplicates(cluster: Cluster, of: Alike) -> frozenset[Evictions]:
    """What RemoveDuplicates may evict of the pods that are ``of`` one kind."""
    known = {node.metadata.name for node in cluster.nodes}
    here: dict[str, list[tuple[Placed, int]]] = {}
    for placed, number in cluster.pods:
        if alike(placed) == of and placed.pod.spec.node_name in known:
            here.setdefault(placed.pod.spec.node_name, []).append((placed, number))
    counts = {node: sum(number for _, number in items) for node, items in here.items()}
    snapshot, targets = cluster.snapshot, set()
    for placed in {it for node, items in here.items() if counts[node] > 1 for it, _ in items}:
        fitting = {it.metadata.name for it in cluster.nodes if filter_node(placed.pod, it, snapshot, LANDING).feasible}
        targets |= fitting if len(fitting) > 1 else set()
    leaving = surplus(counts, len(targets))
    ways = itertools.product(*(tuple(chosen(here[node], number)) for node, number in sorted(leaving.items())))
    found = {tuple(sorted((it for one in way for it in one), key=repr)) for way in ways}
    return frozenset(found - {()})


def rounds(cluster: Cluster, strategy: str, *, soft: bool) -> frozenset[Evictions]:
    """What a round of one strategy may evict. With fewer than two nodes ready it evicts nothing."""
    if len(cluster.nodes) < 2:
        return frozenset()
    if strategy == REMOVE_DUPLICATES:
        kinds = Counter(kind for placed, _ in cluster.pods if (kind := alike(placed)) is not None)
        return frozenset(itertools.chain.from_iterable(duplicates(cluster, kind) for kind in kinds))
    found = (spread(cluster, namespace, each) for namespace, each in constraints(cluster, soft=soft))
    return frozenset(itertools.chain.from_iterable(found))
