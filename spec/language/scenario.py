"""Scenarios: a cluster, what may happen to it, and what must hold (design §4, §6)."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any

import attrs

from .model import TimeMode
from .plan import Rpc


class Consistency(Enum):
    """What a client's cache of one kind may show (design §4)."""

    SYNCHRONOUS = "synchronous"
    """What is stored."""
    MONOTONIC = "monotonic"
    """What was stored a while ago; it never goes back in time."""
    RESETTABLE = "resettable"
    """As monotonic, but a list may come from another API server that is behind: then it goes back in time."""


class Start(Enum):
    """Where the exploration begins."""

    CREATED = "created"
    """The manifests have just been applied to a cluster whose nodes are ready."""
    RUNNING = "running"
    """The manifests were applied earlier and the cluster has come to rest, in every way in which it can."""


class Alike(Enum):
    """Which states count as one, though in the cluster it is another object that something happens to."""

    OBJECTS = "objects"
    """Those that differ only in who is who of objects with generated names."""
    NODES = "nodes"
    """Besides, those that differ only in who is who of nodes that nothing tells apart."""


@attrs.frozen
class NodeSetup:
    """A node: its API object as it will register, and the names that its kubelet goes by (kubelet §1)."""

    node: Any
    hostname: str
    hostname_override: str = ""
    registered: bool = True


@attrs.frozen(cache_hash=True)
class Client:
    """Somebody who connects to a Service through the rules of a node.

    ``outside``: from outside of the cluster. ``by_name``: it knows the Service by name alone, and looks that up first.
    ``by_environment``: it knows the Service's address from the variables with which its container started.
    ``external``: from inside, but to the Service's external address, or to its node port.
    ``keeps_flow``: it sends to a UDP Service from one socket. ``address``: of one from outside, where that matters.
    ``asks_for``: the name that its program gives to the resolver, "" for the full name of the Service;
    ``means_outside``: by that it means a host outside of the cluster, which exists. ``namespace``, ``host_network`` and
    ``dns_policy`` (None: ClusterFirst) of its pod, and what its dnsConfig says.
    """

    service: str
    node: str
    outside: bool = False
    by_name: bool = False
    by_environment: bool = False
    external: bool = False
    keeps_flow: bool = False
    address: str = ""
    asks_for: str = ""
    means_outside: bool = False
    namespace: str = "default"
    host_network: bool = False
    dns_policy: str | None = None
    dns_nameservers: tuple[str, ...] = ()
    dns_searches: tuple[str, ...] = ()
    dns_dots: int | None = None

    @property
    def name(self) -> str:
        """What it is called."""
        if self.outside:
            return f"{self.service} from outside by {self.node}"
        if self.external:
            return f"{self.service} by external address from {self.node}"
        if self.keeps_flow:
            return f"{self.service} in one flow from {self.node}"
        if self.by_environment:
            return f"{self.service} by environment from {self.node}"
        if self.asks_for:
            return f"{self.service} by the name {self.asks_for} from {self.node}"
        return f"{self.service} by name from {self.node}" if self.by_name else f"{self.service} from {self.node}"


@attrs.frozen(cache_hash=True)
class Descheduler:
    """A descheduler: its strategies by name, seconds between rounds, whether soft constraints count."""

    strategies: tuple[str, ...]
    interval: float = 300.0
    soft_constraints: bool = False


@attrs.frozen
class Scenario:
    """One question to the checker. ``objects``: decoded manifests. ``faults``: budgets by name.

    ``users``: for each user, the actions in order. ``lag``: (client, kind) -> changes it may be behind; all other
    clients are synchronous. ``resettable``: those of them that may list from an API server that is behind.
    ``slow``: components, and watches as "client/kind", for which no timer waits.
    ``candidates``: control-plane processes with several instances, and how many; ``api_servers``: how many of
    kube-apiserver. ``switches`` turn a mitigation or a historic behaviour on or off by name; ``constants`` override
    numbers of the specification by name. ``scheduled_times``: how many times of a CronJob's schedule come. ``loads``:
    (autoscaler, metric) -> what is used of it. ``static_pods``: those that kubelets have from files or by HTTP; they do
    not stand among the objects. ``profiles``: how each profile of kube-scheduler filters and scores, by its name; empty
    for the default one. ``schedulers``: those of each further scheduler, by its name. ``clients`` of Services.
    ``descheduler``: None where none runs. ``addons``: what the addon
    manager keeps, if one runs. ``properties``: names, empty for the defaults.
    """

    name: str
    objects: tuple[Any, ...]
    nodes: tuple[NodeSetup, ...]
    static_pods: tuple[Any, ...] = ()
    faults: Mapping[str, int] = attrs.field(factory=dict)
    users: tuple[tuple[Any, ...], ...] = ()
    clients: tuple[Client, ...] = ()
    descheduler: Descheduler | None = None
    addons: tuple[Any, ...] = ()
    lag: Mapping[tuple[str, str], int] = attrs.field(factory=dict)
    resettable: frozenset[tuple[str, str]] = frozenset()
    time: TimeMode = TimeMode.GRADED
    slow: frozenset[str] = frozenset()
    candidates: Mapping[str, int] = attrs.field(factory=dict)
    api_servers: int = 1
    rpc: Rpc = Rpc.REQUEST
    start: Start = Start.CREATED
    pod_slots: int | None = None
    constants: Mapping[str, float] = attrs.field(factory=dict)
    scheduled_times: int = 2
    loads: Mapping[tuple[str, str], Any] = attrs.field(factory=dict)
    switches: Mapping[str, str] = attrs.field(factory=dict)
    profiles: Mapping[str, str | Mapping[str, Any]] = attrs.field(factory=dict)
    schedulers: Mapping[str, Mapping[str, str | Mapping[str, Any]]] = attrs.field(factory=dict)
    properties: tuple[str, ...] = ()
    extra_properties: tuple[str, ...] = ()
    expect: Mapping[str, str] = attrs.field(factory=dict)
