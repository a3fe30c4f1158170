"""Properties of what has come and gone on the way to an end that looks right: they ask ghost counters of the store.

The counters are kept only where one of these properties is checked (``spec/cluster/ghost_counters.py``).
"""

from __future__ import annotations

from ..kinds import POD, STATEFUL_SET, USER
from ..language.component import Key
from ..language.property import HOLDS, IDLE, Finding, StateProperty, When, suspended, violated
from ..language.query import ANY, DISTINCT, Query, no_parameter
from ..objects.pod import Pod
from .assumptions import PODS_LOST, disturbed

NEEDLESS = "no-needless-recreation"
STAYS = "statefulset-pods-stay"


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
    queries={"busy": Query(USER, ("todo",), lambda _, todo: True if todo else None, ANY, no_parameter)},
    judge=_stays,
    when=When.QUIESCENT,
    reference="controllers-workloads §3",
    advice="a template that is changed and changed back replaces pods twice; updateStrategy OnDelete replaces none",
)

BACK = "deleted-pods-stay-gone"


def _came_again(_key: bool, name: str, pod: Pod | None, removals: int) -> str | None:
    return name if pod is not None and removals else None


def _back(_key: bool, back: tuple[str, ...]) -> Finding:
    return violated(f"{', '.join(back)} was deleted, and is back") if back else HOLDS


DELETED_PODS_STAY_GONE = StateProperty(
    name=BACK,
    statement="once a user is done and everything has come to rest, no pod that has gone is there again",
    key=Key(USER, ("todo",), lambda todo: None if todo else True),
    queries={"back": Query(POD, ("name", "object", "removals"), _came_again, DISTINCT)},
    judge=_back,
    when=When.QUIESCENT,
    reference="kubelet §2, controllers-workloads §3",
    advice="who owns the pod brings it back: delete or scale that; a static pod ends when its file is taken away",
)

__all__ = ["BACK", "DELETED_PODS_STAY_GONE", "NEEDLESS", "NO_NEEDLESS_RECREATION", "PODS_STAY", "STAYS"]
