"""Leader election by Lease (controllers-cluster §11).

Duty: of several candidates the one that holds the Lease acts. Life of a candidate: follower -> it finds the Lease free,
or sees that nobody has renewed it for its whole duration -> leader -> (paused, and deposed meanwhile) -> it tries to
renew the Lease, finds another holder in it, and exits.

Nothing keeps a leader from acting after it has lost its Lease until it notices: there is no fencing (invariants 103).
A candidate's GET and UPDATE of the Lease are one step: a compare-and-swap that loses changes nothing. Renewals that
change nothing are no steps; a Lease is fresh exactly while its holder can renew it.
"""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from ...kinds import CANDIDATE, LEASE, PROCESS, RUNNING, STOPPED
from ...language.component import Component, Countdown, Key, Rule
from ...language.machine import Arrow, Machine, State, states_by
from ...language.plan import KEY, Alternative, Forget, Named, Set, Step, Write
from ...language.query import DISTINCT, ONLY, Query, no_parameter
from .lease_timing import LEASE_DURATION, RETRY_PERIOD, has_expired

NAME = "leader-election"

Names = tuple[str, ...]


def candidate_names(process: str, number: int) -> tuple[str, ...]:
    """The processes of ``number`` candidates: the first is called as the only one would be."""
    return (process, *(f"{process}-{place}" for place in range(2, number + 1)))


@attrs.frozen(cache_hash=True)
class Follower:
    """A candidate that does not lead."""

    name: str


def _follower(names: tuple[str, ...]) -> Key:
    def view(name: str, leads: bool, paused: bool) -> Follower | None:
        return Follower(name) if name in names and not leads and not paused else None

    return Key(CANDIDATE, ("name", "leads", "paused"), view)


RUNS = Query(
    PROCESS, ("name", "state"), lambda _, name, state: name if state == RUNNING else None, DISTINCT, no_parameter
)
"""The processes that run."""

RENEWING = Query(
    CANDIDATE,
    ("name", "leads", "paused"),
    lambda _, name, leads, paused: name if leads and not paused else None,
    DISTINCT,
    no_parameter,
)
"""The candidates that would renew a Lease, if their process runs."""


def holder_of(lease: str) -> Query:
    """The query for the holder of a Lease."""
    return Query(
        LEASE, ("name", "holder"), lambda _, name, holder: holder if name == lease else None, ONLY, no_parameter
    )


def become_leader(lease: str, name: str, holder: str) -> tuple[Step, ...]:
    """The steps by which the candidate ``name`` takes the Lease from ``holder``, "" if nobody has it."""
    taken = Write(Named(CANDIDATE, holder), "holds", Set(False))
    return (
        Write(Named(LEASE, lease), "holder", Set(name)),
        *((taken,) if holder not in ("", name) else ()),
        Write(KEY, "leads", Set(True)),
        Write(KEY, "holds", Set(True)),
    )


def _rules(lease: str, names: tuple[str, ...]) -> tuple[Rule, ...]:
    queries = {"runs": RUNS, "renewing": RENEWING, "holder": holder_of(lease)}

    def acquire(key: Follower, runs: Names, renewing: Names, holder: str) -> Iterable[Alternative]:
        if key.name in runs and not holder:
            yield Alternative(become_leader(lease, key.name, ""), f"nobody holds the Lease {lease}")

    def take_over(
        key: Follower, runs: tuple[str, ...], renewing: tuple[str, ...], holder: str
    ) -> Iterable[Alternative]:
        unchanged = 0 if holder in renewing and holder in runs else LEASE_DURATION
        if key.name in runs and holder and has_expired(unchanged):
            yield Alternative(become_leader(lease, key.name, holder), f"{holder} has not renewed the Lease {lease}")

    def leader(name: str, leads: bool, paused: bool) -> str | None:
        return name if name in names and leads and not paused else None

    def stop(name: str, runs: Names, renewing: Names, holder: str) -> Iterable[Alternative]:
        if name in runs and holder != name:
            ends: tuple[Step, ...] = (Write(Named(PROCESS, name), "state", Set(STOPPED)), Forget(name))
            because = f"the Lease {lease} is held by {holder}"
            yield Alternative((Write(KEY, "leads", Set(False)), *ends), because)

    return (
        Rule(
            f"acquire {lease}",
            _follower(names),
            acquire,
            queries,
            reference="controllers-cluster §11",
            meaning="a candidate takes a Lease that nobody holds",
        ),
        Rule(
            f"take over {lease}",
            _follower(names),
            take_over,
            queries,
            duration=float(LEASE_DURATION),
            reference="controllers-cluster §11",
            meaning="a candidate takes a Lease that it has seen unchanged for the Lease's duration",
        ),
        Rule(
            f"stop leading {lease}",
            Key(CANDIDATE, ("name", "leads", "paused"), leader),
            stop,
            queries,
            duration=float(RETRY_PERIOD),
            countdown=Countdown(periodic=True),
            reference="controllers-cluster §11",
            meaning="a leader that finds another holder in its Lease exits",
        ),
    )


def component(leases: Iterable[tuple[str, tuple[str, ...]]]) -> Component:
    """The candidates of all processes. ``leases``: each with the names of its candidates."""
    rules = tuple(rule for lease, names in leases for rule in _rules(lease, names))
    return Component(
        NAME,
        rules,
        duty="lets one of several candidates act, by a Lease that must be renewed",
        reference="controllers-cluster §11",
    )


def _stands(leads: bool, paused: bool, holds: bool) -> str:
    if paused:
        return "Paused" if holds else "Paused, deposed"
    if leads:
        return "Leader" if holds else "Deposed"
    return "Follower"


_STATES = {
    "Follower": "waits for the Lease, or its process has not found out yet what has become of it",
    "Leader": "holds the Lease and acts",
    "Paused": "holds the Lease and does nothing",
    "Paused, deposed": "has lost the Lease and does nothing",
    "Deposed": "has lost the Lease, does not know, and acts",
}

LEADERSHIP = Machine(
    name="leadership",
    kind=CANDIDATE,
    fields=("leads", "paused", "holds"),
    states=states_by(_stands, _STATES),
    initial="Follower",
    arrows=(
        Arrow("acquire or take over", "Follower", "Leader", NAME, "controllers-cluster §11"),
        Arrow("take over by a fast clock", "Follower", "Leader", "fault", "design §4"),
        Arrow("pause", "Leader", "Paused", "fault", "design §4"),
        Arrow("pause", "Deposed", "Paused, deposed", "fault", "design §4"),
        Arrow("resume", "Paused", "Leader", "fault", "design §4"),
        Arrow("resume", "Paused, deposed", "Deposed", "fault", "design §4"),
        Arrow("another takes over", "Paused", "Paused, deposed", NAME, "controllers-cluster §11"),
        Arrow("another takes over by a fast clock", "Leader", "Deposed", "fault", "design §4"),
        Arrow("another takes over by a fast clock", "Paused", "Paused, deposed", "fault", "design §4"),
        Arrow("find another holder", "Deposed", "Follower", NAME, "controllers-cluster §11"),
        *(
            Arrow("process restarts", state, "Follower", "process-supervisor", "controllers-cluster §11")
            for state in ("Leader", "Deposed", "Paused", "Paused, deposed")
        ),
    ),
    meaning="whether an instance of a control-plane process leads",
    reference="controllers-cluster §11",
)

LEASE_MACHINE = Machine(
    name="lease",
    kind=LEASE,
    fields=("holder",),
    states=(
        State("Free", lambda holder: holder == "", "nobody has held it yet"),
        State("Held", lambda holder: holder != "", "names its holder"),
    ),
    initial="Free",
    arrows=(Arrow("acquire", "Free", "Held", NAME, "controllers-cluster §11"),),
    meaning="a Lease by which one of several instances is elected",
    reference="controllers-cluster §11",
)

MACHINES = (LEADERSHIP, LEASE_MACHINE)
