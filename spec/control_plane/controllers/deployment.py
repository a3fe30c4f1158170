"""The Deployment controller: moves pods from old ReplicaSets to the one of the current template.

Duty (controllers-workloads §2): keep one ReplicaSet per template of a Deployment, shift replicas between them as the
strategy allows, share out a change of the count, clean up the history, report how the rollout gets on. Its machine is
``deployment_machine``.

Life of a rollout, in the order of the rules: a ReplicaSet without owner is adopted -> the new ReplicaSet is created, or
an earlier one gets a new revision -> a changed count is shared out -> rolling update (scale up, scale down) or Recreate
(stop old, start new) -> the history is cleaned up; the status follows every change, and the progress deadline runs.

One sync of Kubernetes does several of these in a row from one look at its caches. Here each is a rule of its own, which
looks again; what a sync sends in one go within one of them stays one plan. Not modelled: rollbackTo, clashes of the
template hash, and the Deployment's annotations (its own revision, and those copied to ReplicaSets), which no decision
reads.
"""

from __future__ import annotations

from collections.abc import Iterable

from ...kinds import DEPLOYMENT, KUBE_CONTROLLER_MANAGER, REPLICA_SET, process_runs
from ...language.component import Component, Countdown, Key, Rule
from ...language.plan import KEY, Alternative, Call, Named
from ...language.query import ANY, MULTISET, Query, Read
from ...language.request import ApiCall, DeleteOptions, Preconditions, Verb
from ...objects.conditions import find_condition
from ...objects.metadata import ObjectMeta
from ...objects.workloads import RECREATE, Deployment, DeploymentStatus, ReplicaSet
from .deployment_changes import AdoptReplicaSet, ReportStatus
from .deployment_machine import MACHINE
from .deployment_replica_sets import (
    deployments_selecting,
    fingerprint,
    new_replica_set,
    owned_by,
    owner_reference,
    replica_set_name,
    replica_sets_to_delete,
)
from .deployment_status import (
    NEW_REPLICA_SET_CREATED,
    PROGRESS_DEADLINE_EXCEEDED,
    PROGRESSING,
    due_status,
    has_progress_deadline,
    is_complete,
    is_progressing,
    with_progress,
)
from .deployment_updates import REVISE, SCALE_DOWN, SCALE_UP, SHARE, START_NEW, STOP_OLD
from .deployment_views import (
    Sets,
    cleanable_set,
    desired_state,
    emptied_set,
    identified,
    is_managed,
    old_pods_query,
    reported_set,
    rolls_out,
    sets_query,
    split,
    views,
    where,
)

NAME = "deployment-controller"

PROGRESS_DEADLINE = 600
"""The API's default of ``progressDeadlineSeconds``."""

REQUEUE = 1
"""Seconds after the progress deadline at which a rollout that stands still is looked at again."""


# Adoption


def _orphan(replica_set: ReplicaSet | None) -> ReplicaSet | None:
    if replica_set is None or replica_set.metadata.terminating or replica_set.metadata.controller_reference is not None:
        return None
    return ReplicaSet(ObjectMeta(namespace=replica_set.metadata.namespace, labels=replica_set.metadata.labels))


def _selecting(orphan: ReplicaSet, deployment: Deployment | None) -> Deployment | None:
    if deployment is None or not is_managed(deployment) or not deployments_selecting(orphan, (deployment,)):
        return None
    metadata = deployment.metadata
    return Deployment(ObjectMeta(metadata.name, metadata.namespace, metadata.uid))


def _adopt(
    _orphan: ReplicaSet, owners: tuple[tuple[Deployment, int], ...], live: tuple[tuple[Deployment, int], ...]
) -> Iterable[Alternative]:
    for owner in owners:
        if owner in live:
            patch = ApiCall(Verb.PATCH, REPLICA_SET, AdoptReplicaSet(owner_reference(owner[0])))
            yield Alternative(
                (Call(KEY, patch),), f"a ReplicaSet without controller matches the selector of {owner[0].metadata.name}"
            )


ADOPT = Rule(
    name="adopt ReplicaSet",
    key=Key(REPLICA_SET, ("object",), _orphan),
    queries={
        "owners": Query(DEPLOYMENT, ("object",), _selecting, MULTISET),
        "live": Query(DEPLOYMENT, ("object",), _selecting, MULTISET, read=Read.QUORUM),
    },
    decide=_adopt,
    reference="00-index §4 controller ref manager (#42639)",
    meaning="takes over a ReplicaSet without controller that matches, after a live read of the Deployment",
)


# The new ReplicaSet


def _creator(deployment: Deployment | None) -> Deployment | None:
    return deployment if is_managed(deployment) and deployment is not None and not deployment.spec.paused else None


def _is_new(deployment: Deployment, replica_set: ReplicaSet | None) -> bool | None:
    if replica_set is None or not owned_by(deployment, replica_set):
        return None
    return True if fingerprint(replica_set.spec.template) == deployment.spec.template else None


def _create(deployment: Deployment, new: bool, sets: Sets, old_pods: bool) -> Iterable[Alternative]:
    short = identified(deployment)
    if new or not rolls_out(short, sets):
        return
    old = views(sets)
    stopped = not any(rs.spec.replicas or rs.status.replicas for rs in old) and not old_pods
    if deployment.spec.strategy.type == RECREATE and not stopped:
        return
    created = new_replica_set(deployment, old)
    plan = [Call(Named(REPLICA_SET, created.metadata.name), ApiCall(Verb.CREATE, REPLICA_SET, created))]
    if has_progress_deadline(deployment.spec):
        status = with_progress(deployment.status, "True", NEW_REPLICA_SET_CREATED)
        if status != deployment.status:
            plan.append(_report(deployment, status))
    yield Alternative(tuple(plan), f"no ReplicaSet has the template of {deployment.metadata.name}")


def _report(deployment: Deployment, status: DeploymentStatus) -> Call:
    precondition = Preconditions(seen=deployment)
    return Call(KEY, ApiCall(Verb.UPDATE, DEPLOYMENT, ReportStatus(status), "status", precondition))


CREATE = Rule(
    name="create ReplicaSet",
    key=Key(DEPLOYMENT, ("object",), _creator),
    queries={"new": Query(REPLICA_SET, ("object",), _is_new, ANY, desired_state)},
    stages=(
        {"sets": sets_query(emptied_set, lambda key, new: None if new else desired_state(key))},
        {"old_pods": old_pods_query(identified)},
    ),
    decide=_create,
    several_requests=True,
    reference="controllers-workloads §2",
    meaning="creates the ReplicaSet of a template that has none, and reports it; Recreate waits for the old pods",
)


# History


def _clean_up(deployment: Deployment, sets: Sets) -> Iterable[Alternative]:
    new, old = split(deployment, sets)
    paused = deployment.spec.paused
    if not paused and (new is None or not rolls_out(deployment, sets)):
        return
    beyond = replica_sets_to_delete(deployment, old)
    if beyond:
        options = DeleteOptions(propagation_policy="Background")
        yield Alternative(
            tuple(
                Call(Named(REPLICA_SET, rs.metadata.name), ApiCall(Verb.DELETE, REPLICA_SET, options)) for rs in beyond
            ),
            f"more old ReplicaSets than revisionHistoryLimit={deployment.spec.revision_history_limit}",
        )


CLEAN_UP = Rule(
    name="clean up history",
    key=Key(
        DEPLOYMENT,
        ("object",),
        where(lambda deployment: deployment.spec.paused or is_complete(deployment, deployment.status)),
    ),
    queries={"sets": sets_query(cleanable_set)},
    decide=_clean_up,
    several_requests=True,
    reference="controllers-workloads §2 C",
    meaning="deletes empty ReplicaSets beyond the history limit, lowest revision first, once complete or paused",
)


# Status


def _status(deployment: Deployment, sets: Sets) -> Iterable[Alternative]:
    status = due_status(identified(deployment), views(sets), now=0.0)
    if status != deployment.status:
        yield Alternative((_report(deployment, status),), "its ReplicaSets or its spec changed since the last report")


def _reporter(deployment: Deployment | None) -> Deployment | None:
    return deployment


STATUS = Rule(
    name="report status",
    key=Key(DEPLOYMENT, ("object",), _reporter),
    queries={"sets": sets_query(reported_set)},
    decide=_status,
    reference="controllers-workloads §2 conditions",
    meaning="writes the summed counts and the conditions, if they changed",
)


def _moves_on(before: DeploymentStatus, after: DeploymentStatus) -> bool:
    """Whether the progress deadline begins anew between two reports: lastUpdateTime is set."""
    reported = (find_condition(status.conditions, PROGRESSING) for status in (before, after))
    return is_progressing(before, after) or len(set(reported)) > 1


def _deadline_rule(seconds: int) -> Rule:
    """The timer of all Deployments whose ``progressDeadlineSeconds`` is ``seconds``."""

    def armed(deployment: Deployment | None) -> Deployment | None:
        if deployment is None or not is_managed(deployment) or deployment.spec.paused:
            return None
        condition = find_condition(deployment.status.conditions, PROGRESSING)
        reported = condition is None or condition.reason == PROGRESS_DEADLINE_EXCEEDED
        return None if reported or deployment.spec.progress_deadline_seconds != seconds else deployment

    def decide(deployment: Deployment, sets: Sets) -> Iterable[Alternative]:
        status = due_status(identified(deployment), views(sets), now=float(seconds + REQUEUE))
        condition = find_condition(status.conditions, PROGRESSING)
        if condition is not None and condition.reason == PROGRESS_DEADLINE_EXCEEDED:
            yield Alternative((_report(deployment, status),), f"no progress for {seconds} s")

    return Rule(
        name=f"progress deadline {seconds} s",
        key=Key(DEPLOYMENT, ("object",), armed),
        queries={"sets": sets_query(reported_set)},
        decide=decide,
        duration=float(seconds + REQUEUE),
        countdown=Countdown(since=lambda deployment: deployment.status, anew=_moves_on, stored=True),
        reference="controllers-workloads §2 conditions",
        meaning="reports a rollout that made no progress for so long; it goes on all the same",
    )


def component(progress_deadlines: Iterable[int] = (PROGRESS_DEADLINE,)) -> Component:
    """The controller. ``progress_deadlines``: every ``progressDeadlineSeconds`` that a Deployment may have."""
    deadlines = tuple(_deadline_rule(seconds) for seconds in sorted(set(progress_deadlines)))
    return Component(
        name=NAME,
        rules=(
            ADOPT,
            CREATE,
            REVISE,
            SHARE,
            SCALE_UP,
            SCALE_DOWN,
            STOP_OLD,
            START_NEW,
            CLEAN_UP,
            STATUS,
            *deadlines,
        ),
        process=KUBE_CONTROLLER_MANAGER,
        guards=(process_runs(KUBE_CONTROLLER_MANAGER),),
        duty="rolls out the template of each Deployment over its ReplicaSets",
        reference="controllers-workloads §2",
    )


__all__ = ["MACHINE", "NAME", "PROGRESS_DEADLINE", "component", "replica_set_name"]
