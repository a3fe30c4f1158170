"""Properties of PodDisruptionBudgets and of evictions (invariants 19 and 99, and what users take them to promise)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from ..control_plane.controllers.disruption import NAME as DISRUPTION_CONTROLLER
from ..control_plane.controllers.disruption_decisions import Covered
from ..kinds import DEPLOYMENT, NODE, POD, POD_DISRUPTION_BUDGET, REFUSED, Eviction
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
from ..language.query import ANY, COUNT, MULTISET, Query, no_parameter
from ..objects.disruption import PodDisruptionBudget
from ..objects.pod import Pod, is_ready
from ..objects.selectors import LabelSelector, selects
from ..objects.workloads import Deployment
from .assumptions import PODS_LOST_OTHERWISE, disturbed

Change = tuple[Any, ...]
Answers = Mapping[str, Any]


@attrs.frozen(cache_hash=True)
class _Granted:
    """How many evictions were granted since the controller wrote the status, and how many it had allowed."""

    name: str
    granted: int
    allowed: int


def _granted(budget: PodDisruptionBudget | None, granted: tuple[int, int]) -> _Granted | None:
    return _Granted(budget.metadata.name, *granted) if budget is not None else None


def _respects(key: _Granted) -> Finding:
    if not key.granted:
        return IDLE
    if key.granted <= key.allowed:
        return HOLDS
    return violated(f"{key.name} allowed {key.allowed} disruptions, and more evictions were granted")


EVICTION_RESPECTS_BUDGET = StateProperty(
    name="eviction-respects-budget",
    statement="against one status of a budget no more evictions are granted than it allows",
    key=Key(POD_DISRUPTION_BUDGET, ("object", "granted"), _granted),
    judge=_respects,
    reference="invariants 19",
    advice="the API server must compare versions when it takes a disruption from a budget",
)


def _sound(component: str, _rule: str, _before: Change, after: Change, seen: Answers) -> Finding:
    new, (_, allowed) = after
    if component != DISRUPTION_CONTROLLER or new is None or "pods" not in seen:
        return IDLE
    pods: tuple[tuple[Covered, int], ...] = seen["pods"]
    healthy = sum(count for pod, count in pods if pod.ready and not pod.terminating)
    most = max(0, healthy - new.status.desired_healthy)
    if allowed <= most:
        return HOLDS
    needed = f"{healthy} of its pods healthy, {new.status.desired_healthy} needed"
    return violated(f"the controller saw {needed}, and allows {allowed} disruptions of {new.metadata.name}")


PDB_ALLOWED_SOUND = StepProperty(
    name="pdb-allowed-sound",
    statement="the disruption controller allows no more disruptions than it sees healthy pods above those desired",
    kind=POD_DISRUPTION_BUDGET,
    fields=("object", "granted"),
    judge=_sound,
    reference="invariants 99",
    advice="look at how the controller counts healthy pods",
)


@attrs.frozen(cache_hash=True)
class _Protected:
    """A pod of a budget: whether it counts as healthy, its eviction was granted, or it is being deleted otherwise."""

    healthy: bool
    evicted: bool
    deleted: bool


def _selection(budget: PodDisruptionBudget) -> tuple[str, LabelSelector | None]:
    return budget.metadata.namespace, budget.spec.selector


def _protected(parameter: tuple[str, LabelSelector | None], pod: Pod | None, entry: str | None) -> _Protected | None:
    namespace, selector = parameter
    if pod is None or pod.metadata.namespace != namespace or not selects(selector, pod.metadata.labels):
        return None
    terminating = pod.metadata.terminating
    evicted = entry is not None
    return _Protected(is_ready(pod) and not terminating and not evicted, evicted, terminating and not evicted)


def _rolling(_parameter: None, deployment: Deployment | None) -> bool | None:
    if deployment is None:
        return None
    status, spec = deployment.status, deployment.spec
    busy = status.observed_generation < deployment.metadata.generation or status.updated_replicas < status.replicas
    return True if busy or status.replicas != spec.replicas else None


def _keeps(
    budget: PodDisruptionBudget,
    pods: tuple[tuple[_Protected, int], ...],
    rollouts: bool,
    losses: tuple[str, ...],
) -> Finding:
    if not any(pod.evicted for pod, _ in pods):
        return IDLE
    healthy = sum(count for pod, count in pods if pod.healthy)
    desired = budget.status.desired_healthy
    if healthy >= desired:
        return HOLDS
    name = budget.metadata.name
    problem = f"{healthy} pods are healthy, {name} wants {desired}, and yet an eviction was granted"
    if losses:
        return suspended(f"{problem}; {disturbed(losses)}")
    if rollouts:
        return suspended(f"{problem}; a rollout takes pods away, which budgets do not restrain")
    return violated(problem)


EVICTIONS_KEEP_PODS = StateProperty(
    name="evictions-keep-desired-pods",
    statement="evictions alone never leave a budget with fewer healthy pods than it desires",
    key=Key(POD_DISRUPTION_BUDGET, ("object",), lambda budget: budget),
    queries={
        "pods": Query(POD, ("object", "disruption"), _protected, MULTISET, _selection),
        "rollouts": Query(DEPLOYMENT, ("object",), _rolling, ANY, no_parameter),
        "losses": PODS_LOST_OTHERWISE,
    },
    judge=_keeps,
    reference="invariants 19; kube-apiserver §5",
    assumes="no fault takes pods away, no user deletes or scales, and no rollout is under way",
    advice="the controller must compute the status anew when its write conflicts with an eviction",
)


def _refused(name: str, eviction: Eviction | None) -> bool | None:
    return True if eviction is not None and eviction.node == name and eviction.state == REFUSED else None


def _completes(node: str, refused: int) -> Finding:
    if not refused:
        return HOLDS
    pods = f"{refused} pods stay" if refused > 1 else "a pod stays"
    return violated(f"{pods} on {node}: a budget refuses the eviction, for ever")


DRAIN_COMPLETES = TemporalProperty(
    name="drain-completes",
    statement="every eviction that a drain asked for is granted in the end",
    key=Key(NODE, ("name",), lambda name: name),
    queries={"refused": Query(POD, ("eviction",), _refused, COUNT)},
    judge=_completes,
    shape=Shape.EVENTUALLY_ALWAYS,
    reference="kube-apiserver §5; controllers-cluster §9",
    advice="a budget that allows no disruption blocks every drain: let it allow one, or run one replica more",
)
