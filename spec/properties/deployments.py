"""Properties of Deployments and ReplicaSets (invariants C)."""

from __future__ import annotations

import attrs

from ..control_plane.controllers.deployment_replica_sets import DESIRED_REPLICAS, owned_by, same_template
from ..control_plane.controllers.deployment_rollout import max_surge, max_unavailable
from ..control_plane.controllers.deployment_status import PROGRESS_DEADLINE_EXCEEDED, PROGRESSING
from ..control_plane.controllers.replicaset import owner_name
from ..control_plane.controllers.replicaset_decisions import is_active, is_available
from ..kinds import DEPLOYMENT, POD, REPLICA_SET, PodRuntime
from ..kinds import RUNNING as CONTAINERS_RUNNING
from ..language.component import Key
from ..language.property import HOLDS, IDLE, Finding, Shape, StateProperty, TemporalProperty, suspended, violated
from ..language.query import ANY, COUNT, DISTINCT, MULTISET, SUM, Query, no_parameter
from ..objects.conditions import condition_is_true, find_condition
from ..objects.pod import Pod, is_terminal
from ..objects.workloads import RECREATE, ROLLING_UPDATE, Deployment, DeploymentStatus, ReplicaSet, ReplicaSetStatus
from .assumptions import (
    DISRUPTED,
    DISRUPTED_OR_TWO_LEADERS,
    PODS_LOST_OR_RESCALED,
    PODS_LOST_OTHERWISE,
    RESTARTED,
    disturbed,
)


@attrs.frozen(cache_hash=True)
class _Rollout:
    """What the properties read of a Deployment: its spec, and whether its status says that it is available."""

    name: str
    deployment: Deployment
    available: bool


def _spec_of(deployment: Deployment | None) -> _Rollout | None:
    if deployment is None or deployment.metadata.terminating:
        return None
    available = condition_is_true(deployment.status.conditions, "Available")
    bare = attrs.evolve(deployment, status=DeploymentStatus(collision_count=deployment.status.collision_count))
    return _Rollout(deployment.metadata.name, bare, available)


def _rolling(deployment: Deployment | None) -> _Rollout | None:
    return _spec_of(deployment) if deployment is not None and deployment.spec.strategy.type == ROLLING_UPDATE else None


def _recreating(deployment: Deployment | None) -> _Rollout | None:
    return _spec_of(deployment) if deployment is not None and deployment.spec.strategy.type == RECREATE else None


def _running(deployment: Deployment | None) -> _Rollout | None:
    """The view in which a Deployment is available only if its status counts an available pod, too.

    Its condition Available may be true without any, where all pods may be unavailable at once.
    """
    found = _spec_of(deployment)
    if deployment is None or found is None:
        return None
    return attrs.evolve(found, available=found.available and deployment.status.available_replicas > 0)


ROLLOUT = Key(DEPLOYMENT, ("object",), _spec_of)
ROLLING = Key(DEPLOYMENT, ("object",), _rolling)
RECREATING = Key(DEPLOYMENT, ("object",), _recreating)


def deployment_of(pod: Pod) -> str:
    """Name of the Deployment that a pod belongs to through its ReplicaSet, "" if to none.

    ReplicaSets are taken to be called as the Deployment controller calls them.
    """
    return owner_name(pod).rpartition("-")[0]


def _name(key: _Rollout) -> str:
    return key.name


def _deployment(key: _Rollout) -> Deployment:
    return key.deployment


def _available_pod(name: str, pod: Pod | None) -> bool | None:
    found = pod is not None and deployment_of(pod) == name and is_active(pod) and is_available(pod, 0, 0.0)
    return True if found else None


AVAILABLE_PODS = Query(POD, ("object",), _available_pod, COUNT, _name)


NOTHING_LOST = (
    "no fault takes pods or their readiness away; no user deletes; nobody, an autoscaler included, changes the replica"
    " count; no user changes the strategy in the middle of a rollout"
)


def _promised(key: _Rollout, found: int, losses: tuple[str, ...], otherwise: str) -> Finding:
    """Whether ``found`` pods are as many as a rolling update promises to keep of a Deployment that was available."""
    needed = key.deployment.spec.replicas - max_unavailable(key.deployment.spec)
    if not key.available or needed <= 0:
        return IDLE
    if found >= needed:
        return HOLDS
    return suspended(disturbed(losses)) if losses else violated(otherwise)


def _min_available(key: _Rollout, available: int, losses: tuple[str, ...]) -> Finding:
    replicas, missing = key.deployment.spec.replicas, max_unavailable(key.deployment.spec)
    otherwise = (
        f"available pods of {key.name}: {available}; promised were at least {replicas - missing}"
        f" ({replicas} replicas, maxUnavailable {missing})"
    )
    return _promised(key, available, losses, otherwise)


DEPLOYMENT_MIN_AVAILABLE = StateProperty(
    name="deployment-min-available",
    statement="once a Deployment is available, a rolling update keeps replicas - maxUnavailable of its pods available",
    key=ROLLING,
    queries={"available": AVAILABLE_PODS, "losses": PODS_LOST_OR_RESCALED},
    judge=_min_available,
    reference="invariants 41",
    assumes=NOTHING_LOST,
    advice="raise maxSurge instead of maxUnavailable, or add replicas",
)


def _asked(deployment: Deployment, replica_set: ReplicaSet | None) -> int | None:
    if replica_set is None or not owned_by(deployment, replica_set):
        return None
    return replica_set.spec.replicas


def _max_surge(key: _Rollout, asked: int, changes: tuple[str, ...]) -> Finding:
    spec = key.deployment.spec
    limit = spec.replicas + max_surge(spec)
    if asked == 0:
        return IDLE
    if asked <= limit:
        return HOLDS
    if changes:
        return suspended(disturbed(changes))
    return violated(f"the ReplicaSets of {key.name} ask for {asked} replicas; at most {limit} were allowed")


DEPLOYMENT_MAX_SURGE_SPEC = StateProperty(
    name="deployment-max-surge-spec",
    statement="the ReplicaSets of a Deployment never ask for more than replicas + maxSurge pods together",
    key=ROLLING,
    queries={"asked": Query(REPLICA_SET, ("object",), _asked, SUM, _deployment), "changes": DISRUPTED_OR_TWO_LEADERS},
    judge=_max_surge,
    reference="invariants 42",
    assumes="one leader; no user changes the replica count, or the strategy in the middle of a rollout",
    advice="look for a second writer of the ReplicaSets' replicas",
)


def _new_replica_set(deployment: Deployment, replica_set: ReplicaSet | None) -> bool | None:
    if replica_set is None or not owned_by(deployment, replica_set) or replica_set.spec.replicas == 0:
        return None
    return True if _is_new(deployment, replica_set) else None


def _is_new(deployment: Deployment, replica_set: ReplicaSet) -> bool:
    return same_template(replica_set.spec.template, deployment.spec.template)


def _one_new(key: _Rollout, new: int) -> Finding:
    if new == 0:
        return IDLE
    return HOLDS if new == 1 else violated(f"{new} ReplicaSets of {key.name} have its current template and replicas")


AT_MOST_ONE_NEW_REPLICASET = StateProperty(
    name="at-most-one-new-replicaset",
    statement="at most one ReplicaSet with the Deployment's current template is scaled up",
    key=ROLLOUT,
    queries={"new": Query(REPLICA_SET, ("object",), _new_replica_set, COUNT, _deployment)},
    judge=_one_new,
    reference="invariants 45",
    advice="the name of a ReplicaSet must be a function of its template",
)


def _complete(deployment: Deployment | None) -> Deployment | None:
    return deployment if deployment is not None and not deployment.metadata.terminating else None


def _eventually_complete(deployment: Deployment, fresh: int, stale: int) -> Finding:
    name, replicas = deployment.metadata.name, deployment.spec.replicas
    if fresh == replicas and stale == 0:
        return HOLDS
    if deployment.spec.paused:
        return suspended("while the rollout is paused")
    condition = next((c for c in deployment.status.conditions if c.type == "Progressing"), None)
    reason = f"; its condition Progressing says {condition.reason}" if condition is not None else ""
    old = f" and still has {stale} of older templates" if stale else ""
    return violated(f"{name} is left with {fresh} of {replicas} updated pods available{old}{reason}")


def _fresh_available(deployment: Deployment, replica_set: ReplicaSet | None) -> int | None:
    if replica_set is None or not owned_by(deployment, replica_set) or not _is_new(deployment, replica_set):
        return None
    return replica_set.status.available_replicas


def _stale_asked(deployment: Deployment, replica_set: ReplicaSet | None) -> int | None:
    if replica_set is None or not owned_by(deployment, replica_set) or _is_new(deployment, replica_set):
        return None
    return replica_set.spec.replicas


DEPLOYMENT_EVENTUALLY_COMPLETE = TemporalProperty(
    name="deployment-eventually-complete",
    statement="a Deployment that is left alone ends up with all pods updated and available, no old ones left, for good",
    key=Key(DEPLOYMENT, ("object",), _complete),
    queries={
        "fresh": Query(REPLICA_SET, ("object",), _fresh_available, SUM),
        "stale": Query(REPLICA_SET, ("object",), _stale_asked, SUM),
    },
    judge=_eventually_complete,
    shape=Shape.EVENTUALLY_ALWAYS,
    reference="invariants 44",
    assumes="the rollout is not paused",
    advice="see why the pods that are missing do not become available: an unschedulable pod names the filters that"
    " reject it, one that waits for its volumes may want one that another node has, a stuck rollout needs room"
    " (maxUnavailable, nodes) or a template that can start",
)


def _stable(replica_set: ReplicaSet | None) -> ReplicaSet | None:
    if replica_set is None or replica_set.metadata.terminating:
        return None
    return attrs.evolve(replica_set, status=ReplicaSetStatus())


def _owned(name: str, pod: Pod | None) -> bool | None:
    return True if pod is not None and owner_name(pod) == name and is_active(pod) else None


OWNED = Query(POD, ("object",), _owned, COUNT, lambda key: key.metadata.name)


def _stable_count(replica_set: ReplicaSet, active: int) -> Finding:
    if active == replica_set.spec.replicas:
        return HOLDS
    return violated(
        f"active pods of {replica_set.metadata.name}: {active}; wanted for good: {replica_set.spec.replicas}"
    )


REPLICASET_STABLE_COUNT = TemporalProperty(
    name="replicaset-stable-count",
    statement="a ReplicaSet that is left alone ends up with exactly as many active pods as it asks for, and keeps them",
    key=Key(REPLICA_SET, ("object",), _stable),
    queries={"active": OWNED},
    judge=_stable_count,
    shape=Shape.EVENTUALLY_ALWAYS,
    reference="invariants 34",
    advice="look for what refuses or removes its pods",
)


def _by_hand(name: str, pod: Pod | None) -> bool | None:
    # What a controller creates has a generated name, which is not modelled.
    return True if pod is not None and _owned(name, pod) and pod.metadata.name else None


def _no_overshoot(replica_set: ReplicaSet, active: int, adopted: bool, events: tuple[str, ...]) -> Finding:
    annotated = replica_set.metadata.annotations.get(DESIRED_REPLICAS)
    limit = max(replica_set.spec.replicas, int(annotated) if annotated is not None else 0)
    if active == 0:
        return IDLE
    if active <= limit:
        return HOLDS
    if events:
        return suspended(disturbed(events))
    if adopted:
        return suspended("some of the pods were not created by the ReplicaSet controller")
    return violated(f"active pods of {replica_set.metadata.name}: {active}; it was never asked for more than {limit}")


REPLICASET_NO_OVERSHOOT = StateProperty(
    name="replicaset-no-overshoot",
    statement="a ReplicaSet never has more active pods than it was ever asked for",
    key=Key(REPLICA_SET, ("object",), _stable),
    queries={
        "active": OWNED,
        "adopted": Query(POD, ("object",), _by_hand, ANY, lambda key: key.metadata.name),
        "events": RESTARTED,
    },
    judge=_no_overshoot,
    reference="invariants 35",
    assumes="one leader, neither restarted nor left without a reply; its expectations did not expire unmet, it adopted"
    " no pods, and nobody scaled down",
    advice="the controller acted again before it saw what it had done: look at its expectations and its Pod cache",
)


def _generation(deployment: Deployment, replica_set: ReplicaSet | None) -> tuple[str, bool] | None:
    """Name of a ReplicaSet of the Deployment, and whether it is that of the current template."""
    if replica_set is None or not owned_by(deployment, replica_set):
        return None
    return replica_set.metadata.name, _is_new(deployment, replica_set)


def _unfinished(_parameter: None, pod: Pod | None) -> str | None:
    return owner_name(pod) or None if pod is not None and not is_terminal(pod) else None


def _no_overlap(
    key: _Rollout, sets: tuple[tuple[str, bool], ...], pods: tuple[tuple[str, int], ...], changes: tuple[str, ...]
) -> Finding:
    is_new = dict(sets)
    new = sum(number for owner, number in pods if is_new.get(owner) is True)
    old = sum(number for owner, number in pods if is_new.get(owner) is False)
    if not new:
        return IDLE
    if not old:
        return HOLDS
    if changes:
        return suspended(disturbed(changes))
    return violated(f"pods of the new template of {key.name} exist while {old} pods of an older one do")


RECREATE_NO_OVERLAP = StateProperty(
    name="recreate-no-overlap",
    statement="with strategy Recreate no pod of the new template exists while a pod of an older one does",
    key=RECREATING,
    queries={
        "sets": Query(REPLICA_SET, ("object",), _generation, DISTINCT, _deployment),
        "pods": Query(POD, ("object",), _unfinished, MULTISET, no_parameter),
        "changes": DISRUPTED,
    },
    judge=_no_overlap,
    reference="invariants 46",
    assumes="no user changes the strategy in the middle of a rollout",
    advice="the controller must wait until the old pods are gone, terminating ones too, in a Pod cache that is fresh",
)


def _serving_pod(name: str, pod: Pod | None, runtime: PodRuntime | None) -> bool | None:
    if pod is None or deployment_of(pod) != name or runtime is None or pod.metadata.terminating:
        return None
    return True if runtime.containers == CONTAINERS_RUNNING and runtime.serving else None


SERVING_PODS = Query(POD, ("object", "runtime"), _serving_pod, COUNT, _name)


def _min_serving(key: _Rollout, serving: int, losses: tuple[str, ...]) -> Finding:
    needed = key.deployment.spec.replicas - max_unavailable(key.deployment.spec)
    otherwise = (
        f"pods of {key.name} that answer requests: {serving}; promised were {needed}, and its status says Available"
    )
    return _promised(key, serving, losses, otherwise)


DEPLOYMENT_MIN_SERVING = StateProperty(
    name="deployment-min-serving",
    statement="once a Deployment is available, a rolling update keeps replicas - maxUnavailable of its pods answering",
    key=ROLLING,
    queries={"serving": SERVING_PODS, "losses": PODS_LOST_OR_RESCALED},
    judge=_min_serving,
    reference="invariants 41, kubelet §6",
    assumes=NOTHING_LOST,
    advice="a pod without readinessProbe counts as ready as soon as its process has started: add a readinessProbe",
)


@attrs.frozen(cache_hash=True)
class _Progress:
    """How a rollout gets on. ``seconds``: of its deadline."""

    name: str
    exceeded: bool
    seconds: int | None


def _progress(deployment: Deployment | None) -> _Progress | None:
    condition = None if deployment is None else find_condition(deployment.status.conditions, PROGRESSING)
    if deployment is None or condition is None:
        return None
    exceeded = condition.reason == PROGRESS_DEADLINE_EXCEEDED
    return _Progress(deployment.metadata.name, exceeded, deployment.spec.progress_deadline_seconds)


def _meets_deadline(key: _Progress) -> Finding:
    if not key.exceeded:
        return HOLDS
    return violated(f"{key.name} made no progress for more than {key.seconds} s")


ROLLOUT_WITHIN_DEADLINE = StateProperty(
    name="rollout-within-deadline",
    statement="no rollout is reported as failed because it made no progress for progressDeadlineSeconds",
    key=Key(DEPLOYMENT, ("object",), _progress),
    judge=_meets_deadline,
    reference="controllers-workloads §2 conditions",
    advice="give it more progressDeadlineSeconds than a lost node takes (the grace period of its heartbeats, the wait"
    " for the taint NoExecute, the pods' tolerationSeconds), or pods that tolerate the taint for less time",
)


def _survives(key: _Rollout, serving: int, changes: tuple[str, ...]) -> Finding:
    if not key.available or key.deployment.spec.replicas == 0:
        return IDLE
    if serving:
        return HOLDS
    if changes:
        return suspended(disturbed(changes))
    return violated(f"no pod of {key.name} runs any more, although its status says Available")


DEPLOYMENT_SURVIVES_FAULTS = StateProperty(
    name="deployment-survives-faults",
    statement="once a Deployment is available, with at least one pod, one of its pods runs, whatever fault comes",
    key=Key(DEPLOYMENT, ("object",), _running),
    queries={"serving": SERVING_PODS, "changes": DISRUPTED},
    judge=_survives,
    reference="kube-scheduler §5.2",
    assumes="no user deletes anything or changes the replica count",
    advice="keep the replicas apart: required podAntiAffinity or a DoNotSchedule spread over kubernetes.io/hostname",
)

DEPLOYMENT_SURVIVES_DRAINS = StateProperty(
    name="deployment-survives-drains",
    statement="once a Deployment is available, with at least one pod, one of its pods runs while nodes are drained",
    key=Key(DEPLOYMENT, ("object",), _running),
    queries={"serving": SERVING_PODS, "changes": PODS_LOST_OTHERWISE},
    judge=_survives,
    reference="invariants 19, kube-apiserver §5",
    assumes="no fault takes pods away, no user deletes anything or changes the replica count",
    advice="give it a PodDisruptionBudget: without one a drain evicts all pods of a node at once",
)
