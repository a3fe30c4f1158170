"""What the DaemonSet controller decides, as functions of concrete values (controllers-workloads §4)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import combinations, product

import attrs
from frozendict import frozendict

from ...objects.affinity import NodeAffinity
from ...objects.daemon_set import ON_DELETE, DaemonSet, DaemonSetSpec, DaemonSetStatus
from ...objects.int_or_percent import scaled_value
from ...objects.node import Node
from ...objects.pod import FAILED, SUCCEEDED, Pod, PodSpec, PodTemplateSpec, is_ready, is_terminal
from ...objects.selectors import NodeSelector, NodeSelectorTerm, Requirement
from ...objects.taints import (
    NO_EXECUTE,
    NO_SCHEDULE,
    TAINT_NOT_READY,
    TAINT_UNREACHABLE,
    TAINT_UNSCHEDULABLE,
    Toleration,
    tolerates,
)
from ..scheduler.filters.node_affinity import matches_node_affinity
from .deployment_replica_sets import template_hash

BURST = 250
"""Creates, and deletes, in one sync at most (controllers-workloads §4)."""

REVISION_HASH = "controller-revision-hash"
"""The label that says of which revision of the template a pod is."""

_NODE_NAME_FIELD = "metadata.name"

_ADDED = (
    *(Toleration(key, "Exists", effect=NO_EXECUTE) for key in (TAINT_NOT_READY, TAINT_UNREACHABLE)),
    *(
        Toleration(key, "Exists", effect=NO_SCHEDULE)
        for key in (
            "node.kubernetes.io/disk-pressure",
            "node.kubernetes.io/memory-pressure",
            "node.kubernetes.io/pid-pressure",
            TAINT_UNSCHEDULABLE,
        )
    ),
)
_ADDED_ON_HOST_NETWORK = Toleration("node.kubernetes.io/network-unavailable", "Exists", effect=NO_SCHEDULE)


@lru_cache(maxsize=4096)
def tolerations(spec: PodSpec) -> tuple[Toleration, ...]:
    """The tolerations of a daemon pod: those of the template, and those that the controller adds."""
    added = (*_ADDED, _ADDED_ON_HOST_NETWORK) if spec.host_network else _ADDED
    return (*spec.tolerations, *(toleration for toleration in added if toleration not in spec.tolerations))


@lru_cache(maxsize=4096)
def pod_spec(spec: PodSpec, node: str) -> PodSpec:
    """The template's spec for the pod of one node: pinned there by required node affinity, with the tolerations.

    The requirement takes the place of the template's own, which the node has met already.
    """
    pinned = NodeSelector((NodeSelectorTerm(match_fields=(Requirement(_NODE_NAME_FIELD, "In", (node,)),)),))
    wanted = attrs.evolve(
        spec.affinity.node_affinity or NodeAffinity(), required_during_scheduling_ignored_during_execution=pinned
    )
    return attrs.evolve(spec, affinity=attrs.evolve(spec.affinity, node_affinity=wanted), tolerations=tolerations(spec))


def target_node(pod: Pod) -> str:
    """Name of the node that a daemon pod is for, before it is bound too; "" for a pod that is for none."""
    if pod.spec.node_name:
        return pod.spec.node_name
    affinity = pod.spec.affinity.node_affinity
    required = affinity.required_during_scheduling_ignored_during_execution if affinity else None
    for term in required.node_selector_terms if required else ():
        for field in term.match_fields:
            if field.key == _NODE_NAME_FIELD and field.operator == "In" and len(field.values) == 1:
                return field.values[0]
    return ""


def revision(template: PodTemplateSpec) -> str:
    """What the label ``controller-revision-hash`` says for pods of this template."""
    return template_hash(template)


@attrs.frozen(cache_hash=True)
class Eligible:
    """Whether a daemon pod should run on a node, and whether one that runs there may go on."""

    node: str
    runs: bool
    continues: bool


def eligible(spec: DaemonSetSpec, node: Node) -> Eligible:
    """What the DaemonSet wants of a node; room and ports are not looked at (controllers-workloads §4)."""
    template, name = spec.template.spec, node.metadata.name
    fits = template.node_name in ("", name) and matches_node_affinity(Pod(spec=template), node)
    if not fits:
        return Eligible(name, runs=False, continues=False)
    tolerated = tolerations(template)
    effects = {taint.effect for taint in node.spec.taints if not tolerates(tolerated, taint)}
    return Eligible(name, not effects & {NO_SCHEDULE, NO_EXECUTE}, NO_EXECUTE not in effects)


@attrs.frozen(cache_hash=True)
class DaemonPod:
    """What the controller reads of one of its pods.

    ``created`` and ``name`` rank pods by age; a model knows neither. ``available``: a terminal pod never is.
    """

    node: str
    assigned: bool = True
    updated: bool = True
    terminating: bool = False
    phase: str = ""
    ready: bool = False
    available: bool = False
    created: float = 0.0
    name: str = ""

    @property
    def failed(self) -> bool:
        """Whether it has Failed and is not being deleted yet."""
        return self.phase == FAILED and not self.terminating

    @property
    def runs(self) -> bool:
        """Whether it neither ended nor is being deleted."""
        return not self.phase and not self.terminating


Counted = tuple[DaemonPod, int]


def daemon_pod(pod: Pod, revision_hash: str) -> DaemonPod | None:
    """What the controller reads of a pod it owns; None for one that ended and is being deleted, which is nowhere.

    Assumption min-ready-seconds: a pod is available as soon as it is ready.
    """
    terminal = is_terminal(pod)
    if terminal and pod.metadata.terminating:
        return None
    return DaemonPod(
        node=target_node(pod),
        assigned=bool(pod.spec.node_name),
        updated=pod.metadata.labels.get(REVISION_HASH) == revision_hash,
        terminating=pod.metadata.terminating,
        phase=pod.status.phase if terminal else "",
        ready=is_ready(pod),
        available=is_ready(pod),
        created=pod.metadata.creation_timestamp or 0.0,
        name=pod.metadata.name,
    )


def by_node(pods: Iterable[Counted]) -> Mapping[str, tuple[DaemonPod, ...]]:
    """The pods by the node that they are for, several that look alike as often as there are."""
    found: dict[str, list[DaemonPod]] = {}
    for pod, number in pods:
        found.setdefault(pod.node, []).extend([pod] * number)
    return {node: tuple(there) for node, there in found.items()}


def allows_surge(spec: DaemonSetSpec) -> bool:
    """Whether an update may run a second pod on some node."""
    return max_surge(spec, 1) > 0


def max_surge(spec: DaemonSetSpec, desired: int) -> int:
    """On how many of ``desired`` nodes an update may run a second pod; percentages are rounded up."""
    strategy = spec.update_strategy
    return scaled_value(strategy.rolling_update.max_surge, desired, round_up=True) if strategy.type != ON_DELETE else 0


def max_unavailable(spec: DaemonSetSpec, desired: int) -> int:
    """On how many of ``desired`` nodes an update may leave no available pod; 1 where neither is allowed."""
    found = scaled_value(spec.update_strategy.rolling_update.max_unavailable, desired, round_up=True)
    return 1 if found == 0 and max_surge(spec, desired) == 0 and desired else found


@attrs.frozen(cache_hash=True)
class Sync:
    """What one sync does: a pod for each node of ``creates``, and ``deletes`` these pods. ``failed`` marks the nodes
    of the Failed pods among them, whose next ones have to wait."""

    creates: tuple[str, ...] = ()
    deletes: tuple[DaemonPod, ...] = ()

    @property
    def idle(self) -> bool:
        """Whether it does nothing."""
        return not self.creates and not self.deletes

    @property
    def failed(self) -> tuple[str, ...]:
        """The nodes of the Failed pods that it deletes."""
        return tuple(sorted({pod.node for pod in self.deletes if pod.failed}))


def _oldest(pods: Iterable[DaemonPod]) -> tuple[DaemonPod | None, ...]:
    """The pod that counts as oldest: scheduled first, then by age; each of those that cannot be told apart by that."""
    found = tuple(pods)
    least = min(((not pod.assigned, pod.created, pod.name) for pod in found), default=None)
    if least is None:
        return (None,)
    return tuple(dict.fromkeys(pod for pod in found if (not pod.assigned, pod.created, pod.name) == least))


def _all_but(pods: tuple[DaemonPod, ...], *kept: DaemonPod | None) -> tuple[DaemonPod, ...]:
    left = list(pods)
    for pod in kept:
        if pod is not None:
            left.remove(pod)
    return tuple(left)


def _surplus(pods: tuple[DaemonPod, ...], surge: bool) -> Iterator[tuple[DaemonPod, ...]]:
    """Every choice of the running pods of one node that are too many there."""
    if not surge:
        for kept in _oldest(pods):
            yield _all_but(pods, kept)
        return
    new, old = [pod for pod in pods if pod.updated], [pod for pod in pods if not pod.updated]
    for newest, oldest in product(_oldest(new), _oldest(old)):
        replaced = newest is not None and oldest is not None and (newest.available or not oldest.ready)
        yield _all_but(pods, newest, None if replaced else oldest)


def _on_node(
    node: Eligible, pods: tuple[DaemonPod, ...], surge: bool, waiting: Collection[str]
) -> tuple[bool, tuple[tuple[DaemonPod, ...], ...]]:
    """Whether the node needs a pod, and every choice of those to delete there."""
    live = tuple(pod for pod in pods if not pod.terminating)
    if not node.continues:
        return False, (live,)
    # Where the pod should not be started but may go on, only what is too much goes.
    ended = tuple(pod for pod in live if pod.phase == SUCCEEDED or (pod.failed and node.node not in waiting))
    running = tuple(pod for pod in live if pod.runs)
    needed = node.runs and (not pods or (surge and not running))
    return needed, tuple(dict.fromkeys((*ended, *surplus) for surplus in _surplus(running, surge)))


def manage(
    nodes: Iterable[Eligible], pods: Iterable[Counted], *, surge: bool, waiting: Collection[str] = ()
) -> tuple[Sync, ...]:
    """Every way in which one sync brings each node to one pod (controllers-workloads §4, manage).

    ``waiting``: nodes whose next Failed pod is left alone for now. Pods that wait for a node that is gone are deleted.
    """
    placed = by_node(pods)
    creates: list[str] = []
    choices: list[tuple[tuple[DaemonPod, ...], ...]] = []
    known = set()
    for node in sorted(nodes, key=lambda node: node.node):
        known.add(node.node)
        needed, deletes = _on_node(node, placed.get(node.node, ()), surge, waiting)
        creates += [node.node] if needed else []
        choices.append(deletes)
    homeless = tuple(pod for name, there in placed.items() if name not in known for pod in there if _waits_in_vain(pod))
    return tuple(
        Sync(tuple(creates[:BURST]), (*homeless, *(pod for some in chosen for pod in some))[:BURST])
        for chosen in product(*choices)
    )


def _waits_in_vain(pod: DaemonPod) -> bool:
    return not pod.assigned and not pod.terminating


def _updated_pods(pods: tuple[DaemonPod, ...]) -> tuple[DaemonPod | None, DaemonPod | None] | None:
    """The new and the old pod of a node, either may be missing; None where there are several of one kind."""
    live = [pod for pod in pods if not pod.terminating]
    new, old = [pod for pod in live if pod.updated], [pod for pod in live if not pod.updated]
    if len(new) > 1 or len(old) > 1:
        return None
    return new[0] if new else None, old[0] if old else None


def rolling_update(spec: DaemonSetSpec, nodes: Iterable[Eligible], pods: Iterable[Counted]) -> tuple[Sync, ...]:
    """Every way in which one sync moves an update on, once nothing is left to manage (controllers-workloads §4)."""
    known = {node.node: node for node in nodes}
    desired = sum(node.runs for node in known.values())
    placed = dict(sorted(by_node(pods).items()))
    surge = max_surge(spec, desired)
    if surge:
        return _with_surge(surge, desired, known, placed)
    return _without_surge(max_unavailable(spec, desired), known, placed)


def _without_surge(
    limit: int, known: Mapping[str, Eligible], placed: Mapping[str, tuple[DaemonPod, ...]]
) -> tuple[Sync, ...]:
    unavailable = sum(node.runs and name not in placed for name, node in known.items())
    free: list[DaemonPod] = []
    candidates: list[DaemonPod] = []
    for there in placed.values():
        match _updated_pods(there):
            case (None, DaemonPod() as old):
                (candidates if old.available else free).append(old)
            case (DaemonPod(available=True), None):
                continue
            case _:
                # None at all, an old one beside a new one, too many, or a new one that is not available yet.
                unavailable += 1
    number = min(max(0, limit - unavailable), len(candidates))
    return tuple(Sync(deletes=(*free, *some)[:BURST]) for some in dict.fromkeys(combinations(candidates, number)))


def _with_surge(
    limit: int, desired: int, known: Mapping[str, Eligible], placed: Mapping[str, tuple[DaemonPod, ...]]
) -> tuple[Sync, ...]:
    surging = available = 0
    deletes: list[DaemonPod] = []
    leaving: list[DaemonPod] = []
    free: list[str] = []
    candidates: list[str] = []
    for name, there in placed.items():
        found = _updated_pods(there)
        if found is None:
            surging += 1
            continue
        new, old = found
        first = old or new
        available += first is not None and first.available
        if old is None:
            continue
        if new is not None:
            if new.available:
                deletes.append(old)
            else:
                surging += 1
        elif name not in known or not known[name].runs:
            leaving.append(old)
        else:
            (candidates if old.available else free).append(name)
    # A pod where none should be started goes only once there are more available ones than nodes that want one.
    deletes += leaving[: max(0, available - desired)]
    number = min(max(0, limit - surging), len(candidates))
    return tuple(Sync((*free, *some)[:BURST], tuple(deletes)[:BURST]) for some in combinations(candidates, number))


def count(
    status: DaemonSetStatus, nodes: Iterable[Eligible], pods: Iterable[Counted], generation: int
) -> DaemonSetStatus:
    """The status that counts these nodes and the oldest pod on each of them.

    Where ages are not known, an old revision counts as older than the new one, and the less ready pod as the older.
    """
    placed = by_node(pods)
    wanted = [node.node for node in nodes if node.runs]
    unwanted = {node.node for node in nodes} - set(wanted)
    oldest = [
        min(placed[name], key=lambda pod: (not pod.assigned, pod.created, pod.name, pod.updated, pod.ready, pod.phase))
        for name in wanted
        if name in placed
    ]
    available = sum(pod.available for pod in oldest)
    return attrs.evolve(
        status,
        observed_generation=generation,
        desired_number_scheduled=len(wanted),
        current_number_scheduled=len(oldest),
        number_misscheduled=sum(name in placed for name in unwanted),
        number_ready=sum(pod.ready for pod in oldest),
        updated_number_scheduled=sum(pod.updated for pod in oldest),
        number_available=available,
        number_unavailable=len(wanted) - available,
    )


def labels(daemon_set: DaemonSet) -> frozendict[str, str]:
    """The labels of the DaemonSet's pods: those of its template, and the revision."""
    template = daemon_set.spec.template
    return template.metadata.labels.set(REVISION_HASH, revision(template))
