"""The Deployment controller against the tables of Kubernetes' own unit tests.

An adapter decodes a case, calls the function that the controller's rules call too, and encodes its answer; a case
holds if the answer contains what is expected.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from frozendict import frozendict
from kubemodel.spec.control_plane.controllers import deployment_replica_sets as sets
from kubemodel.spec.control_plane.controllers import deployment_rollout as rollout
from kubemodel.spec.control_plane.controllers import deployment_scaling as scaling
from kubemodel.spec.control_plane.controllers import deployment_status as status
from kubemodel.spec.objects.decoding import decode_deployment, decode_replica_set
from kubemodel.spec.objects.decoding_pod import decode_pod_template
from kubemodel.spec.objects.plain_data import seconds
from kubemodel.spec.objects.workloads import Deployment, DeploymentStatus, ReplicaSet

Given = Mapping[str, Any]
Answer = Mapping[str, Any]

CASES = [json.loads(line) for line in Path(__file__).with_name("deployment.jsonl").read_text("utf-8").splitlines()]

NOT_FOLLOWED: dict[str, str] = {}
"""Cases whose answer the model does not give, by id, with the reason."""


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


def new_replicas(given: Given) -> Answer:
    new = _set(given["newReplicaSet"])
    targets = dict(rollout.scale_up_new(_deployment(given).spec, new, _old(given)))
    return {"scaled": bool(targets), "newReplicas": targets.get(new.metadata.name, new.spec.replicas)}


def old_replicas(given: Given) -> Answer:
    steps = rollout.scale_down_old(_deployment(given).spec, _set(given["newReplicaSet"]), _old(given))
    targets = dict(target for step in steps for target in step)
    return {"scaled": bool(targets), "oldReplicas": next(iter(targets.values()), None)}


def cleaned_up(given: Given) -> Answer:
    replicas, _ = rollout.clean_up_unhealthy(_old(given), given["maxCleanupCount"])
    return {"cleanedUp": rollout.desired(_old(given)) - sum(replicas.values())}


def spared(given: Given) -> Answer:
    old = _old(given)
    before = {rs.metadata.name: rs.spec.replicas for rs in old}
    available = status.totals(old).available
    after = rollout.scale_down_spare(_deployment(given).spec, old, before, available)
    return {"scaled": after != before, "oldReplicas": sum(after.values())}


def scaled(given: Given) -> Answer:
    new, old = _new(given), _old(given)
    everything = (*old, new) if new is not None else old
    targets = scaling.scaled(_deployment(given), new, old)
    return {"replicas": {rs.metadata.name: rs.spec.replicas for rs in everything} | dict(targets)}


def deleted(given: Given) -> Answer:
    found = sets.replica_sets_to_delete(_deployment(given), _old(given))
    return {"deletions": len(found), "deletedReplicaSets": [rs.metadata.name for rs in found]}


def same_template(given: Given) -> Answer:
    first, second = decode_pod_template(given["first"]), decode_pod_template(given["second"])
    both = {sets.same_template(first, second), sets.same_template(second, first)}
    return {"equal": both == {True}}


def found_new(given: Given) -> Answer:
    found = sets.find_new_replica_set(_deployment(given), map(_set, given["replicaSets"]))
    return {"newReplicaSet": found and found.metadata.name}


def found_old(given: Given) -> Answer:
    found = sets.find_old_replica_sets(_deployment(given), tuple(map(_set, given["replicaSets"])))
    return {
        "oldReplicaSets": [rs.metadata.name for rs in found],
        "oldReplicaSetsWithReplicas": [rs.metadata.name for rs in sets.active(found)],
    }


def counted(given: Given) -> Answer:
    found = status.totals(map(_set, given["replicaSets"]))
    return {
        "specReplicas": found.desired,
        "statusReplicas": found.actual,
        "terminatingReplicas": found.terminating,
    }


def fenceposts(given: Given) -> Answer:
    try:
        surge, unavailable = rollout.resolve_fenceposts(
            given.get("maxSurge"), given.get("maxUnavailable"), given["replicas"]
        )
    except ValueError:
        return {"error": True}
    return {"maxSurge": surge, "maxUnavailable": unavailable}


def sized_new(given: Given) -> Answer:
    others = rollout.desired(map(_set, given["allReplicaSets"]))
    new = _set(given["newReplicaSet"]).spec.replicas
    return {"newReplicas": rollout.initial_replicas(_deployment(given).spec, others, new)}


def complete(given: Given) -> Answer:
    deployment = _deployment(given)
    return {"complete": status.is_complete(deployment, deployment.status)}


def progressing(given: Given) -> Answer:
    return {"progressing": status.is_progressing(_status(given["oldStatus"]), _status(given["newStatus"]))}


def timed_out(given: Given) -> Answer:
    deployment = _deployment(given)
    return {"timedOut": status.is_timed_out(deployment.spec, deployment.status, seconds(given["now"]))}


def max_unavailable(given: Given) -> Answer:
    return {"maxUnavailable": rollout.max_unavailable(_deployment(given).spec)}


def min_available(given: Given) -> Answer:
    return {"minAvailable": rollout.min_available(_deployment(given).spec)}


def delta(given: Given) -> Answer:
    return {"delta": scaling.fraction(_deployment(given), _set(given["replicaSet"]))}


def revised(given: Given) -> Answer:
    annotations: frozendict[str, str] = frozendict()
    for number in given["revisions"]:
        annotations = sets.with_revision(annotations, int(number), given["historyLimitCharacters"])
    return {"revision": annotations[sets.REVISION], "revisionHistory": annotations[sets.REVISION_HISTORY]}


def selecting(given: Given) -> Answer:
    found = sets.deployments_selecting(_set(given["replicaSet"]), map(decode_deployment, given["deployments"]))
    return {"deployments": [deployment.metadata.name for deployment in found], "error": not found}


ADAPTERS: dict[str, Callable[[Given], Answer]] = {
    "next replica count of the new ReplicaSet in a rolling update": new_replicas,
    "whether the old ReplicaSet is scaled down in this step, and to what count": old_replicas,
    "number of unavailable old replicas removed within the given limit": cleaned_up,
    "replica count of the old ReplicaSet after the healthy-pod scale-down step (only old ReplicaSet exists)": spared,
    "replica counts of all ReplicaSets after a scaling event of the Deployment": scaled,
    "number of old ReplicaSets deleted under revisionHistoryLimit": deleted,
    "which old ReplicaSets are deleted under revisionHistoryLimit": deleted,
    "whether two pod templates count as the same template (both orders)": same_template,
    "which ReplicaSet is the new one for the Deployment template": found_new,
    "which ReplicaSets are old, and which of those still want pods": found_old,
    "desired, actual and terminating replica totals over ReplicaSets (null = unknown)": counted,
    "absolute surge and unavailable counts from the strategy values": fenceposts,
    "target replica count of the new ReplicaSet (allReplicaSets is the list whose replicas are counted)": sized_new,
    "whether the rollout is complete": complete,
    "whether the new status shows progress over the old one": progressing,
    "whether the progress deadline has been exceeded": timed_out,
    "effective maxUnavailable": max_unavailable,
    "minimum number of available pods the rollout must keep": min_available,
    "replica change of this ReplicaSet as its share of a Deployment scaling event": delta,
    "revision and revision-history annotations after adopting successive revisions with a history limit of"
    " 5 characters": revised,
    "which Deployments select the ReplicaSet by its labels (error when none)": selecting,
}


@pytest.mark.parametrize("case", [pytest.param(case, id=case["id"]) for case in CASES])
def test_answers_as_kubernetes(case: Mapping[str, Any]) -> None:
    if case["id"] in NOT_FOLLOWED:
        pytest.skip(NOT_FOLLOWED[case["id"]])
    answer = ADAPTERS[case["question"]](case["given"])
    assert {key: answer[key] for key in case["expected"]} == case["expected"]


def test_every_case_is_run() -> None:
    assert (len(CASES), len(NOT_FOLLOWED)) == (69, 0)
