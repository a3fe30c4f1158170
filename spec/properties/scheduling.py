"""Properties of scheduling: who comes first, who makes room for whom, what holds when a pod is bound (invariants B)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, cast

import attrs

from ..control_plane.apiserver.pod_strategy import POD_SCHEDULED
from ..control_plane.own_memory import own
from ..control_plane.scheduler.filtering import filter_with_nominated
from ..control_plane.scheduler.filters.inter_pod_affinity import inter_pod_affinity
from ..control_plane.scheduler.filters.pod_topology_spread import pod_topology_spread
from ..control_plane.scheduler.filters.verdict import Infeasible
from ..control_plane.scheduler.preemption import preempted
from ..control_plane.scheduler.profiles import SchedulerProfile, all_profiles
from ..control_plane.scheduler.queue import waits_for_node
from ..control_plane.scheduler.views import (
    ASSUMED,
    DEFAULT_SCHEDULER,
    NODES,
    NOMINATED,
    PODS,
    occupying,
    pending,
    scheduling_view,
    snapshot,
)
from ..control_plane.scheduler.volumes import BIND_WITH_VOLUMES, CLAIMS, VOLUMES
from ..kinds import POD
from ..language.component import Key
from ..language.property import (
    HOLDS,
    IDLE,
    Finding,
    Property,
    Shape,
    StateProperty,
    StepProperty,
    TemporalProperty,
    suspended,
    violated,
)
from ..language.query import DISTINCT, MULTISET, Query, no_parameter
from ..language.scenario import Scenario
from ..objects.conditions import condition_is_true
from ..objects.pod import Pod, bound_to, effective_priority, is_terminal
from ..objects.storage import CSINode, PersistentVolume, PersistentVolumeClaim, Storage, StorageClass
from .claims_followed import follows_claims
from .standing_storage import standing_storage

Counted = tuple[tuple[Any, int], ...]


def assumed_fields(scenario: Scenario) -> tuple[str, ...]:
    """The fields of pods in which schedulers remember where they assumed one."""
    return (ASSUMED, *(own(ASSUMED, name) for name in scenario.schedulers))


def newly_placed(component: str, rule: str, before: tuple[Any, ...], after: tuple[Any, ...]) -> Pod | None:
    """The pod, with its node, that its scheduler has just bound, or assumed until its volumes are bound.

    ``before`` and ``after``: the pod, and the node that it is assumed on by each scheduler.
    """
    (old, *by), (new, *now) = before, after
    if rule == BIND_WITH_VOLUMES or old is None or new is None or old.spec.node_name:
        return None
    was, assumed = next(filter(None, by), ""), next(filter(None, now), "")
    if new.spec.node_name:
        return cast("Pod", new)
    return attrs.evolve(new, spec=bound_to(new.spec, assumed)) if assumed and not was else None


def _most_urgent(
    component: str, rule: str, before: tuple[Any, ...], after: tuple[Any, ...], answers: Mapping[str, Any]
) -> Finding:
    if newly_placed(component, rule, before, after) is None:
        return IDLE
    if answers["more_urgent"]:
        return violated("the scheduler bound a pod while one of higher priority was in its active queue")
    return HOLDS


HIGHER_PRIORITY_FIRST = StepProperty(
    name="higher-priority-first",
    statement="the scheduler takes no pod while one of higher priority is in its active queue",
    kind=POD,
    fields=("object", "assumed"),
    judge=_most_urgent,
    reference="invariants 24",
    advice="look at where the pod of higher priority waited: in back-off and as unschedulable it stands behind",
)


def _victim(pod: Pod | None) -> tuple[str, int] | None:
    if pod is None or not preempted(pod) or not pod.spec.node_name:
        return None
    return pod.spec.node_name, effective_priority(pod)


def _promised(key: tuple[str, int], pod: Pod | None) -> int | None:
    return effective_priority(pod) if pod is not None and pod.status.nominated_node_name == key[0] else None


def _made_room_for_higher(key: tuple[str, int], promised: tuple[int, ...]) -> Finding:
    node, priority = key
    if not promised:
        return IDLE
    if max(promised) > priority:
        return HOLDS
    return violated(f"a pod of priority {priority} made room on {node} for one of priority {max(promised)}")


PREEMPTION_ONLY_LOWER_PRIORITY = StateProperty(
    name="preemption-only-lower-priority",
    statement="a pod is preempted only by one of higher priority",
    key=Key(POD, ("object",), _victim),
    queries={"promised": Query(POD, ("object",), _promised, DISTINCT, lambda key: key, excluding_key=True)},
    judge=_made_room_for_higher,
    reference="invariants 25",
    advice="look at the priorities of both pods, and at who set them",
)


def _promised_or_bound(pod: Pod | None) -> str | None:
    """The node that a pod still waits for, "" for one that has a node: the binding takes the promise away."""
    if pod is None or pod.metadata.terminating or effective_priority(pod) <= 0:
        return None
    if waits_for_node(pod):
        return pod.status.nominated_node_name or None
    return ""


def _has_a_node(promised: str) -> Finding:
    return violated(f"a pod still waits, although others made room for it on {promised}") if promised else HOLDS


PREEMPTOR_EVENTUALLY_BOUND = TemporalProperty(
    name="preemptor-eventually-bound",
    statement="a pod for which others had to go gets a node in the end",
    key=Key(POD, ("object",), _promised_or_bound),
    judge=_has_a_node,
    shape=Shape.INFINITELY_OFTEN,
    reference="invariants 27",
    advice="look at who took the room: a nominated node is no reservation",
)


Profiles = Mapping[str, SchedulerProfile]
_DEFAULT: Profiles = {DEFAULT_SCHEDULER: SchedulerProfile()}


def _waits(profiles: Profiles, pod: Pod | None, *assumed: str) -> Pod | None:
    """A pod of one of the profiles that waits for a node, or one that has one, without a word on what it is like."""
    bound = pod is not None and (bool(pod.spec.node_name) or any(assumed))
    return Pod() if bound else pending(pod, None, "", None, profiles)


def _nowhere_to_go(
    pod: Pod,
    nodes: Counted,
    pods: Counted,
    nominated: Counted,
    claims: tuple[PersistentVolumeClaim, ...] | None = None,
    volumes: tuple[PersistentVolume, ...] = (),
    *,
    standing: Storage | None = None,
    profiles: Profiles = _DEFAULT,
) -> Finding:
    if pod == Pod():
        return HOLDS
    storage = standing
    if storage is not None and claims is not None:
        storage = attrs.evolve(storage, volumes=volumes, claims=claims)
    seen = snapshot(nodes, pods, storage=storage)
    others = tuple(other for other, number in nominated for _ in range(number))
    filters = profiles[pod.spec.scheduler_name].filters
    for node in seen.nodes:
        if filter_with_nominated(pod, node, seen, others, filters).feasible:
            return violated(f"a pod waits, although {node.metadata.name} would do")
    return HOLDS


SCHEDULABLE_POD_EVENTUALLY_BOUND = TemporalProperty(
    name="schedulable-pod-eventually-bound",
    statement="no pod waits for ever while some node is feasible for it",
    key=Key(POD, ("object", ASSUMED), partial(_waits, _DEFAULT)),
    queries={"nodes": NODES, "pods": PODS, "nominated": NOMINATED},
    judge=_nowhere_to_go,
    shape=Shape.INFINITELY_OFTEN,
    reference="invariants 31",
    advice="look at which event should have brought the pod back into the queue",
)


def _eventually_bound(scenario: Scenario) -> TemporalProperty:
    """The property by the filters of each pod's own profile.

    A node from which a pod does not reach its volumes is not feasible, whether claims are followed or stay as they are.
    """
    prop, profiles = SCHEDULABLE_POD_EVENTUALLY_BOUND, all_profiles(scenario)
    assumed = assumed_fields(scenario)
    key = Key(POD, ("object", *assumed), partial(_waits, profiles))
    if scenario.schedulers:
        prop = attrs.evolve(prop, queries={**prop.queries, "pods": occupying(assumed)})
    if not follows_claims(scenario):
        standing = standing_storage(scenario)
        return attrs.evolve(prop, key=key, judge=partial(_nowhere_to_go, standing=standing, profiles=profiles))
    classes = tuple(item for item in scenario.objects if isinstance(item, StorageClass))
    csi_nodes = tuple(item for item in scenario.objects if isinstance(item, CSINode))
    queries = {**prop.queries, "claims": CLAIMS, "volumes": VOLUMES}
    judge = partial(_nowhere_to_go, standing=Storage((), (), classes, csi_nodes), profiles=profiles)
    return attrs.evolve(prop, key=key, queries=queries, judge=judge)


def _gated(pod: Pod | None) -> str | None:
    return pod.spec.node_name if pod is not None and pod.spec.scheduling_gates else None


GATED_POD_NEVER_BOUND = StateProperty(
    name="gated-pod-never-bound",
    statement="a pod with scheduling gates has no node",
    key=Key(POD, ("object",), _gated),
    judge=lambda node: violated(f"a pod that still has a scheduling gate is bound to {node}") if node else HOLDS,
    reference="invariants 16, 30",
    advice="look at who bound the pod: only the removal of its last gate lets it into the queue",
)


def _bound(_key: Any, pod: Pod | None) -> tuple[Pod, bool] | None:
    """A pod that has a node, and whether the scheduler gave it that: binding leaves a condition."""
    if pod is None or is_terminal(pod) or not pod.spec.node_name:
        return None
    return scheduling_view(pod), condition_is_true(pod.status.conditions, POD_SCHEDULED)


def _avoiding(pod: Pod | None) -> tuple[Pod, bool] | None:
    anti = pod.spec.affinity.pod_anti_affinity if pod is not None else None
    required = anti is not None and bool(anti.required_during_scheduling_ignored_during_execution)
    return _bound(None, pod) if required else None


def _apart(key: tuple[Pod, bool], others: tuple[tuple[tuple[Pod, bool], int], ...], nodes: Counted) -> Finding:
    pod, scheduled = key
    seen = snapshot(nodes, tuple((other, number) for (other, _), number in others))
    node = next((node for node in seen.nodes if node.metadata.name == pod.spec.node_name), None)
    if node is None:
        return IDLE
    # Alone, the pod's own affinity may not be met any more; only what it must keep away from is asked here.
    affinity = attrs.evolve(pod.spec.affinity, pod_affinity=None)
    verdict = inter_pod_affinity(attrs.evolve(pod, spec=attrs.evolve(pod.spec, affinity=affinity)), node, seen)
    if not isinstance(verdict, Infeasible):
        return HOLDS
    problem = f"two pods that must not meet are both at {node.metadata.name}: {'; '.join(verdict.reasons)}"
    if not scheduled or not all(by_scheduler for (_, by_scheduler), _ in others):
        return suspended(f"{problem}; some were created with a nodeName")
    return violated(problem)


REQUIRED_ANTI_AFFINITY_HOLDS = StateProperty(
    name="required-anti-affinity-holds-at-bind",
    statement="no two bound pods are together that required anti-affinity keeps apart",
    key=Key(POD, ("object",), _avoiding),
    queries={
        "others": Query(POD, ("object",), _bound, MULTISET, no_parameter, excluding_key=True),
        "nodes": NODES,
    },
    judge=_apart,
    reference="invariants 28",
    assumes="one scheduler puts all pods there, and the labels of nodes do not change",
    advice="look at what the scheduler saw when it bound the second of the two",
)


def _evenly(
    component: str, rule: str, before: tuple[Any, ...], after: tuple[Any, ...], answers: Mapping[str, Any]
) -> Finding:
    bound = newly_placed(component, rule, before, after)
    if bound is None or not bound.spec.topology_spread_constraints:
        return IDLE
    seen = snapshot(answers["nodes"], answers["pods"])
    node = next((node for node in seen.nodes if node.metadata.name == bound.spec.node_name), None)
    if node is None:
        return IDLE
    verdict = pod_topology_spread(before[0], node, seen)
    if isinstance(verdict, Infeasible):
        return violated(f"a pod was bound to {node.metadata.name}: {'; '.join(verdict.reasons)}")
    return HOLDS


TOPOLOGY_SPREAD_SKEW_AT_BIND = StepProperty(
    name="topology-spread-skew-at-bind",
    statement="no pod is bound where that makes the skew of a hard spread constraint larger than its maxSkew",
    kind=POD,
    fields=("object", "assumed"),
    judge=_evenly,
    reference="invariants 29",
    advice="nothing rebalances pods later: look at what had changed since the others were bound",
)


def by_every_scheduler(prop: StepProperty, scenario: Scenario) -> StepProperty:
    """A property of placements that looks at those of all schedulers."""
    return attrs.evolve(prop, fields=("object", *assumed_fields(scenario))) if scenario.schedulers else prop


TAILORED: Mapping[str, Callable[[Scenario], Property]] = {
    "schedulable-pod-eventually-bound": _eventually_bound,
    "higher-priority-first": partial(by_every_scheduler, HIGHER_PRIORITY_FIRST),
    "topology-spread-skew-at-bind": partial(by_every_scheduler, TOPOLOGY_SPREAD_SKEW_AT_BIND),
}
"""Properties that read what profiles, schedulers and storage the scenario has."""
