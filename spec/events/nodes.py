"""What events say of nodes: whether they are cordoned and ready."""

from __future__ import annotations

from collections.abc import Callable

from ..kinds import KUBELET, NODE
from ..language.observation import Known, Values
from ..objects.conditions import find_condition
from ..objects.node import Node
from .recording import Event
from .words import Reader, Readers, Saying


def _never(_values: Values, _known: Known) -> bool:
    # Nodes bear their names in the model, so that nothing needs to be guessed.
    return False


def _ready(node: Node) -> bool:
    condition = find_condition(node.status.conditions, "Ready")
    return condition is not None and condition.status == "True"


def _instead(values: Values) -> str:
    node: Node | None = values["object"]
    if node is None:
        return "the node does not exist"
    cordoned = "true" if node.spec.unschedulable else "false"
    return f"spec.unschedulable is {cordoned}, the node is {'ready' if _ready(node) else 'not ready'}"


def _where(holds: Callable[[Node], bool]) -> Reader:
    def read(event: Event) -> Saying:
        def during(values: Values) -> bool:
            node: Node | None = values["object"]
            return node is not None and holds(node)

        return Saying((NODE, event.name), _never, _instead, KUBELET, frozenset(), during=during)

    return read


READERS: Readers = {
    ("kubelet", "NodeNotSchedulable"): _where(lambda node: node.spec.unschedulable),
    ("kubelet", "NodeSchedulable"): _where(lambda node: not node.spec.unschedulable),
    ("kubelet", "NodeReady"): _where(_ready),
    ("node-controller", "NodeNotReady"): _where(lambda node: not _ready(node)),
}
