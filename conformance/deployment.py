"""The Deployment controller against the tables of Kubernetes' own unit tests.

An adapter decodes a case, calls the function that the controller's rules call too, and encodes its answer; a case
holds if the answer contains what is expected.
"""

from __future__ import annotations

from frozendict import frozendict

from ..spec.control_plane.controllers import deployment_replica_sets as sets
from ..spec.control_plane.controllers import deployment_rollout as rollout
from ..spec.control_plane.controllers import deployment_scaling as scaling
from ..spec.control_plane.controllers import deployment_status as status
from ..spec.objects.decoding import decode_deployment, decode_replica_set
from ..spec.objects.decoding_pod import decode_pod_template
from ..spec.objects.plain_data import seconds
from ..spec.objects.workloads import Deployment, DeploymentStatus, ReplicaSet
from .question import Answer, Given, Question, Questions


def _unset_generation(data: Given) -> Given:
    # The tables leave the generation at Go's zero value; the API's default is 1.
    return {**data, "metadata": {"generation": 0, **(data.get("metadata") or {})}}


def _deployment(given: Given) -> Deployment:
    return decode_deployment(_unset_generation(given["deployment"]))


def _status(data: Given) -> DeploymentStatus:
    return decode_deployment({"status": data}).status


def _set(data: Given) -> ReplicaSet:
    return decode_replica_set(_unset_generation(data))


def _old(given: Given) -> tuple[ReplicaSet, ...]:
    return tuple(map(_set, given["oldReplicaSets"]))


def _new(given: Given) -> ReplicaSet | None:
    return _set(given["newReplicaSet"]) if given.get("newReplicaSet") else None


def _new_replicas(given: Given) -> Answer:
    new = _set(given["newReplicaSet"])
    targets = dict(rollout.scale_up_new(_deployment(given).spec, new, _old(given)))
    return {"scaled": bool(targets), "newReplicas": targets.get(new.metadata.name, new.spec.replicas)}


def _old_replicas(given: Given) -> Answer:
    steps = rollout.scale_down_old(_deployment(given).spec, _set(given["newReplicaSet"]), _old(given))
    targets = dict(target for step in steps for target in step)
    return {"scaled": bool(targets), "oldReplicas": next(iter(targets.values()), None)}


def _cleaned_up(given: Given) -> Answer:
    counts = [(rs.spec.replicas, rs.status.available_replicas) for rs in _old(given)]
    after, _ = rollout.without_unhealthy(counts, given["maxCleanupCount"])
    return {"cleanedUp": rollout.desired(_old(given)) - sum(after)}


def _spared(given: Given) -> Answer:
    old, spec = _old(given), _deployment(given).spec
    before = tuple(rs.spec.replicas for rs in old)
    after = rollout.without_spare(before, status.totals(old).available, spec.replicas, rollout.max_unavailable(spec))
    return {"scaled": after != before, "oldReplicas": sum(after)}


def _scaled(given: Given) -> Answer:
    new, old = _new(given), _old(given)
    everything = (*old, new) if new is not None else old
    targets = scaling.scaled(_deployment(given), new, old)
    return {"replicas": {rs.metadata.name: rs.spec.replicas for rs in everything} | dict(targets)}


def _deleted(given: Given) -> Answer:
    found = sets.replica_sets_to_delete(_deployment(given), _old(given))
    return {"deletions": len(found), "deletedReplicaSets": [rs.metadata.name for rs in found]}


def _same_template(given: Given) -> Answer:
    first, second = decode_pod_template(given["first"]), decode_pod_template(given["second"])
    both = {sets.same_template(first, second), sets.same_template(second, first)}
    return {"equal": both == {True}}


def _found_new(given: Given) -> Answer:
    found = sets.find_new_replica_set(_deployment(given), map(_set, given["replicaSets"]))
    return {"newReplicaSet": found and found.metadata.name}


def _found_old(given: Given) -> Answer:
    found = sets.find_old_replica_sets(_deployment(given), tuple(map(_set, given["replicaSets"])))
    return {
        "oldReplicaSets": [rs.metadata.name for rs in found],
        "oldReplicaSetsWithReplicas": [rs.metadata.name for rs in sets.active(found)],
    }


def _counted(given: Given) -> Answer:
    found = status.totals(map(_set, given["replicaSets"]))
    return {
        "specReplicas": found.desired,
        "statusReplicas": found.actual,
        "terminatingReplicas": found.terminating,
    }


def _fenceposts(given: Given) -> Answer:
    try:
        surge, unavailable = rollout.resolve_fenceposts(
            given.get("maxSurge"), given.get("maxUnavailable"), given["replicas"]
        )
    except ValueError:
        return {"error": True}
    return {"maxSurge": surge, "maxUnavailable": unavailable}


def _sized_new(given: Given) -> Answer:
    others = rollout.desired(map(_set, given["allReplicaSets"]))
    new = _set(given["newReplicaSet"]).spec.replicas
    return {"newReplicas": rollout.initial_replicas(_deployment(given).spec, others, new)}


def _complete(given: Given) -> Answer:
    deployment = _deployment(given)
    return {"complete": status.is_complete(deployment, deployment.status)}


def _progressing(given: Given) -> Answer:
    return {"progressing": status.is_progressing(_status(given["oldStatus"]), _status(given["newStatus"]))}


def _timed_out(given: Given) -> Answer:
    deployment = _deployment(given)
    return {"timedOut": status.is_timed_out(deployment.spec, deployment.status, seconds(given["now"]))}


def _max_unavailable(given: Given) -> Answer:
    return {"maxUnavailable": rollout.max_unavailable(_deployment(given).spec)}


def _min_available(given: Given) -> Answer:
    return {"minAvailable": rollout.min_available(_deployment(given).spec)}


def _delta(given: Given) -> Answer:
    return {"delta": scaling.fraction(_deployment(given), _set(given["replicaSet"]))}


def _revised(given: Given) -> Answer:
    annotations: frozendict[str, str] = frozendict()
    for number in given["revisions"]:
        annotations = sets.with_revision(annotations, int(number), given["historyLimitCharacters"])
    return {"revision": annotations[sets.REVISION], "revisionHistory": annotations[sets.REVISION_HISTORY]}


def _selecting(given: Given) -> Answer:
    found = sets.deployments_selecting(_set(given["replicaSet"]), map(decode_deployment, given["deployments"]))
    return {"deployments": [deployment.metadata.name for deployment in found], "error": not found}


QUESTIONS: Questions = {
    "next replica count of the new ReplicaSet in a rolling update": Question(_new_replicas),
    "whether the old ReplicaSet is scaled down in this step, and to what count": Question(_old_replicas),
    "number of unavailable old replicas removed within the given limit": Question(_cleaned_up),
    "replica count of the old ReplicaSet after the healthy-pod scale-down step (only old ReplicaSet exists)": Question(
        _spared
    ),
    "replica counts of all ReplicaSets after a scaling event of the Deployment": Question(_scaled),
    "number of old ReplicaSets deleted under revisionHistoryLimit": Question(_deleted),
    "which old ReplicaSets are deleted under revisionHistoryLimit": Question(_deleted),
    "whether two pod templates count as the same template (both orders)": Question(_same_template),
    "which ReplicaSet is the new one for the Deployment template": Question(_found_new),
    "which ReplicaSets are old, and which of those still want pods": Question(_found_old),
    "desired, actual and terminating replica totals over ReplicaSets (null = unknown)": Question(_counted),
    "absolute surge and unavailable counts from the strategy values": Question(_fenceposts),
    "target replica count of the new ReplicaSet (allReplicaSets is the list whose replicas are counted)": Question(
        _sized_new
    ),
    "whether the rollout is complete": Question(_complete),
    "whether the new status shows progress over the old one": Question(_progressing),
    "whether the progress deadline has been exceeded": Question(_timed_out),
    "effective maxUnavailable": Question(_max_unavailable),
    "minimum number of available pods the rollout must keep": Question(_min_available),
    "replica change of this ReplicaSet as its share of a Deployment scaling event": Question(_delta),
    "revision and revision-history annotations after adopting successive revisions with a history limit of"
    " 5 characters": Question(_revised),
    "which Deployments select the ReplicaSet by its labels (error when none)": Question(_selecting),
}
