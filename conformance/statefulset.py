"""The StatefulSet controller against the tables of Kubernetes' own unit tests.

An adapter decodes a case, calls the functions that the controller's rules call too, and encodes the answer. Cases about
images go on from sync to sync until nothing is left to do; each pod that is created becomes ready.
"""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from ..spec.control_plane.controllers.statefulset_decisions import (
    CREATE,
    DELETE,
    Revision,
    StatefulPod,
    count,
    rolling_update,
    runs_ready,
    set_revisions,
    stateful_pod,
    sync,
)
from ..spec.control_plane.controllers.statefulset_identity import (
    identity_matches,
    is_member,
    parent_and_ordinal,
    pod_name,
    revision_name,
    storage_matches,
)
from ..spec.objects.decoding_pod import decode_pod
from ..spec.objects.decoding_shared import decode_metadata
from ..spec.objects.decoding_stateful_set import decode_stateful_set
from ..spec.objects.plain_data import seconds
from ..spec.objects.pod import Pod
from ..spec.objects.stateful_set import StatefulSet
from .question import Answer, Given, Question, Questions

_OLD = "old"


def _pod(data: Given) -> Pod:
    pod = decode_pod(data)
    return attrs.evolve(pod, metadata=decode_metadata(data.get("metadata"), default_namespace=""))


def _pods(given: Given, stateful_set: StatefulSet) -> list[StatefulPod]:
    update = revision_name(stateful_set)
    found = []
    for data in given["pods"]:
        read = stateful_pod(stateful_set, _pod(data), seconds(given.get("now", 0)))
        revision = _OLD if data.get("revision") == _OLD else update
        found.append(attrs.evolve(read, revision=revision, intact=True))
    return found


def _settle(stateful_set: StatefulSet, pods: Mapping[int, StatefulPod]) -> tuple[StatefulSet, dict[int, StatefulPod]]:
    """The set and its pods once no sync has anything left to do; a pod that is deleted is gone at once."""
    found = dict(pods)
    while True:
        wanted = revision_name(stateful_set)
        status = count(stateful_set.spec, stateful_set.status, found.values(), wanted, 1)
        stateful_set = attrs.evolve(stateful_set, status=status)
        actions = sync(
            stateful_set.spec, status.current_replicas, status.current_revision, status.update_revision, found.values()
        )
        if not actions:
            return stateful_set, found
        for action in actions:
            if action.what == CREATE:
                found[action.ordinal] = StatefulPod(action.ordinal, action.revision, ready=True, available=True)
            else:
                del found[action.ordinal]


def _images(given: Given) -> Answer:
    before, after = decode_stateful_set(given["before"]), decode_stateful_set(given["after"])
    image = {revision_name(item): item.spec.template.spec.containers[0].image for item in (before, after)}
    now, pods = _settle(before, {})
    now, pods = _settle(attrs.evolve(after, status=now.status), pods)
    for step in given.get("then", ()):
        if step == "apply the first revision":
            spec = attrs.evolve(now.spec, template=before.spec.template)
        else:
            spec = attrs.evolve(now.spec, replicas=int(step.removeprefix("scale to ")))
        now, pods = _settle(attrs.evolve(now, spec=spec), pods)
    name = now.metadata.name
    return {"podImages": {pod_name(name, ordinal): image[pod.revision] for ordinal, pod in sorted(pods.items())}}


def _next_sync(given: Given) -> Answer:
    stateful_set = decode_stateful_set(given["statefulSet"])
    name, update = stateful_set.metadata.name, revision_name(stateful_set)
    actions = sync(stateful_set.spec, stateful_set.spec.replicas, _OLD, update, _pods(given, stateful_set))
    return {
        "deleted": [pod_name(name, action.ordinal) for action in actions if action.what == DELETE],
        "created": [pod_name(name, action.ordinal) for action in actions if action.what == CREATE],
    }


def _rolling_update(given: Given) -> Answer:
    stateful_set = decode_stateful_set(given["statefulSet"])
    actions = rolling_update(stateful_set.spec, _OLD, revision_name(stateful_set), _pods(given, stateful_set))
    return {"podsDeleted": len(actions)}


def _available(given: Given) -> Answer:
    stateful_set = decode_stateful_set(given["statefulSet"])
    wanted = revision_name(stateful_set)
    status = count(stateful_set.spec, stateful_set.status, _pods(given, stateful_set), wanted, 1)
    return {"availableReplicas": status.available_replicas}


def _revisions(given: Given) -> Answer:
    existing = [Revision(each["template"], each["revision"]) for each in given["existingRevisions"]]
    found, current, update = set_revisions(existing, given["currentRevisionTemplate"], given["setTemplate"])
    return {
        "count": len(found),
        "current": {"template": current.holds, "revision": current.number},
        "update": {"template": update.holds, "revision": update.number},
    }


def _parent(given: Given) -> Answer:
    parent, ordinal = parent_and_ordinal(given["podName"])
    return {"set": parent, "ordinal": ordinal}


QUESTIONS: Questions = {
    "container image of each pod once the update has settled": Question(_images),
    "container image of each pod once the change has settled, no pod having been deleted by hand": Question(_images),
    "container image of each pod after the change, then scaling to zero and back": Question(_images),
    "container image of each pod after the update has settled and the first revision was applied again": Question(
        _images
    ),
    "number of pods deleted by the rolling-update stage alone while some pods are already terminating (the earlier"
    " stage, which in ordered mode waits for terminating pods, is not run)": Question(_rolling_update),
    "pods deleted and created in the next sync": Question(_next_sync),
    "availableReplicas in the status": Question(_available),
    "current and update revision of the set (letters stand for distinct pod templates), and how many revisions"
    " exist": Question(_revisions),
    "set name and ordinal read from a pod name": Question(_parent),
    "whether the pod belongs to the set by its name": Question(
        lambda given: {"member": is_member(decode_stateful_set(given["statefulSet"]), _pod(given["pod"]))}
    ),
    "whether the pod has the identity the set gives it": Question(
        lambda given: {"matches": identity_matches(decode_stateful_set(given["statefulSet"]), _pod(given["pod"]))}
    ),
    "whether the pod mounts the claims the set gives it": Question(
        lambda given: {"matches": storage_matches(decode_stateful_set(given["statefulSet"]), _pod(given["pod"]))}
    ),
    "whether the pod lets the ordered rollout go on": Question(
        lambda given: {"runningAndReady": runs_ready(_pod(given["pod"]))}
    ),
}
