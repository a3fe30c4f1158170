"""NodePorts: two pods on a node cannot claim the same host port."""

from __future__ import annotations

from ....objects.containers import ContainerPort
from ....objects.node import Node
from ....objects.pod import Pod
from ....objects.pod_resources import host_ports
from ..snapshot import Snapshot
from .verdict import FEASIBLE, Verdict, unschedulable

_EVERY_ADDRESS = "0.0.0.0"


def _conflict(one: ContainerPort, other: ContainerPort) -> bool:
    addresses = {one.host_ip or _EVERY_ADDRESS, other.host_ip or _EVERY_ADDRESS}
    return (
        one.host_port == other.host_port
        and (one.protocol or "TCP") == (other.protocol or "TCP")
        and (len(addresses) == 1 or _EVERY_ADDRESS in addresses)
    )


def node_ports(pod: Pod, node: Node, snapshot: Snapshot) -> Verdict:
    """Feasible iff no (address, protocol, host port) conflicts with a pod on the node (kube-scheduler §4, P).

    The address 0.0.0.0, which an absent one stands for, conflicts with all.
    """
    wanted = host_ports(pod)
    if not wanted:
        return FEASIBLE
    taken = [port for existing in snapshot.pods_on(node.metadata.name) for port in host_ports(existing)]
    if any(_conflict(port, other) for port in wanted for other in taken):
        return unschedulable("node(s) didn't have free ports for the requested pod ports")
    return FEASIBLE
