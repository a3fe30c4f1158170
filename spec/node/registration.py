"""Registration and heartbeats of a node (kubelet §1).

A kubelet that finds no Node when it starts creates it, and reports it Ready. One that is deleted later comes back only
with a restart of the kubelet. Later heartbeats change nothing and are no steps: whether a node heartbeats is a
predicate (``heartbeat``).
"""

from __future__ import annotations

from collections.abc import Mapping

import attrs
from frozendict import frozendict

from ..kinds import NODE
from ..language.component import Key, Rule
from ..language.plan import KEY, Alternative, Call
from ..language.request import ApiCall, Verb
from ..objects.conditions import Condition, condition_is_true, with_condition
from ..objects.metadata import ObjectMeta
from ..objects.node import Node, NodeSpec, NodeStatus
from ..objects.quantities import PODS, ResourceList
from ..objects.taints import Taint
from .heartbeat import heartbeats

MAX_PODS = 110
"""Pods that a node offers to hold by default (kubelet §8)."""


def node_name(hostname: str, hostname_override: str = "") -> str:
    """The name under which a kubelet registers: the override or the host's name, in lower case, trimmed."""
    return (hostname_override or hostname).strip().lower()


def node_object(
    hostname: str,
    capacity: ResourceList,
    *,
    hostname_override: str = "",
    labels: Mapping[str, str] = frozendict(),
    taints: tuple[Taint, ...] = (),
) -> Node:
    """The Node that a kubelet creates: not Ready yet, room for MAX_PODS pods unless ``capacity`` says otherwise."""
    name = node_name(hostname, hostname_override)
    offered = frozendict({PODS: MAX_PODS, **capacity})
    return Node(
        metadata=ObjectMeta(
            name=name, namespace="", labels=frozendict({"kubernetes.io/hostname": name}) | frozendict(labels)
        ),
        spec=NodeSpec(taints=taints),
        status=NodeStatus(allocatable=offered, capacity=offered, conditions=(Condition("Ready", "False"),)),
    )


@attrs.frozen(cache_hash=True)
class PostReady:
    """The kubelet's report of a healthy node: Ready, and no condition Unknown any more."""

    def __call__(self, node: Node, /) -> Node:
        """The node after the report."""
        known = tuple(
            attrs.evolve(condition, status="False") if condition.status == "Unknown" else condition
            for condition in node.status.conditions
        )
        conditions = with_condition(known, Condition("Ready", "True"))
        return attrs.evolve(node, status=attrs.evolve(node.status, conditions=conditions))


def _post_ready(_node: str) -> list[Alternative]:
    patch = ApiCall(Verb.PATCH, NODE, PostReady(), subresource="status")
    return [Alternative((Call(KEY, patch),), "the kubelet runs and finds its node healthy")]


def _not_known_ready(name: str, node: Node | None, machine: str, kubelet: str, link: str) -> str | None:
    if node is None or not heartbeats(machine, kubelet, link):
        return None
    return None if condition_is_true(node.status.conditions, "Ready") else name


POST_READY = Rule(
    name="post Ready",
    key=Key(NODE, ("name", "object", "machine", "kubelet", "link"), _not_known_ready),
    decide=_post_ready,
    reference="kubelet §1",
    meaning="the kubelet reports its node Ready where the API server says otherwise",
)


def note_deletion(deleted: bool, _before: Node | None, after: Node | None) -> bool:
    """Whether the Node was deleted since its kubelet was started, after a change of it."""
    return deleted or after is None


def register(nodes: Mapping[str, Node]) -> Rule:
    """The rule by which a kubelet creates its Node, from ``nodes`` by name; the others do not register themselves."""

    def view(name: str, node: Node | None, machine: str, kubelet: str, link: str, deleted: bool) -> Node | None:
        missing = node is None and not deleted
        return nodes.get(name) if missing and heartbeats(machine, kubelet, link) else None

    def decide(node: Node) -> list[Alternative]:
        # It is found healthy only once its network and its runtime have been looked at: by the next report.
        status = attrs.evolve(node.status, conditions=(Condition("Ready", "False"),))
        create = ApiCall(Verb.CREATE, NODE, attrs.evolve(node, status=status))
        return [Alternative((Call(KEY, create),), "the API server has no Node of this name")]

    return Rule(
        name="register node",
        key=Key(NODE, ("name", "object", "machine", "kubelet", "link", "deleted"), view),
        decide=decide,
        reference="kubelet §1",
        meaning="the kubelet creates its Node, not ready yet",
    )
