"""The ReplicaSet controller against the tables of Kubernetes' own unit tests.

An adapter decodes a case, calls the function that the controller's rules call too, or runs one sync of the controller
itself, and encodes the answer; a case holds if the answer contains what is expected.
"""

from __future__ import annotations

from typing import Any

from frozendict import frozendict

from ..spec.control_plane.controllers import deployment_replica_sets as sets
from ..spec.control_plane.controllers import replicaset
from ..spec.control_plane.controllers import replicaset_decisions as decisions
from ..spec.kinds import DELETION, POD, REPLICA_SET
from ..spec.language.request import Verb
from ..spec.objects.decoding import decode_replica_set
from ..spec.objects.decoding_pod import decode_pod
from ..spec.objects.metadata import ObjectMeta, OwnerReference
from ..spec.objects.plain_data import seconds
from ..spec.objects.pod import Pod
from ..spec.objects.selectors import LabelSelector
from ..spec.objects.workloads import ReplicaSet, ReplicaSetSpec
from .question import Answer, Given, Question, Questions
from .replicaset_sync import Sync


def _names(found: Any) -> list[str]:
    return [it.metadata.name for it in found]


def _pods(given: Given) -> tuple[Pod, ...]:
    return tuple(map(decode_pod, given["pods"]))


def _status(given: Given) -> Answer:
    replica_set = decode_replica_set(given["replicaSet"])
    labels, seconds_ready = replica_set.spec.template.metadata.labels, replica_set.spec.min_ready_seconds
    pods = [(decisions.counted(pod, labels, seconds_ready, 0.0), 1) for pod in _pods(given)]
    counts = decisions.count(replica_set.status, pods, replica_set.metadata.generation)
    return {
        "replicas": counts.replicas,
        "fullyLabeledReplicas": counts.fully_labeled_replicas,
        "readyReplicas": counts.ready_replicas,
        "availableReplicas": counts.available_replicas,
    }


def _active_pods(given: Given) -> Answer:
    return {"activePods": _names(filter(decisions.is_active, _pods(given)))}


def _active_replica_sets(given: Given) -> Answer:
    return {"activeReplicaSets": _names(sets.active(map(decode_replica_set, given["replicaSets"])))}


def _siblings(given: Given) -> Answer:
    found = [decode_replica_set(data) for data in given["replicaSets"]]
    (mine,) = (it.metadata.controller_reference for it in found if it.metadata.name == given["replicaSet"])
    return {"sameController": _names(it for it in found if decisions.shares_controller(mine, it))}


def _first_deleted(given: Given) -> Answer:
    now = seconds(given["now"])
    (one, first), (other, second) = (
        (pod, decisions.deletion_rank(pod, ranked["rank"], now))
        for ranked, pod in ((it, decode_pod(it["pod"])) for it in given["pods"])
    )
    return {"equivalent": first == second, "first": (one if first < second else other).metadata.name}


def _expectations(given: Given) -> Answer:
    observed = given["observedDeletedPods"]
    left = [
        replicaset.observe((DELETION, "rc"), Pod(), None if pod in observed else Pod())
        for pod in given["expectedDeletedPods"]
    ]
    return {"satisfied": not any(left)}


def _synced(given: Given) -> Answer:
    cached = decode_replica_set(given.get("replicaSet") or given["replicaSetInCache"])
    live = decode_replica_set(given["replicaSetLive"]) if "replicaSetLive" in given else None
    assert not any(given.get("outstandingExpectations", {}).values())
    sync = Sync(cached, _pods(given), live, refuses={Verb.PATCH} if given.get("patchesFail") else None)
    return {
        "creates": sync.made(Verb.CREATE),
        "deletes": sync.made(Verb.DELETE),
        "adoptions": sync.made(Verb.PATCH, done=True),
        "adoptionAttempts": sync.made(Verb.PATCH),
        "error": sync.error,
        # A rule that failed is tried again by itself.
        "requeued": sync.error,
    }


def _limited(given: Given) -> Answer:
    sync = Sync(decode_replica_set(given["replicaSet"]), _pods(given), create_limit=given["createLimit"])
    assert given["initialBatchSize"] == decisions.INITIAL_BATCH
    return {"creates": sync.made(Verb.CREATE, done=True), "maxCreateCalls": sync.made(Verb.CREATE)}


def _slow_start(given: Given) -> Answer:
    replica_set = ReplicaSet(ObjectMeta(name="rs"), ReplicaSetSpec(given["count"], LabelSelector()))
    sync = Sync(replica_set, (), create_limit=given["callsThatSucceed"])
    assert given["initialBatchSize"] == decisions.INITIAL_BATCH
    return {
        "successes": sync.made(Verb.CREATE, done=True),
        "calls": sync.made(Verb.CREATE),
        "error": sync.error,
    }


def _failure(given: Given) -> Answer:
    refuses = {Verb.CREATE, Verb.DELETE} if given["manageError"] else set()
    sync = Sync(decode_replica_set(given["replicaSet"]), _pods(given), refuses=refuses)
    (after,) = sync.stored(REPLICA_SET)
    return {
        "conditions": [{"type": it.type, "status": it.status, "reason": it.reason} for it in after.status.conditions]
    }


def _deleted(given: Given) -> Answer:
    found = _pods(given)
    assert given["pods"] == given["relatedPods"], "all related pods are those of the ReplicaSet itself"
    # The case names no ReplicaSet: this one owns its pods, selects them, and has a controller.
    meta = ObjectMeta(name="foobar", owner_references=(OwnerReference("Deployment", "foo", "d-uid", controller=True),))
    selector = LabelSelector(frozendict({"name": "foo"}))
    replica_set = ReplicaSet(meta, ReplicaSetSpec(len(found) - given["excess"], selector))
    after = Sync(replica_set, found).stored(POD)
    return {"podsToDelete": sorted(set(_names(found)) - set(_names(it for it in after if not it.metadata.terminating)))}


QUESTIONS: Questions = {
    "replica counts in the ReplicaSet status (pods without a transition time on Ready are available only when"
    " minReadySeconds is 0)": Question(_status),
    "ReplicaFailure condition after a round of pod creation or deletion": Question(
        _failure, leaves_out={"message": "messages of conditions are texts that no rule reads"}
    ),
    "which pods count as active": Question(_active_pods),
    "which of two active pods is deleted first, given their colocation ranks": Question(_first_deleted),
    "which ReplicaSets count as active": Question(_active_replica_sets),
    "whether the controller may act again after expectations were set and events observed": Question(_expectations),
    "successes and calls made by doubling batches that stop after a batch with an error": Question(_slow_start),
    "which pods are deleted when the ReplicaSet has too many (as a set; relatedPods are those of ReplicaSets with the"
    " same controller)": Question(_deleted),
    "pods created in one sync when the API accepts only a limited number of creates, and an upper bound on create"
    " calls": Question(_limited),
    "pods created, deleted and adopted in one sync": Question(_synced),
    "which ReplicaSets share the controller of the given one (as a set)": Question(_siblings),
}
