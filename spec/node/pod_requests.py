"""The kubelet's requests about pods: each names the incarnation that it means (kubelet §3, §5)."""

from __future__ import annotations

from ..kinds import POD
from ..language.request import ApiCall, Change, DeleteOptions, Preconditions, Verb
from ..objects.pod import Pod


def incarnation(pod: Pod) -> int | None:
    """The uid rank of a pod in a model; None for pods whose name is never used again."""
    uid = pod.metadata.uid
    return uid if isinstance(uid, int) else None


def own_name(pod: Pod) -> str:
    """The name of a pod that can come again under it; "" for pods whose name is never used again."""
    return pod.metadata.name if incarnation(pod) is not None else ""


def status_patch(uid: int | None, change: Change) -> ApiCall:
    """A PATCH of the status of the pod's incarnation ``uid``."""
    return ApiCall(Verb.PATCH, POD, change, "status", Preconditions(uid=uid))


def final_delete(uid: int | None) -> ApiCall:
    """The DELETE with grace 0 that completes the deletion of the pod's incarnation ``uid``."""
    return ApiCall(Verb.DELETE, POD, DeleteOptions(0), preconditions=Preconditions(uid=uid))
