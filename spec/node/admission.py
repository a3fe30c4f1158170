"""Admission of pods on a node: once a pod, when the kubelet first sees it (kubelet §4)."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import attrs

from ..control_plane.scheduler.filters.node_affinity import node_affinity
from ..control_plane.scheduler.filters.node_name import node_name
from ..control_plane.scheduler.filters.node_ports import node_ports
from ..control_plane.scheduler.filters.node_resources_fit import node_resources_fit
from ..control_plane.scheduler.filters.verdict import Infeasible, Verdict
from ..control_plane.scheduler.snapshot import Snapshot
from ..kinds import NODE, POD, PodRuntime, PodWorker
from ..language.component import Key, Rule
from ..language.plan import KEY, Alternative, Call, Set, Write
from ..language.query import MULTISET, ONLY, Query
from ..objects.metadata import ObjectMeta
from ..objects.node import Node, NodeSpec, NodeStatus
from ..objects.pod import FAILED, Pod, PodSpec, is_terminal
from ..objects.storage import claim_names
from ..objects.taints import NO_EXECUTE, tolerates
from .cri_replies import lost_reply, may_lose
from .heartbeat import KUBELET_CONNECTED, node_of
from .node_pressure import EVICTED, admitted_under
from .node_shutdown import IS_ENDING, NODE_SHUTDOWN
from .pod_containers import told_apart
from .pod_requests import incarnation, own_name, status_patch
from .startup import start_plan
from .static_pods import is_mirror

MakesRoom = Callable[[PodSpec, Node, tuple[PodSpec, ...], tuple[PodSpec, ...]], object]
"""Whether room is made for a pod: pod, node, all that takes room there, what can be ended."""

ADMIT_POD = "admit pod"
"""The rule by which a kubelet admits or rejects a pod."""

_FILTERS: tuple[tuple[Callable[[Pod, Node, Snapshot], Verdict], str], ...] = (
    (node_affinity, "NodeAffinity"),
    (node_name, "NodeName"),
    (node_ports, "NodePorts"),
)


def _out_of(verdict: Infeasible) -> str:
    shortage = verdict.reasons[0]
    return "OutOfpods" if shortage == "Too many pods" else f"OutOf{shortage.rsplit(maxsplit=1)[-1]}"


@lru_cache(maxsize=4096)
def rejection(spec: PodSpec, node: Node, others: tuple[PodSpec, ...]) -> str:
    """The reason for which the kubelet of ``node`` rejects a pod, "" if it admits it (kubelet §4).

    ``others``: the active pods on the node, terminating ones included. Taints count only with effect NoExecute.
    """
    pod = Pod(spec=spec)
    snapshot = Snapshot((node,), tuple(Pod(spec=other) for other in others))
    fit = node_resources_fit(pod, node, snapshot)
    if isinstance(fit, Infeasible):
        return _out_of(fit)
    for run, reason in _FILTERS:
        if not run(pod, node, snapshot).feasible:
            return reason
    executing = (taint for taint in node.spec.taints if taint.effect == NO_EXECUTE)
    return "" if all(tolerates(spec.tolerations, taint) for taint in executing) else "TaintToleration"


@attrs.frozen(cache_hash=True)
class Reject:
    """The status that the kubelet gives a pod that it does not admit."""

    reason: str

    def __call__(self, pod: Pod, /) -> Pod:
        """The pod after the report."""
        return attrs.evolve(pod, status=attrs.evolve(pod.status, phase=FAILED, reason=self.reason))


@attrs.frozen(cache_hash=True)
class Arrival:
    """A pod that the kubelet of ``node`` has not seen before."""

    node: str
    spec: PodSpec
    uid: int | None
    name: str = ""


def arrival(pod: Pod | None, runtime: PodRuntime | None, worker: PodWorker | None) -> Arrival | None:
    """A pod that is bound to a node, and that its kubelet has not seen; None for all others."""
    if pod is None or not pod.spec.node_name or runtime is not None or worker is not None:
        return None
    if pod.metadata.terminating or is_terminal(pod) or is_mirror(pod):
        return None
    return Arrival(pod.spec.node_name, pod.spec, incarnation(pod), own_name(pod))


def occupies(node: str, pod: Pod | None, runtime: PodRuntime | None, worker: PodWorker | None) -> PodSpec | None:
    """The class of a pod that takes room on a node, as its kubelet counts."""
    # A pod whose object is gone is in no source any more: the kubelet counts it no longer, even while it still runs.
    if pod is None or pod.spec.node_name != node or is_terminal(pod):
        return None
    return pod.spec if runtime is not None or worker is not None else None


def _occupies_until_removed(
    node: str, pod: Pod | None, runtime: PodRuntime | None, _worker: PodWorker | None
) -> PodSpec | None:
    # What has finished was counted until it was cleaned up, though its phase was reported before that (#106884).
    if pod is not None and is_terminal(pod):
        return pod.spec if runtime is not None and runtime.node == node else None
    return occupies(node, pod, runtime, _worker)


@lru_cache(maxsize=1024)
def _as_admission_sees(node: Node) -> Node:
    taints = tuple(taint for taint in node.spec.taints if taint.effect == NO_EXECUTE)
    identity = ObjectMeta(name=node.metadata.name, namespace="", labels=node.metadata.labels)
    return Node(identity, NodeSpec(taints=taints), NodeStatus(allocatable=node.status.allocatable))


def own_node(name: str, other: str, node: Node | None) -> Node | None:
    """The class of a kubelet's own node: what admission looks at of it."""
    return _as_admission_sees(node) if name == other and node is not None else None


def _pressed(node: str, name: str, pressed: str) -> str | None:
    return pressed if name == node else None


def _rejected(key: Arrival, reason: str) -> Alternative:
    return Alternative((Call(KEY, status_patch(key.uid, Reject(reason))),), f"the pod is rejected: {reason}")


def admit(
    *,
    serving: bool,
    early_phase: bool = False,
    apart: bool = False,
    pulls: bool = False,
    pressure: bool = False,
    shut_down: bool = False,
    lost_replies: bool = False,
    volumes: bool = False,
    makes_room: MakesRoom | None = None,
    endable_pods: Query | None = None,
) -> Rule:
    """The rule of admission; an admitted pod starts: sandbox, containers created, containers started.

    ``serving``: the application serves as soon as its container runs. ``early_phase``: a pod is reported finished
    before it is cleaned up, which frees what it has requested on its node, as it was once. ``apart``: containers are
    told apart where a pod has several. ``pulls``: a pod's images are followed, so that it waits for them.
    ``pressure``: nodes may run short of something, and then take in less; ``shut_down``: they may be, and then take in
    nothing. ``lost_replies``: the runtime's reply may be lost. ``volumes``: a pod with claims waits for its volumes
    before it starts. ``makes_room``: for which pods others are ended, instead of rejecting them; ``endable_pods``: the
    query for those others.
    """

    def decide(
        key: Arrival,
        node: Node | None,
        others: tuple[tuple[PodSpec, int], ...],
        pressed: str | None = None,
        loses: bool = False,
        endable: tuple[tuple[PodSpec, int], ...] = (),
        ending: bool = False,
    ) -> list[Alternative]:
        if node is None:
            return []
        if ending:
            return [_rejected(key, NODE_SHUTDOWN)]
        running = tuple(spec for spec, count in others for _ in range(count))
        reason = rejection(key.spec, node, running) if admitted_under(pressed or "", key.spec) else EVICTED
        if reason and makes_room is not None:
            candidates = tuple(spec for spec, count in endable for _ in range(count))
            if makes_room(key.spec, node, running, candidates):
                return []
        if reason:
            return [_rejected(key, reason)]
        if volumes and claim_names(key.spec):
            waits = (Write(KEY, "worker", Set(PodWorker(key.node))),)
            return [Alternative(waits, "the pod is admitted, and waits for its volumes")]
        several = apart and told_apart(key.spec)
        plan = start_plan(key.node, key.spec, None, serving=serving, name=key.name, apart=several, pulls=pulls)
        found = [Alternative(plan, "the pod is admitted")]
        lost = lost_reply(plan) if loses else None
        if lost is not None:
            found.append(Alternative(lost, "the pod is admitted; RunPodSandbox takes effect, but its reply is lost"))
        return found

    queries: dict[str, Any] = {
        "node": Query(NODE, ("name", "object"), own_node, ONLY, node_of),
        "others": Query(
            POD,
            ("object", "runtime", "worker"),
            _occupies_until_removed if early_phase else occupies,
            MULTISET,
            node_of,
            excluding_key=True,
        ),
        **({"endable": endable_pods} if endable_pods is not None else {}),
        **({"loses": may_lose()} if lost_replies else {}),
        **({"ending": IS_ENDING} if shut_down else {}),
        **({"pressed": Query(NODE, ("name", "pressed"), _pressed, ONLY, node_of)} if pressure else {}),
    }
    return Rule(
        name=ADMIT_POD,
        key=Key(POD, ("object", "runtime", "worker"), arrival),
        decide=decide,
        queries=queries,
        guards=(KUBELET_CONNECTED,),
        several_requests=True,
        reference="kubelet §4",
        meaning="the kubelet sees a pod for the first time: it starts it, or rejects it for good",
    )
