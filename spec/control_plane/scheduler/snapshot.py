"""What the scheduler sees of the cluster during one scheduling cycle (kube-scheduler §1, §3)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache

import attrs
from frozendict import frozendict

from ...objects.namespace import Namespace
from ...objects.node import Node
from ...objects.pod import Pod, is_terminal
from ...objects.selectors import LabelSelector
from ...objects.storage import Storage

NAMESPACE_NAME_LABEL = "kubernetes.io/metadata.name"
"""Label that the API server sets on every namespace, to the namespace's own name."""


@attrs.frozen(cache_hash=True)
class Alike:
    """What says which pods are like each other: a Service, or with ``owner`` (kind, name) the owner of a pod."""

    namespace: str
    selector: LabelSelector
    owner: tuple[str, str] | None = None

    def selector_for(self, pod: Pod) -> LabelSelector | None:
        """The selector, if this Service selects the pod, or if this is its owner."""
        if pod.metadata.namespace != self.namespace:
            return None
        if self.owner is None:
            return self.selector if self.selector.match_labels and self.selector.matches(pod.metadata.labels) else None
        reference = pod.metadata.controller_reference
        return self.selector if reference is not None and (reference.kind, reference.name) == self.owner else None


@attrs.frozen(cache_hash=True)
class Snapshot:
    """Nodes, the pods that occupy them (bound or assumed, not terminal), the namespaces, and what makes pods alike.

    ``storage`` None: nobody says what claims there are; they are taken to be bound to volumes that every node reaches.
    ``pods`` is a multiset: equal pods count as often as they occur, their order and names mean nothing.
    """

    nodes: tuple[Node, ...] = ()
    pods: tuple[Pod, ...] = ()
    namespaces: tuple[Namespace, ...] = ()
    alike: tuple[Alike, ...] = ()
    storage: Storage | None = None
    # Looked up once a snapshot: filters ask for every node, and each look-up hashes all pods.
    _by_node: Mapping[str, tuple[Pod, ...]] = attrs.field(init=False, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        """Groups the pods by node, once."""
        object.__setattr__(self, "_by_node", _pods_by_node(self.pods))

    def pods_on(self, node_name: str) -> tuple[Pod, ...]:
        """The pods on a node."""
        return self._by_node.get(node_name, ())

    def without(self, pods: Iterable[Pod]) -> Snapshot:
        """The snapshot with these pods gone; each takes one equal pod away."""
        left = list(self.pods)
        for pod in pods:
            left.remove(pod)
        return attrs.evolve(self, pods=tuple(left))

    def with_pods(self, pods: Iterable[Pod]) -> Snapshot:
        """The snapshot with these pods besides."""
        return attrs.evolve(self, pods=(*self.pods, *pods))

    def namespace_labels(self, name: str) -> frozendict[str, str]:
        """The labels of a namespace, with its name label; a namespace that is not listed has no other label."""
        labels = _labels_by_namespace(self.namespaces).get(name, frozendict())
        return labels | {NAMESPACE_NAME_LABEL: name}


def take_snapshot(
    nodes: Iterable[Node],
    pods: Iterable[Pod],
    namespaces: Iterable[Namespace] = (),
    alike: Iterable[Alike] = (),
    storage: Storage | None = None,
) -> Snapshot:
    """The snapshot of a cluster: of the pods, those that are bound and not terminal; terminating pods still count."""
    occupying = tuple(pod for pod in pods if pod.spec.node_name and not is_terminal(pod))
    return Snapshot(tuple(nodes), occupying, tuple(namespaces), tuple(alike), storage)


@lru_cache(maxsize=256)
def _pods_by_node(pods: tuple[Pod, ...]) -> dict[str, tuple[Pod, ...]]:
    grouped: dict[str, list[Pod]] = {}
    for pod in pods:
        grouped.setdefault(pod.spec.node_name, []).append(pod)
    return {name: tuple(group) for name, group in grouped.items()}


@lru_cache(maxsize=256)
def _labels_by_namespace(namespaces: tuple[Namespace, ...]) -> dict[str, frozendict[str, str]]:
    return {namespace.metadata.name: namespace.metadata.labels for namespace in namespaces}
