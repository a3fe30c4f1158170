"""A kubelet that restarts and lists its pods from an API server whose watch cache is behind (#59848, 00-index §4).

A list with resourceVersion 0 may be older than what the kubelet knew before it ended: it may show a pod that it has
stopped and confirmed, and that has moved since under the same name. The kubelet starts it, and stops it once its watch
tells that it is gone; or it is told so first. Only pods with names of their own come again.
"""

from __future__ import annotations

from collections.abc import Collection

import attrs

from ..kinds import POD, RUNNING, PodRuntime, PodWorker
from ..language.component import Key, Rule
from ..language.model import Field, cached_field
from ..language.plan import IT, KEY, Alternative, New, RuntimeCall, Set, Sweep, Write
from ..objects.pod import Pod
from .heartbeat import KUBELET_CONNECTED
from .startup import wanted

BEHIND = "kube-apiserver-2"
"""The client that stands for the watch cache of a second API server (docs/decisions/0004)."""

SERVERS_BEHIND = (BEHIND, "kube-apiserver-3")
"""The same of all instances whose watch caches may be behind, each by itself."""


def servers_behind(lag: Collection[tuple[str, str]], kind: str) -> tuple[str, ...]:
    """The API servers that may show old objects of a kind, out of the caches (client, kind) that lag."""
    return tuple(server for server in SERVERS_BEHIND if (server, kind) in lag)


OLD_LIST_FIELDS = (Field("listed", ""),)
"""One more field of pods where a list can be old. ``listed``: the node whose kubelet found an earlier incarnation in
its list, bound to the node and not being deleted; each list of that kubelet takes the place of the one before."""


@attrs.frozen(cache_hash=True)
class StartListed:
    """RunPodSandbox, CreateContainer and StartContainer for a pod that only an old list shows."""

    node: str
    name: str

    def __call__(self, _runtime: PodRuntime | None, /) -> PodRuntime:
        """What the runtime holds afterwards."""
        return PodRuntime(self.node, containers=RUNNING, serving=True, name=self.name)


def _in_list(node: str, name: str, pod: Pod | None, old: Pod | None) -> bool:
    if not name or old is None or old.spec.node_name != node or not wanted(old):
        return False
    return pod is None or pod.metadata.uid != old.metadata.uid


def _take_in(node: str, name: str, pod: Pod | None, old: Pod | None, listed: str) -> tuple[object, ...]:
    return name, pod, old, node if _in_list(node, name, pod, old) else _other(node, listed)


def _other(node: str, listed: str) -> str:
    return "" if listed == node else listed


def list_from_behind(node: str, server: str) -> Sweep:
    """The edit by which the kubelet of ``node`` takes in what an API server shows of pods that are gone."""
    return Sweep(POD, ("name", "object", cached_field(server), "listed"), _take_in, node)


def list_stored(node: str) -> Sweep:
    """The edit by which the kubelet of ``node`` forgets what an old list showed."""
    return Sweep(POD, ("listed",), lambda own, listed: (_other(own, listed),), node)


@attrs.frozen(cache_hash=True)
class Listed:
    """A pod that the kubelet of ``node`` found in its list, and that is gone."""

    node: str
    name: str


def _start(key: Listed) -> list[Alternative]:
    start = RuntimeCall(New(POD), "runtime", StartListed(key.node, key.name), "StartContainer")
    known = (Write(KEY, "listed", Set("")),)
    return [
        Alternative(
            (*known, start, Write(IT, "worker", Set(PodWorker(key.node)))), "the pod stands in the kubelet's list"
        ),
        Alternative(known, "the watch tells that the pod is gone"),
    ]


START_LISTED = Rule(
    name="start pod that an old list shows",
    key=Key(POD, ("name", "listed"), lambda name, listed: Listed(listed, name) if listed else None),
    decide=_start,
    guards=(KUBELET_CONNECTED,),
    reference="00-index §4 reflector",
    meaning="a kubelet that listed from an API server that is behind starts a pod that has gone, or learns of that",
)
