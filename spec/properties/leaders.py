"""Properties of leader election (invariants 102-104)."""

from __future__ import annotations

from ..environment.leader_faults import CLOCK_SKEW, LEADER_PAUSE
from ..kinds import CANDIDATE, LEASE
from ..language.component import Key
from ..language.property import HOLDS, IDLE, Finding, Shape, StateProperty, TemporalProperty, suspended, violated
from ..language.query import DISTINCT, Query
from .assumptions import disturbed, seen


def _of_lease(lease: str, candidate: str) -> bool:
    """Whether a candidate wants that Lease: it is called after it."""
    return candidate == lease or candidate.rpartition("-")[0] == lease


def _named(lease: str, name: str, holds: bool) -> str | None:
    return name if holds and _of_lease(lease, name) else None


def _acting(lease: str, name: str, leads: bool, paused: bool) -> str | None:
    return name if leads and not paused and _of_lease(lease, name) else None


NAMED = Query(CANDIDATE, ("name", "holds"), _named, DISTINCT)
ACTING = Query(CANDIDATE, ("name", "leads", "paused"), _acting, DISTINCT)
A_LEASE = Key(LEASE, ("name",), lambda name: name)


def _single_holder(lease: str, named: tuple[str, ...]) -> Finding:
    if not named:
        return IDLE
    return HOLDS if len(named) == 1 else violated(f"the Lease {lease} was won by {' and '.join(named)}, none lost it")


LEASE_SINGLE_HOLDER = StateProperty(
    name="lease-single-holder",
    statement="a Lease has at most one holder: whoever takes it takes it from the one before",
    key=A_LEASE,
    queries={"named": NAMED},
    judge=_single_holder,
    reference="invariants 102",
    advice="every write of a Lease must name the version that it was read at",
)


def _single_leader(lease: str, acting: tuple[str, ...], events: tuple[str, ...]) -> Finding:
    if not acting:
        return IDLE
    if len(acting) == 1:
        return HOLDS
    if events:
        return suspended(disturbed(events))
    return violated(f"{' and '.join(acting)} both act as leader")


SINGLE_ACTIVE_LEADER = StateProperty(
    name="single-active-leader",
    statement="at most one candidate acts as leader",
    key=A_LEASE,
    queries={"acting": ACTING, "events": seen(LEADER_PAUSE, CLOCK_SKEW)},
    judge=_single_leader,
    reference="invariants 103",
    assumes="no leader stands still without noticing, and the clocks of all candidates run alike",
    advice="a Lease does not fence: safety must come from preconditions of the writes themselves",
)


def _some_leader(lease: str, acting: tuple[str, ...]) -> Finding:
    return HOLDS if acting else violated(f"nobody leads as {lease}")


LEADER_EVENTUALLY = TemporalProperty(
    name="leader-eventually",
    statement="in the end some candidate leads, for good",
    key=A_LEASE,
    queries={"acting": ACTING},
    judge=_some_leader,
    shape=Shape.EVENTUALLY_ALWAYS,
    reference="invariants 104",
    advice="a Lease that is not renewed must be taken over once it has expired",
)


def _wrote(name: str, late: bool, holds: bool) -> Finding:
    if late:
        return violated(f"{name} has written after it had lost its Lease, and the write took effect")
    return HOLDS if holds else IDLE


DEPOSED_LEADER_WRITES_NOTHING = StateProperty(
    name="deposed-leader-writes-nothing",
    statement="what a leader writes after it has lost its Lease takes no effect",
    key=Key(CANDIDATE, ("name", "late", "holds"), lambda *values: values),
    judge=lambda key: _wrote(*key),
    reference="invariants 103 (#67651)",
    advice="only fencing would rule it out, which Kubernetes has not: the API server would have to know the Lease",
)
