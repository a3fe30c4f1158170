"""kubectl drain: a node is cordoned, its pods are listed and evicted, and the user waits until they are gone.

With ``--ignore-daemonsets --delete-emptydir-data``, without ``--force``: pods of DaemonSets and mirror pods stay; a pod
without controller makes the command fail once the node is cordoned. Evictions are by name, and asked for again every
five seconds while a budget refuses them, without end.
"""

from __future__ import annotations

import attrs

from ..control_plane.apiserver.admission import MIRROR
from ..control_plane.apiserver.field_selectors import on_node
from ..kinds import DAEMON_SET, NODE, POD, REQUESTED, Eviction
from ..language.plan import Sweep
from ..language.query import ANY, Query
from ..objects.pod import Pod, is_terminal


@attrs.frozen(cache_hash=True)
class EvictAll:
    """The part of `kubectl drain` that lists the pods of a node and asks for their eviction.

    ``uid_precondition``: each request names the uid that was listed, which kubectl does not do.
    """

    text: str
    name: str
    uid_precondition: bool = False
    kind: str = NODE


@attrs.frozen(cache_hash=True)
class Await:
    """The part of `kubectl drain` that waits until the listed pods are gone."""

    text: str
    name: str
    kind: str = NODE


def evict_all(node: str) -> EvictAll:
    """The second part of draining ``node``; cordoning it is the first."""
    return EvictAll(command(node), node)


def await_evictions(node: str) -> Await:
    """The last part of draining ``node``."""
    return Await(f"{command(node)}: every pod is gone", node)


def command(node: str) -> str:
    """Draining as a person would type it."""
    return f"kubectl drain {node} --ignore-daemonsets --delete-emptydir-data"


def _skipped(pod: Pod) -> bool:
    reference = pod.metadata.controller_reference
    return MIRROR in pod.metadata.annotations or (reference is not None and reference.kind == DAEMON_SET)


def is_drained(pod: Pod) -> bool:
    """Whether drain asks for the pod's eviction, be it on the node."""
    return not _skipped(pod)


def _blocks(node: str | None, pod: Pod | None) -> bool | None:
    """Whether a pod makes the command fail: it runs there and nobody would create another."""
    if node is None or pod is None or not on_node(pod, node) or _skipped(pod) or is_terminal(pod):
        return None
    return True if pod.metadata.controller_reference is None else None


def _node_of(action: object) -> str | None:
    return action.name if isinstance(action, EvictAll) else None


UNMANAGED = Query(POD, ("object",), _blocks, ANY, _node_of)
"""Whether the node that is to be drained has pods that drain refuses to delete."""


def _awaited_node(action: object) -> str | None:
    return action.name if isinstance(action, Await) else None


def _awaited(node: str | None, pod: Pod | None, eviction: Eviction | None) -> bool | None:
    if node is None:
        return None
    asked = eviction is not None and eviction.node == node
    ends = pod is not None and on_node(pod, node) and pod.metadata.terminating and not _skipped(pod)
    return True if asked or ends else None


AWAITED = Query(POD, ("object", "eviction"), _awaited, ANY, _awaited_node)
"""Whether pods are left that the drain waits for."""


def _ask(action: EvictAll, pod: Pod | None, eviction: Eviction | None) -> tuple[Pod | None, Eviction | None]:
    if pod is None or eviction is not None or not on_node(pod, action.name) or not is_drained(pod):
        return pod, eviction
    listed = pod.metadata.uid
    return pod, Eviction(REQUESTED, action.name, listed if action.uid_precondition else None, True, listed)


def ask(action: EvictAll) -> Sweep:
    """The edit by which every pod that the list holds has a request for its eviction."""
    return Sweep(POD, ("object", "eviction"), _ask, action)
