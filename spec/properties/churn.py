"""Properties of what has come and gone on the way to an end that looks right: they ask ghost counters of the store.

The counters are kept only where one of these properties is checked (``spec/cluster/ghost_counters.py``).
"""

from __future__ import annotations

from ..kinds import POD, STATEFUL_SET, USER
from ..language.component import Key
from ..language.property import HOLDS, IDLE, Finding, StateProperty, When, suspended, violated
from ..language.query import ANY, Query, no_parameter
from ..objects.pod import Pod
from .assumptions import PODS_LOST, disturbed

NEEDLESS = "no-needless-recreation"
STAYS = "statefulset-pods-stay"

_BUSY = Query(USER, ("todo",), lambda _, todo: True if todo else None, ANY, no_parameter)
"""Whether some user has yet to act."""


def _of_stateful_set(name: str, pod: Pod | None, times: int) -> tuple[str, int] | None:
    reference = pod.metadata.controller_reference if pod is not None else None
    mine = reference is not None and reference.kind == STATEFUL_SET
    return (name, times) if name and mine else None


def _needless(key: tuple[str, int], losses: tuple[str, ...]) -> Finding:
    name, creations = key
    if creations < 2:
        return HOLDS
    if losses:
        return suspended(disturbed(losses))
    return violated(f"{name} was created again, though nothing had taken it away")


NO_NEEDLESS_RECREATION = StateProperty(
    name=NEEDLESS,
    statement="a pod of a StatefulSet is created once, as long as nobody takes it away and its template stays",
    key=Key(POD, ("name", "object", "creations"), _of_stateful_set),
    queries={"losses": PODS_LOST},
    judge=_needless,
    reference="controllers-workloads §3",
    assumes="no fault, no user and no eviction takes pods away, and no user changes the template",
    advice="look at who deleted the pod: a taint that it tolerates for some time only, or its own controller",
)


def _stays(key: tuple[str, int], busy: bool) -> Finding:
    name, removals = key
    if busy:
        return IDLE
    if not removals:
        return HOLDS
    times = "more than once" if removals > 1 else "once"
    return violated(f"{name} is there, but has gone {times} and was created anew")


PODS_STAY = StateProperty(
    name=STAYS,
    statement="once users are done and everything has come to rest, no pod of a StatefulSet has gone and come again",
    key=Key(POD, ("name", "object", "removals"), _of_stateful_set),
    queries={"busy": _BUSY},
    judge=_stays,
    when=When.QUIESCENT,
    reference="controllers-workloads §3",
    advice="a template that is changed and changed back replaces pods twice; updateStrategy OnDelete replaces none",
)

BACK = "deleted-pods-stay-gone"


def _known(name: str, pod: Pod | None, removals: int) -> tuple[str, bool, int] | None:
    return (name, pod is not None, removals) if name and (pod is not None or removals) else None


def _back(key: tuple[str, bool, int], busy: bool) -> Finding:
    name, there, removals = key
    if busy:
        return IDLE
    return violated(f"{name} was deleted, and is back") if there and removals else HOLDS


DELETED_PODS_STAY_GONE = StateProperty(
    name=BACK,
    statement="once users are done and everything has come to rest, no pod that was deleted is there again",
    key=Key(POD, ("name", "object", "removals"), _known),
    queries={"busy": _BUSY},
    judge=_back,
    when=When.QUIESCENT,
    reference="kubelet §2, controllers-workloads §3",
    advice="who owns the pod brings it back: delete or scale that; a static pod ends when its file is taken away",
)

__all__ = ["BACK", "DELETED_PODS_STAY_GONE", "NEEDLESS", "NO_NEEDLESS_RECREATION", "PODS_STAY", "STAYS"]
