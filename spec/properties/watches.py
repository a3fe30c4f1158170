"""Properties of watches, where history ends and watches do: no gap without an error, bookmarks that are true."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..control_plane.apiserver.watch_history import NAME, SEND_BOOKMARK
from ..environment.watch_faults import WATCH_END
from ..kinds import POD
from ..language.model import BEYOND, INFORMER
from ..language.property import HOLDS, IDLE, Finding, StepProperty, violated

NO_GAP = "watch-no-gap-no-reorder"
SOUND = "bookmark-sound"
SEEN = "expectations-met-by-watch"

_DELIVERS, _STARTS = "watch", "process-supervisor"
_EXPIRES = "expectation expires"


def _no_gap(
    component: str, rule: str, before: tuple[int, int], after: tuple[int, int], _answers: Mapping[str, Any]
) -> Finding:
    (pending, beyond), (left, _) = before, after
    if left >= pending or component == _STARTS:
        return IDLE
    if component == _DELIVERS or (rule.startswith(WATCH_END) and beyond):
        return HOLDS
    return violated(f"a watch has lost {pending - left} of {pending} changes, and its client was told of no error")


NO_GAP_NO_REORDER = StepProperty(
    name=NO_GAP,
    statement="a watch delivers every change that follows what its client saw last, or ends with an error",
    kind=INFORMER,
    fields=("pending", BEYOND),
    judge=_no_gap,
    reference="invariants 9; etcd §3",
    advice="an event that is lost without an error is only made good by the next list: see the fault watch-event-lost",
)


def _sound(
    component: str, rule: str, before: tuple[int, int], _after: tuple[int, int], _answers: Mapping[str, Any]
) -> Finding:
    if (component, rule) != (NAME, SEND_BOOKMARK.name):
        return IDLE
    pending, _ = before
    if pending:
        return violated(f"a bookmark has overtaken {pending} changes: the client would resume behind them")
    return HOLDS


BOOKMARK_SOUND = StepProperty(
    name=SOUND,
    statement="after a bookmark no event of an earlier revision follows on that watch",
    kind=INFORMER,
    fields=("pending", BEYOND),
    judge=_sound,
    reference="invariants 10; kube-apiserver §2",
    advice="a bookmark goes the way of the events, behind those that are not delivered yet",
)


def _met(_component: str, rule: str, before: tuple[Any], after: tuple[Any], _answers: Mapping[str, Any]) -> Finding:
    (expected,), (left,) = before, after
    if expected is None or left is not None:
        return IDLE
    if rule == _EXPIRES:
        return violated(f"the controller of {expected[1]} stood still for five minutes, waiting for a {expected[0]}")
    return HOLDS


EXPECTATIONS_MET = StepProperty(
    name=SEEN,
    statement="a controller sees what it has created and deleted, and never waits until it gives that up",
    kind=POD,
    fields=("expected",),
    judge=_met,
    reference="00-index §4 expectations",
    advice="a pod that comes and goes between two lists is never seen: keep watches resumable (bookmarks)",
)

__all__ = ["BOOKMARK_SOUND", "EXPECTATIONS_MET", "NO_GAP_NO_REORDER"]
