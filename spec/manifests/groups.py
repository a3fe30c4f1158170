"""The input split into groups of workloads that can influence each other, so that each can be checked alone.

Design §6. A group is a connected component of the links of ``influence`` and, where room is scarce, of ``contention``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from frozendict import frozendict

from ..objects.node import Node
from ..objects.quantities import PODS, amount_text
from .contention import decoded_nodes, free, requests_of, room_for
from .influence import Link, links, lookup_links, touched_by
from .loading import Document
from .templates import Workload, workloads_of

_MOST_NAMES = 4


@dataclass(frozen=True, slots=True)
class Group:
    """Workloads that can influence each other, with the documents that concern them.

    ``name``: of the only workload, or of the first of them. ``documents``: in input order; a Node, Service or
    PriorityClass may belong to several groups. ``reasons``: why these workloads are together; empty for one alone.
    ``capacity``: room on the nodes may run short, so it must be modelled. ``explanation``: all of this in a sentence.
    """

    name: str
    documents: tuple[Document, ...]
    reasons: tuple[str, ...]
    capacity: bool
    explanation: str


def split(
    documents: Sequence[Document],
    nodes: Sequence[Mapping[str, Any]],
    node_crashes: int,
    looked_up: frozenset[str] = frozenset(),
    *,
    shortage: bool = False,
    schedulers: Mapping[str, str] = frozendict(),
) -> tuple[Group, ...]:
    """The groups of checked ``documents``, in the order of their first workloads.

    ``nodes``: plain Node objects (as in a manifest), all that the cluster has; ``node_crashes``: how many of them may
    be down at once; ``looked_up``: Services that clients know by name; ``shortage``: a node may run short of something,
    and then chooses among all its pods; ``schedulers``: which scheduler serves each profile, where there are several.
    Worst case of a workload: replicas and surge; pods that are still terminating
    are not counted, a named assumption. Documents that concern no workload belong to no group.
    """
    cluster = decoded_nodes(nodes)
    workloads = workloads_of(documents, len(cluster))
    scarcity = _scarcity(workloads, cluster, node_crashes)
    found = [
        *links(documents, workloads),
        *lookup_links(documents, workloads, looked_up),
        *_capacity_links(workloads, scarcity),
        *_shortage_links(workloads, shortage),
        *_scheduler_links(workloads, cluster, schedulers),
    ]
    names = _names(workloads)
    groups = []
    for members in _components(len(workloads), found):
        reasons = tuple(dict.fromkeys(link.reason for link in found if link.workloads[0] in members))
        scarce = sorted(set().union(*(scarcity[member] for member in members)))
        capacity = any(scarcity[member] for member in members)
        members_text = [names[member] for member in members]
        room = _room_sentence([workloads[member] for member in members], scarce, len(cluster), node_crashes)
        alone = "no selector, service, budget, affinity, port or priority touches another workload"
        why = "; ".join(reasons) if len(members) > 1 else alone
        groups.append(
            Group(
                name=_group_name(members_text),
                documents=_documents_of(members, documents, workloads),
                reasons=reasons,
                capacity=capacity,
                explanation=f"{_listed(members_text)}{' alone' if len(members) == 1 else ''}: {why}; {room}",
            )
        )
    return tuple(groups)


def _scarcity(workloads: Sequence[Workload], nodes: Sequence[Node], node_crashes: int) -> list[frozenset[str]]:
    return [room_for(workload, workloads, nodes, node_crashes).scarce for workload in workloads]


def _capacity_links(workloads: Sequence[Workload], scarcity: Sequence[frozenset[str]]) -> Iterator[Link]:
    """All that take a resource that is scarce for one of them are linked; among these, some may preempt others."""
    for resource in sorted(frozenset[str]().union(*scarcity)):
        takers = tuple(index for index, workload in enumerate(workloads) if resource in requests_of(workload))
        if len(takers) < 2:
            continue
        yield Link(takers, f"{resource} may run short among {_listed(workloads[taker].title for taker in takers)}")
        lowest = min((workloads[taker] for taker in takers), key=lambda workload: workload.priority)
        above = [w for w in (workloads[t] for t in takers) if w.priority > lowest.priority and _may_preempt(w)]
        if above:
            victim = f"{lowest.title} (priority {lowest.priority})"
            yield Link(takers, f"priorities differ: {_listed(w.title for w in above)} may preempt {victim}")


def _shortage_links(workloads: Sequence[Workload], shortage: bool) -> Iterator[Link]:
    """A kubelet whose node runs short evicts one of all the pods that are there (kubelet §7)."""
    if shortage and len(workloads) > 1:
        yield Link(tuple(range(len(workloads))), "a node that runs short of something evicts one of all its pods")


def _scheduler_links(
    workloads: Sequence[Workload], nodes: Sequence[Node], schedulers: Mapping[str, str]
) -> Iterator[Link]:
    """Pods of two schedulers may fill one node, however much room is on the others (kube-scheduler §7.1)."""
    for resource in sorted({name for workload in workloads for name in requests_of(workload)} if schedulers else ()):
        takers = tuple(index for index, workload in enumerate(workloads) if resource in requests_of(workload))
        found = {schedulers.get(workloads[taker].spec.scheduler_name, "") for taker in takers}
        asked = sum(workloads[taker].pods * requests_of(workloads[taker])[resource] for taker in takers)
        if len(found) > 1 and any(asked > free(node, resource) for node in nodes):
            titles = _listed(workloads[taker].title for taker in takers)
            yield Link(takers, f"{resource} of one node may run short among {titles}, whose schedulers do not agree")


def _may_preempt(workload: Workload) -> bool:
    return workload.spec.preemption_policy != "Never"


def _listed(names: Iterable[str]) -> str:
    """``names`` in a row, shortened to the first ones if there are many."""
    every = list(names)
    if len(every) <= _MOST_NAMES:
        return ", ".join(every)
    return f"{', '.join(every[:_MOST_NAMES])} and {len(every) - _MOST_NAMES} more"


def _components(count: int, found: Sequence[Link]) -> list[tuple[int, ...]]:
    """Connected components, each ascending, ordered by their first members."""
    leader = list(range(count))

    def find(index: int) -> int:
        while leader[index] != index:
            leader[index] = leader[leader[index]]
            index = leader[index]
        return index

    for link in found:
        for other in link.workloads[1:]:
            low, high = sorted((find(link.workloads[0]), find(other)))
            leader[high] = low
    members: dict[int, list[int]] = {}
    for index in range(count):
        members.setdefault(find(index), []).append(index)
    return [tuple(group) for group in members.values()]


def _names(workloads: Sequence[Workload]) -> list[str]:
    """A name for each workload: its own where that is unique, else with the kind and namespace before it."""
    counts = Counter(workload.document.name for workload in workloads)
    return [
        w.document.name if counts[w.document.name] == 1 else f"{w.document.kind}/{w.namespace}/{w.document.name}"
        for w in workloads
    ]


def _group_name(members: Sequence[str]) -> str:
    """Unique, since no two groups have the same first member."""
    shown = "+".join(members[:_MOST_NAMES])
    return shown if len(members) <= _MOST_NAMES else f"{shown}+{len(members) - _MOST_NAMES} more"


def _documents_of(
    members: Sequence[int], documents: Sequence[Document], workloads: Sequence[Workload]
) -> tuple[Document, ...]:
    own = {id(workloads[member].document) for member in members}
    return tuple(
        document
        for document in documents
        if id(document) in own or not set(members).isdisjoint(touched_by(document, workloads))
    )


def _room_sentence(members: Sequence[Workload], scarce: Sequence[str], node_count: int, node_crashes: int) -> str:
    """What the workloads take at most, and whether that always fits."""
    demands: Counter[str] = Counter()
    for workload in members:
        amounts = [f"{n} {amount_text(n, a)}" for n, a in sorted(requests_of(workload).items()) if n != PODS]
        demands[f"({', '.join(amounts) or 'no requests'})"] += workload.pods
    worst = "worst case " + " + ".join(f"{count} \N{MULTIPLICATION SIGN} {demand}" for demand, count in demands.items())
    left = max(0, node_count - node_crashes)
    every = f"the {node_count} nodes" if node_count > 1 else "the one node"
    where = f"any {left} of {node_count} nodes" if node_crashes else every
    if scarce:
        return f"{worst} may not fit {where}: {', '.join(scarce)} may run short"
    return f"{worst} fits {where}"
