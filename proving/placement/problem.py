"""A placement problem: nodes, kinds of pods with their numbers, and what each kind asks.

A kind of pods are the pods of one workload: they look alike to every filter. What a kind asks is a list of *items*,
each with the field of the manifest where it stands; ``Problem.without`` is the problem in which somebody had not
written that field. All that is said of a problem (possible, impossible, a minimal core, a change that helps) is said of
such problems, never of a formula only.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import Enum

import attrs
from frozendict import frozendict

from ...spec.control_plane.controllers.daemonset_decisions import eligible, pod_spec
from ...spec.objects.daemon_set import DaemonSetSpec
from ...spec.objects.namespace import Namespace
from ...spec.objects.node import Node
from ...spec.objects.pod import Pod, PodTemplateSpec
from ...spec.objects.storage import Storage


class Ask(Enum):
    """What an item asks for; each knows how to be dropped, see ``dropping``."""

    PODS = "pods"
    """So many pods of the workload."""
    GATE = "scheduling gate"
    NODE_NAME = "node name"
    NODE_SELECTOR = "node selector"
    NODE_AFFINITY = "node affinity"
    TAINT = "taint"
    CORDON = "cordon"
    REQUEST = "request"
    POD_LIMIT = "pod limit"
    """How many pods a node takes; of nodes, not of a kind."""
    HOST_PORT = "host port"
    VOLUME = "volume"
    POD_AFFINITY = "pod affinity"
    ANTI_AFFINITY = "pod anti-affinity"
    SPREAD = "topology spread"


@attrs.frozen(cache_hash=True)
class Place:
    """Where a field stands: the file as given ("" for what nobody wrote), the line from 1, the field's path."""

    source: str = ""
    line: int = 0
    field: str = ""

    def __str__(self) -> str:
        """``file:line: field``."""
        return f"{self.source}:{self.line}: {self.field}" if self.source else self.field


@attrs.frozen(cache_hash=True)
class Item:
    """One thing that a kind asks for.

    ``kind``: title of the kind, "" for nodes. ``what``: which one, where there are several: the key of a node selector,
    a resource, the number of a term, a taint as ``key=value:effect``, a port, a volume's name. ``text``: it in words.
    """

    kind: str
    ask: Ask
    what: str | int = ""
    text: str = attrs.field(default="", eq=False)
    place: Place = attrs.field(default=Place(), eq=False)

    @property
    def key(self) -> tuple[str, Ask, str | int]:
        """What tells it from every other item of a problem."""
        return self.kind, self.ask, self.what


@attrs.frozen(cache_hash=True)
class PodKind:
    """The pods of one workload.

    ``pod``: what the scheduler sees of each, not bound. ``count``: how many are to be placed. ``bound``: how many stand
    on which nodes already; those are not asked about. ``daemon``: of a DaemonSet, which wants one on each node that it
    selects, whatever ``count`` says. ``optional``: there may be fewer than ``count``, as anybody likes. ``scalable``:
    somebody may ask for more or fewer of them. ``surge``: how many more a rolling update runs at once. ``next_labels``:
    those of pods of the next template that differ.
    """

    title: str
    pod: Pod
    count: int
    bound: frozendict[str, int] = frozendict()
    daemon: DaemonSetSpec | None = None
    scalable: bool = False
    optional: bool = False
    surge: int = 0
    next_labels: frozendict[str, str] = frozendict()
    items: tuple[Item, ...] = attrs.field(default=(), eq=False)

    def wanted_on(self, node: Node) -> bool:
        """Whether a DaemonSet wants a pod there."""
        return self.daemon is not None and self.count > 0 and eligible(self.daemon, node).runs

    def pod_for(self, node: Node) -> Pod:
        """The pod as it would be if it were to go to ``node``: a DaemonSet pins its pods."""
        if self.daemon is None:
            return self.pod
        return attrs.evolve(self.pod, spec=pod_spec(self.pod.spec, node.metadata.name))

    def with_pod(self, pod: Pod) -> PodKind:
        """The kind with other pods; a DaemonSet selects its nodes by their template."""
        daemon = self.daemon
        if daemon is not None:
            template = PodTemplateSpec(daemon.template.metadata, pod.spec)
            daemon = attrs.evolve(daemon, template=template)
        return attrs.evolve(self, pod=pod, daemon=daemon)


@attrs.frozen(cache_hash=True)
class Problem:
    """Nodes, kinds of pods, and what else filters read. ``storage`` None: claims are taken to be served everywhere."""

    nodes: tuple[Node, ...]
    kinds: tuple[PodKind, ...]
    namespaces: tuple[Namespace, ...] = ()
    storage: Storage | None = None
    node_items: tuple[Item, ...] = attrs.field(default=(), eq=False)

    @property
    def items(self) -> tuple[Item, ...]:
        """All that is asked, kind by kind, what nodes ask last."""
        return (*(item for kind in self.kinds for item in kind.items), *self.node_items)

    def kind(self, title: str) -> PodKind:
        """The kind of that title."""
        return next(kind for kind in self.kinds if kind.title == title)

    def with_kind(self, changed: PodKind) -> Problem:
        """The problem with the kind of the same title changed."""
        return attrs.evolve(self, kinds=tuple(changed if kind.title == changed.title else kind for kind in self.kinds))

    def scaled(self, counts: Mapping[str, int]) -> Problem:
        """The problem with other numbers of pods, by the titles of kinds."""
        kinds = (attrs.evolve(it, count=counts.get(it.title, it.count)) for it in self.kinds)
        return attrs.evolve(self, kinds=tuple(kinds))

    def with_replicas(self, kind: PodKind, replicas: int) -> Problem:
        """The problem with so many pods of a kind in all, as if its manifest said so."""
        pods = f"{kind.title}: {replicas} pod{'s' if replicas != 1 else ''}"
        items = (attrs.evolve(it, text=pods) if it.ask is Ask.PODS else it for it in kind.items)
        count = max(0, replicas - sum(kind.bound.values()))
        return self.with_kind(attrs.evolve(kind, count=count, items=tuple(items)))

    def with_nodes(self, nodes: Iterable[Node]) -> Problem:
        """The problem on other nodes; pods that stand on one that is gone are gone with it."""
        kept = tuple(nodes)
        names = {node.metadata.name for node in kept}
        kinds = (
            attrs.evolve(it, bound=frozendict({name: n for name, n in it.bound.items() if name in names}))
            for it in self.kinds
        )
        return attrs.evolve(self, nodes=kept, kinds=tuple(kinds))
