"""Mirror pods: what the API shows of static pods (kubelet §2).

For each static pod the kubelet makes an API object with the annotation ``kubernetes.io/config.mirror``, which its Node
owns: where that is deleted the garbage collector collects it, until the kubelet registers its node again. One that is
missing is created; one that is being deleted, or shows another uid than the source declares, is deleted with grace 0
and created anew. Deleting it does nothing to the static pod, which runs without any API server.
"""

from __future__ import annotations

from collections.abc import Callable

import attrs

from ..kinds import NODE, POD, RUNNING, STATIC_POD
from ..language.component import Key, Rule
from ..language.plan import Alternative, Call, Named
from ..language.query import ANY, ONLY, Query
from ..language.request import ApiCall, Verb
from ..objects.node import Node
from ..objects.pod import RUNNING as PHASE_RUNNING
from ..objects.pod import Pod, is_ready
from .heartbeat import KUBELET_CONNECTED
from .pod_requests import final_delete, incarnation, status_patch
from .pod_status import ReportStatus
from .static_pods import GONE, MIRROR_ANNOTATION, UNREAD, Manifest, Source, StaticRuntime, is_mirror


@attrs.frozen(cache_hash=True)
class Shown:
    """A static pod of ``node`` that is called ``name`` in the API, as its kubelet knows it; ``runs``: on the node."""

    node: str
    name: str
    known: Source
    runs: bool


def _static(place: str, name: str, known: Source, runtime: StaticRuntime | None) -> Shown | None:
    if known == UNREAD:
        return None
    runs = runtime is not None and runtime.state == RUNNING
    return Shown(place, name, known, runs and isinstance(known, Manifest) and runtime.uid == known.uid)  # type: ignore[union-attr]


@attrs.frozen(cache_hash=True)
class Mirror:
    """A mirror as the kubelet sees it: the uid that it shows, its incarnation, whether it is being deleted, Running."""

    shows: str
    incarnation: int | None
    terminating: bool
    reported: bool


def mirror_of(key: Shown, name: str, pod: Pod | None) -> Mirror | None:
    """The class of a pod that is the mirror of the key, None for all others."""
    if name != key.name or pod is None or not is_mirror(pod):
        return None
    reported = pod.status.phase == PHASE_RUNNING and is_ready(pod)
    shows = pod.metadata.annotations[MIRROR_ANNOTATION]
    return Mirror(shows, incarnation(pod), pod.metadata.terminating, reported)


def _registered(key: Shown, name: str, stored: Node | None) -> bool | None:
    return True if name == key.node and stored is not None else None


_QUERIES = {
    "mirror": Query(POD, ("name", "object"), mirror_of, ONLY),
    "registered": Query(NODE, ("name", "object"), _registered, ANY),
}
_KEY = Key(STATIC_POD, ("place", "name", "known", "runtime"), _static)

Decision = Callable[[Shown, Mirror | None, bool], list[Alternative]]


def _rule(name: str, decide: Decision, meaning: str) -> Rule:
    return Rule(
        name=name,
        key=_KEY,
        decide=decide,
        queries=_QUERIES,
        guards=(KUBELET_CONNECTED,),
        reference="kubelet §2",
        meaning=meaning,
    )


def _create(key: Shown, mirror: Mirror | None, registered: bool) -> list[Alternative]:
    if mirror is not None or not registered or not isinstance(key.known, Manifest):
        return []
    create = ApiCall(Verb.CREATE, POD, key.known.pod)
    return [Alternative((Call(Named(POD, key.name), create),), "the API shows nothing of the static pod")]


def _delete(key: Shown, mirror: Mirror | None, registered: bool) -> list[Alternative]:
    if mirror is None:
        return []
    uid = key.known.uid if isinstance(key.known, Manifest) else GONE
    if mirror.shows == uid and not mirror.terminating:
        return []
    why = "the mirror is being deleted" if mirror.terminating else "the mirror shows another pod than the source"
    return [Alternative((Call(Named(POD, key.name), final_delete(mirror.incarnation)),), why)]


def _report(key: Shown, mirror: Mirror | None, registered: bool) -> list[Alternative]:
    if mirror is None or mirror.terminating or mirror.reported or not key.runs:
        return []
    if not isinstance(key.known, Manifest) or mirror.shows != key.known.uid:
        return []
    patch = status_patch(mirror.incarnation, ReportStatus(PHASE_RUNNING, ready=True))
    return [Alternative((Call(Named(POD, key.name), patch),), "the static pod runs")]


CREATE_MIRROR = _rule("create mirror pod", _create, "the kubelet makes an API object for a static pod that has none")
DELETE_MIRROR = _rule(
    "delete mirror pod", _delete, "the kubelet deletes a mirror that is outdated or being deleted, with grace 0"
)
REPORT_MIRROR = _rule(
    "report status of mirror pod", _report, "the kubelet writes into the mirror that the static pod runs"
)

RULES = (DELETE_MIRROR, CREATE_MIRROR, REPORT_MIRROR)
