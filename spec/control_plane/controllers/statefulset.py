"""The StatefulSet controller: pods with names that stay, one for each ordinal.

Duty (controllers-workloads §3): create the pod of each wanted ordinal, replace ended ones, delete those of ordinals
that are not wanted, replace those of an old revision as the update strategy allows; one after the other, or all at
once; report counts and revisions in the status. It keeps no expectations: the name is the lock. It never deletes by
force, so a pod whose node does not answer stays.

Life of a key: a pod or the StatefulSet changes -> one sync: wanted ordinals upwards, others downwards, old revisions
downwards -> status. Before a pod its claims are created; they stay when it goes, unless the retention policy says
otherwise. A pod's revision is the label ``controller-revision-hash``. A revision that the status names is
always there, with its template. Pods without controller are not adopted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import attrs
from frozendict import frozendict

from ...kinds import (
    KUBE_CONTROLLER_MANAGER,
    PERSISTENT_VOLUME,
    PERSISTENT_VOLUME_CLAIM,
    POD,
    STATEFUL_SET,
    process_runs,
)
from ...language.component import Component, Key, Rule
from ...language.machine import Arrow, Machine, states_by
from ...language.plan import Alternative
from ...language.query import DISTINCT, ONLY, Query, Read
from ...objects.pod import Pod, PodTemplateSpec
from ...objects.stateful_set import ON_DELETE, StatefulSet, StatefulSetStatus
from .statefulset_claims import Claims, held_uid, seen_claim
from .statefulset_decisions import Revision, StatefulPod, count, set_revisions, stateful_pod, sync
from .statefulset_identity import is_member, pod_name, revision_name
from .statefulset_requests import carry_out, update_status

NAME = "statefulset-controller"


def owned(stateful_set: StatefulSet, pod: Pod | None) -> StatefulPod | None:
    """What the controller reads of a pod that this StatefulSet controls."""
    if pod is None or not is_member(stateful_set, pod):
        return None
    reference = pod.metadata.controller_reference
    meta = stateful_set.metadata
    mine = (StatefulSet.kind, meta.name, meta.uid)
    if reference is None or (reference.kind, reference.name, reference.uid) != mine:
        return None
    return stateful_pod(stateful_set, pod)


def spec_only(stateful_set: StatefulSet | None) -> StatefulSet | None:
    """The StatefulSet as a sync reads it: of its status the current revision, and what new pods go by."""
    if stateful_set is None or stateful_set.metadata.terminating:
        return None
    strategy = stateful_set.spec.update_strategy
    counts = strategy.type != ON_DELETE and strategy.rolling_update is None
    status = StatefulSetStatus(
        current_revision=stateful_set.status.current_revision,
        current_replicas=stateful_set.status.current_replicas if counts else 0,
    )
    return attrs.evolve(stateful_set, metadata=attrs.evolve(stateful_set.metadata, generation=1), status=status)


PODS = Query(POD, ("object",), owned, DISTINCT)
"""The StatefulSet's pods, each by its ordinal."""


def _same(stateful_set: StatefulSet, other: StatefulSet | None) -> StatefulSet | None:
    mine = other is not None and other.metadata.name == stateful_set.metadata.name
    return spec_only(other) if mine else None


WANTED = Query(STATEFUL_SET, ("object",), _same, ONLY)
"""The StatefulSet itself, as the sync sees it: properties of steps are told what a rule was told, not its key."""


CLAIMS = {
    "claims": Query(PERSISTENT_VOLUME_CLAIM, ("object",), seen_claim, DISTINCT),
    "held": Query(PERSISTENT_VOLUME, ("object",), held_uid, DISTINCT, read=Read.QUORUM),
}
"""The claims of the StatefulSet's pods, and which incarnations of them volumes still know."""


def _because(name: str, actions: Iterable[Any]) -> str:
    return "; ".join(f"{action.what} {pod_name(name, action.ordinal)}: {action.because}" for action in actions)


def _sync(
    stateful_set: StatefulSet,
    pods: tuple[StatefulPod, ...],
    templates: Mapping[str, PodTemplateSpec],
    claims: Claims | None,
) -> Iterable[Alternative]:
    status = stateful_set.status
    existing = (Revision(status.current_revision, 1),) if status.current_revision else ()
    _, current, update = set_revisions(existing, status.current_revision, revision_name(stateful_set))
    actions = sync(stateful_set.spec, status.current_replicas, current.holds, update.holds, pods, claims)
    if actions:
        plan = carry_out(stateful_set, templates, actions, claims)
        yield Alternative(plan, _because(stateful_set.metadata.name, actions))


def sync_rule(templates: Mapping[str, PodTemplateSpec], *, claims: bool = False) -> Rule:
    """The rule of one sync. ``templates``: pod templates by revision; ``claims``: whether the pods' are looked at."""

    def decide(key: StatefulSet, pods: tuple[StatefulPod, ...], wanted: Any, **seen: Any) -> Iterable[Alternative]:
        return _sync(key, pods, templates, Claims(key, seen["claims"], seen["held"]) if claims else None)

    return Rule(
        name="sync",
        key=Key(STATEFUL_SET, ("object",), spec_only),
        queries={"pods": PODS, "wanted": WANTED, **(CLAIMS if claims else {})},
        decide=decide,
        several_requests=True,
        reference="controllers-workloads §3",
        meaning="creates the missing pods of its ordinals with their claims, deletes ended, surplus and outdated ones",
    )


def _status(stateful_set: StatefulSet, pods: tuple[StatefulPod, ...]) -> Iterable[Alternative]:
    status = count(
        stateful_set.spec, stateful_set.status, pods, revision_name(stateful_set), stateful_set.metadata.generation
    )
    if status != stateful_set.status:
        yield Alternative(update_status(stateful_set, status), "its pods or its spec changed since it was written")


STATUS = Rule(
    name="update status",
    key=Key(STATEFUL_SET, ("object",), lambda stateful_set: stateful_set),
    queries={"pods": PODS},
    decide=_status,
    reference="controllers-workloads §3",
    meaning="writes the counts of its pods and its revisions, if they changed",
)


def component(templates: Mapping[str, PodTemplateSpec] = frozendict(), *, claims: bool = False) -> Component:
    """The controller. ``templates``: pod templates by revision, of every revision that there can be.

    ``claims``: whether those of the pods are followed; otherwise they are taken to be there.
    """
    return Component(
        name=NAME,
        rules=(sync_rule(templates, claims=claims), STATUS),
        process=KUBE_CONTROLLER_MANAGER,
        guards=(process_runs(KUBE_CONTROLLER_MANAGER),),
        duty="keeps one pod for each ordinal of each StatefulSet, in order",
        reference="controllers-workloads §3",
    )


def _reports(stateful_set: StatefulSet | None) -> str:
    if stateful_set is None:
        return "Absent"
    spec, status = stateful_set.spec, stateful_set.status
    if status.observed_generation != stateful_set.metadata.generation:
        return "Not observed"
    if status.current_revision != status.update_revision:
        return "Updating"
    return "Steady" if status.replicas == status.ready_replicas == spec.replicas else "Unready"


_STATES = {
    "Absent": "no such StatefulSet",
    "Not observed": "its status does not speak of its newest spec",
    "Updating": "its status names a current revision and another one to update to",
    "Unready": "its status names one revision, and reports pods that are missing, too many or not ready",
    "Steady": "its status names one revision, and reports every pod ready",
}
_REST = ("Updating", "Unready", "Steady")
_PRESENT = ("Not observed", *_REST)

MACHINE = Machine(
    name="statefulset",
    kind=STATEFUL_SET,
    fields=("object",),
    states=states_by(_reports, _STATES),
    initial="Absent",
    arrows=(
        *(Arrow("observe spec", "Not observed", dest, NAME, "controllers-workloads §3") for dest in _REST),
        Arrow("update is complete", "Updating", "Steady", NAME, "controllers-workloads §3"),
        Arrow("update status", "Unready", "Steady", NAME, "controllers-workloads §3"),
        Arrow("update status", "Steady", "Unready", NAME, "controllers-workloads §3"),
        *(Arrow("apply", source, "Not observed", "user", "controllers-workloads §3") for source in _REST),
        *(
            Arrow("scale", source, "Not observed", "horizontal-pod-autoscaler-controller", "controllers-cluster §10.4")
            for source in ("Unready", "Steady")
        ),
        *(Arrow("delete", source, "Absent", "user", "kube-apiserver §4") for source in _PRESENT),
        *(
            Arrow("finalizer is gone", source, "Absent", "garbage-collector", "controllers-cluster §6")
            for source in _PRESENT
        ),
        *(Arrow("delete", source, "Absent", "namespace-controller", "controllers-cluster §5") for source in _PRESENT),
    ),
    meaning="what a StatefulSet's status says of its pods",
    reference="controllers-workloads §3",
)
