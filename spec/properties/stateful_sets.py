"""Properties of StatefulSets (invariants 49-53)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..control_plane.apiserver.evicting import NAME as EVICTING
from ..control_plane.controllers.statefulset import NAME, PODS, owned
from ..control_plane.controllers.statefulset_decisions import StatefulPod, max_unavailable, ordered
from ..control_plane.controllers.statefulset_identity import (
    REVISION_HASH,
    is_member,
    parent_and_ordinal,
    pod_name,
    revision_name,
)
from ..kinds import FORCED, POD, STATEFUL_SET, PodRuntime
from ..kinds import RUNNING as CONTAINERS_RUNNING
from ..language.component import Key
from ..language.property import (
    HOLDS,
    IDLE,
    Finding,
    Shape,
    StateProperty,
    StepProperty,
    TemporalProperty,
    suspended,
    violated,
)
from ..language.query import MULTISET, Query
from ..objects.pod import Pod
from ..objects.stateful_set import StatefulSet
from ..objects.workloads import ROLLING_UPDATE
from .assumptions import PODS_LOST, disturbed, seen

Change = tuple[Any, ...]
Answers = Mapping[str, Any]
Counted = tuple[tuple[str, int], ...]

_LIVE = Key(STATEFUL_SET, ("object",), lambda stateful_set: stateful_set)


def _object(stateful_set: StatefulSet, pod: Pod | None) -> str | None:
    return pod.metadata.name if pod is not None and owned(stateful_set, pod) is not None else None


def _one_each(what: str, found: Counted) -> Finding:
    if not found:
        return IDLE
    for name, number in found:
        if number > 1:
            return violated(f"{number} {what} {name}")
    return HOLDS


ONE_OBJECT = StateProperty(
    name="statefulset-at-most-one-object-per-ordinal",
    statement="a StatefulSet never has two pods of one ordinal",
    key=_LIVE,
    queries={"pods": Query(POD, ("object",), _object, MULTISET)},
    judge=lambda _key, pods: _one_each("pods are called", pods),
    reference="invariants 49",
    advice="the name of a pod must be a function of set and ordinal, so that the API server refuses a second one",
)


def _process(stateful_set: StatefulSet, runtime: PodRuntime | None) -> str | None:
    runs = runtime is not None and runtime.containers == CONTAINERS_RUNNING
    return runtime.name if runs and _named_after(stateful_set, runtime.name) else None  # type: ignore[union-attr]


def _named_after(stateful_set: StatefulSet, name: str) -> bool:
    return parent_and_ordinal(name)[0] == stateful_set.metadata.name


_PROCESSES = Query(POD, ("runtime",), _process, MULTISET)
"""What runs of the set's pods, whatever became of their objects, by the name of the pod."""


def _one_process(_stateful_set: StatefulSet, processes: Counted, forced: tuple[str, ...]) -> Finding:
    found = _one_each("processes run as", processes)
    return suspended(disturbed(forced)) if found.text and forced else found


ONE_PROCESS = StateProperty(
    name="statefulset-at-most-one-process-per-ordinal",
    statement="at most one process runs under the identity of each pod of a StatefulSet",
    key=_LIVE,
    queries={"processes": _PROCESSES, "forced": seen(FORCED)},
    judge=_one_process,
    reference="invariants 50 (#59848)",
    assumes="nobody deletes a pod by force, nor a node, nor declares one out of service, that may still run the pod",
    advice="make sure that a node is dead before its pods are deleted by force; a kubelet must list consistently",
)

IDENTITY_EXCLUSIVE = StateProperty(
    name="statefulset-identity-exclusive",
    statement="at most one process runs under the identity of each pod of a StatefulSet, whatever users do",
    key=_LIVE,
    queries={"processes": _PROCESSES},
    judge=lambda _key, processes: _one_each("processes run as", processes),
    reference="invariants 50, without its assumption (#54368)",
    advice="do not delete by force a pod whose node does not answer: cut the node's power first",
)


def _by_ordinal(pods: tuple[StatefulPod, ...]) -> Mapping[int, StatefulPod]:
    return {pod.ordinal: pod for pod in pods}


def _ordered_start(component: str, _rule: str, before: Change, after: Change, answers: Answers) -> Finding:
    (old,), (new,) = before, after
    if component != NAME or old is not None or new is None or "wanted" not in answers:
        return IDLE
    wanted = answers["wanted"]
    if wanted is None or not is_member(wanted, new) or not ordered(wanted.spec):
        return IDLE
    pods = _by_ordinal(answers["pods"])
    for ordinal in range(wanted.spec.start, parent_and_ordinal(new.metadata.name)[1]):
        if ordinal not in pods or not pods[ordinal].healthy:
            return violated(f"{new.metadata.name} is created before {pod_name(wanted.metadata.name, ordinal)} is ready")
    return HOLDS


ORDERED_START = StepProperty(
    name="statefulset-ordered-start",
    statement="a StatefulSet in order creates a pod only once it sees those of all lower ordinals ready",
    kind=POD,
    fields=("object",),
    judge=_ordered_start,
    reference="invariants 51",
    advice="a pod of a lower ordinal that is not ready holds the others back; Parallel does not wait",
)


def _ordered_update(component: str, _rule: str, before: Change, after: Change, answers: Answers) -> Finding:
    (old,), (new,) = before, after
    if component != NAME or old is None or "wanted" not in answers or (new is not None and not _deleted(old, new)):
        return IDLE
    wanted = answers["wanted"]
    if wanted is None or not is_member(wanted, old):
        return IDLE
    spec, name = wanted.spec, old.metadata.name
    strategy, ordinal = spec.update_strategy.rolling_update, parent_and_ordinal(name)[1]
    pods, update = _by_ordinal(answers["pods"]), revision_name(wanted)
    if old.metadata.labels.get(REVISION_HASH) == update or not spec.start <= ordinal < spec.start + spec.replicas:
        return IDLE
    if pods[ordinal].ended:
        return IDLE
    if strategy is not None and ordinal < spec.start + strategy.partition:
        return violated(f"{name} is below partition {strategy.partition}, yet it is replaced")
    if strategy is not None and max_unavailable(strategy.max_unavailable, spec.replicas) > 1:
        return HOLDS
    for above in range(ordinal + 1, spec.start + spec.replicas):
        if above not in pods or not pods[above].healthy or pods[above].revision != update:
            return violated(f"{name} is replaced before {pod_name(wanted.metadata.name, above)} is updated and ready")
    return HOLDS


def _deleted(old: Pod, new: Pod) -> bool:
    return new.metadata.terminating and not old.metadata.terminating


ORDERED_UPDATE = StepProperty(
    name="statefulset-ordered-update",
    statement="a StatefulSet replaces pods of an old revision from the highest ordinal down, never below the partition,"
    " each once it sees those above updated and ready",
    kind=POD,
    fields=("object",),
    judge=_ordered_update,
    reference="invariants 52",
    advice="a pod that was updated and is not ready holds the others back; look at its template",
)


def _progress(stateful_set: StatefulSet, pods: tuple[StatefulPod, ...], losses: tuple[str, ...]) -> Finding:
    spec = stateful_set.spec
    strategy = spec.update_strategy
    if strategy.type != ROLLING_UPDATE:
        return IDLE
    update = revision_name(stateful_set)
    partition = strategy.rolling_update.partition if strategy.rolling_update is not None else 0
    affected = [pod for pod in pods if spec.start + partition <= pod.ordinal < spec.start + spec.replicas]
    outdated = [pod for pod in affected if pod.revision != update]
    if not affected:
        return IDLE
    if not outdated:
        return HOLDS
    if losses:
        return suspended(disturbed(losses))
    if any(pod.revision == update and not pod.healthy for pod in affected):
        return suspended("a pod of the newest template does not become ready itself")
    name = stateful_set.metadata.name
    stuck = [pod_name(name, pod.ordinal) for pod in outdated if not pod.healthy]
    waits = f"; {name} waits for {', '.join(stuck)}, which does not become ready" if stuck else ""
    return violated(f"{pod_name(name, outdated[0].ordinal)} is of an old template{waits}")


PROGRESS_AFTER_TEMPLATE_FIX = TemporalProperty(
    name="statefulset-progress-after-template-fix",
    statement="a StatefulSet whose newest template can run ends up with all pods of that template, for good",
    key=_LIVE,
    queries={"pods": PODS, "losses": PODS_LOST},
    judge=_progress,
    shape=Shape.EVENTUALLY_ALWAYS,
    reference="invariants 53 (#67250)",
    assumes="no pod or node is lost, and the newest template itself becomes ready",
    advice="delete the pod that does not become ready by hand, or use podManagementPolicy Parallel",
)


def _all_ready(stateful_set: StatefulSet, pods: tuple[StatefulPod, ...]) -> Finding:
    name, spec = stateful_set.metadata.name, stateful_set.spec
    found = _by_ordinal(pods)
    wanted = range(spec.start, spec.start + spec.replicas)
    missing = [ordinal for ordinal in wanted if ordinal not in found or not found[ordinal].healthy]
    if not missing:
        return HOLDS if spec.replicas else IDLE
    pod = found.get(missing[0])
    why = "does not exist" if pod is None else "is still being deleted" if pod.terminating else "is not ready"
    return violated(f"{pod_name(name, missing[0])} {why}")


SURVIVES_FAULTS = TemporalProperty(
    name="statefulset-survives-faults",
    statement="a StatefulSet ends up with all its pods ready, for good, whatever happened",
    key=_LIVE,
    queries={"pods": PODS},
    judge=_all_ready,
    shape=Shape.EVENTUALLY_ALWAYS,
    reference="invariants 73, 106 (#54368)",
    advice="a pod on a node that does not answer is replaced only once the node returns, is deleted, is declared out of"
    " service, or the pod is deleted by force",
)


def _spares(component: str, _rule: str, before: Change, after: Change, _seen: Answers) -> Finding:
    (pod, eviction), (left, _) = before, after
    if component != EVICTING or pod is None or eviction is None or eviction.listed is None:
        return IDLE
    if left is not None and not _deleted(pod, left):
        return IDLE
    if pod.metadata.uid == eviction.listed:
        return HOLDS
    return violated(f"the eviction was asked for the {pod.metadata.name} that was on {eviction.node} before")


EVICTION_SPARES_NEXT = StepProperty(
    name="eviction-spares-next-incarnation",
    statement="an eviction deletes the pod that its client had listed, never another one of the same name",
    kind=POD,
    fields=("object", "eviction"),
    judge=_spares,
    reference="kube-apiserver §5 (#64923)",
    advice="let the request for the eviction name the pod's uid as a precondition",
)

__all__ = [
    "EVICTION_SPARES_NEXT",
    "IDENTITY_EXCLUSIVE",
    "ONE_OBJECT",
    "ONE_PROCESS",
    "ORDERED_START",
    "ORDERED_UPDATE",
    "PROGRESS_AFTER_TEMPLATE_FIX",
    "SURVIVES_FAULTS",
]
