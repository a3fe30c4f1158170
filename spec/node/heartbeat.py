"""Whether a node's kubelet can act and be heard: predicates over the physical fields of a Node's bundle.

Heartbeats that change nothing are no steps (design §3.2): a lease is fresh exactly while its kubelet can renew it.
"""

from __future__ import annotations

from typing import Any

from ..kinds import NODE, RUNNING, UP
from ..language.query import ANY, Query


def machine_runs(machine: str) -> bool:
    """Whether the node's machine is up, and with it its container runtime."""
    return machine == UP


def kubelet_acts(machine: str, kubelet: str) -> bool:
    """Whether the node's kubelet runs."""
    return machine == UP and kubelet == RUNNING


def heartbeats(machine: str, kubelet: str, link: str) -> bool:
    """Whether the node renews its lease: the kubelet runs and reaches the API server (kubelet §1)."""
    return kubelet_acts(machine, kubelet) and link == UP


def node_of(key: Any) -> str:
    """The parameter of queries for one node: the attribute ``node`` of the key's view."""
    return str(key.node)


def _machine(node: str, name: str, machine: str) -> bool | None:
    return True if name == node and machine_runs(machine) else None


def _kubelet(node: str, name: str, machine: str, kubelet: str) -> bool | None:
    return True if name == node and kubelet_acts(machine, kubelet) else None


def _connected(node: str, name: str, machine: str, kubelet: str, link: str) -> bool | None:
    return True if name == node and heartbeats(machine, kubelet, link) else None


def _reaches(node: str, name: str, machine: str, link: str) -> bool | None:
    return True if name == node and machine_runs(machine) and link == UP else None


MACHINE_RUNS = Query(NODE, ("name", "machine"), _machine, ANY, node_of)
"""Guard: the machine of the key's node is up."""

KUBELET_RUNS = Query(NODE, ("name", "machine", "kubelet"), _kubelet, ANY, node_of)
"""Guard: the kubelet of the key's node runs."""

KUBELET_CONNECTED = Query(NODE, ("name", "machine", "kubelet", "link"), _connected, ANY, node_of)
"""Guard: the kubelet of the key's node runs and reaches the API server."""

PROXY_CONNECTED = Query(NODE, ("name", "machine", "link"), _reaches, ANY, node_of)
"""Guard: the machine of the key's node is up and reaches the API server, whatever its kubelet does."""
