"""Deletion with finalizers, and the pod garbage collector, against the tables of their own unit tests."""

from __future__ import annotations

from typing import Any

import attrs

from ..spec.control_plane.apiserver.deletion import delete
from ..spec.control_plane.apiserver.handling import handle
from ..spec.control_plane.apiserver.strategies import BACKGROUND, ORPHAN, POD
from ..spec.control_plane.controllers.pod_garbage_collector import finished_to_collect, must_collect
from ..spec.language.request import ApiCall, Response, Verb
from ..spec.objects.decoding_pod import decode_pod
from ..spec.objects.pod import Pod
from .delete_options import delete_options
from .question import Given, Question, Questions

_NOW = 5.0


def _what_is_left(response: Response) -> dict[str, Any]:
    if response.stored is None:
        return {"removed": True}
    metadata = response.stored.metadata
    return {
        "removed": False,
        "finalizers": list(metadata.finalizers),
        "deletionTimestampSet": metadata.terminating,
        "deletionGracePeriodSeconds": metadata.deletion_grace_period_seconds,
    }


def _deleted_at_once(given: Given) -> dict[str, Any]:
    pod = Pod()
    pod = attrs.evolve(pod, metadata=attrs.evolve(pod.metadata, finalizers=tuple(given["existingFinalizers"])))
    default = ORPHAN if given["resourceDefaultPolicy"] == "orphan" else BACKGROUND
    options = attrs.evolve(delete_options(given), grace_period_seconds=0)
    return _what_is_left(delete(pod, options, attrs.evolve(POD, default_propagation=default), _NOW))


@attrs.frozen
class _SetFinalizers:
    finalizers: tuple[str, ...]

    def __call__(self, stored: Any, /) -> Any:
        return attrs.evolve(stored, metadata=attrs.evolve(stored.metadata, finalizers=self.finalizers))


def _updated(given: Given) -> dict[str, Any]:
    change = _SetFinalizers(tuple(given["request"]["finalizers"]))
    call = ApiCall(Verb(given["request"]["verb"]), "Pod", change)
    return _what_is_left(handle(call, decode_pod(given["object"]), current=True))


def _collected(given: Given) -> dict[str, Any]:
    found = finished_to_collect(map(decode_pod, given["pods"]), given["terminatedPodThreshold"])
    return {"deletedPods": [pod.metadata.name for pod in found]}


def _terminating(given: Given) -> dict[str, Any]:
    pods = map(decode_pod, given["pods"])
    return {"deletedPods": [pod.metadata.name for pod in pods if _gives_up(pod)]}


def _gives_up(pod: Pod) -> bool:
    return must_collect(pod.metadata.terminating, pod.spec.node_name, node_gone=False, out_of_service=False)


_SETS = frozenset({"finalizers"})

_PODS = frozenset({"deletedPods"})

QUESTIONS: Questions = {
    "which pods the pod garbage collector deletes (as a set)": Question(_collected, sets=_PODS),
    "which pods the pod garbage collector deletes (as a set), considering only terminating pods "
    "without a node": Question(_terminating, sets=_PODS),
    "what deleting the object at once (no grace period) does: removed, or kept with which finalizers "
    "(compare as a set)": Question(_deleted_at_once, sets=_SETS),
    "whether the object is still there after the request": Question(_updated, sets=_SETS),
}
