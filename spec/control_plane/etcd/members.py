"""The members of etcd: who leads, and whether a majority is there (etcd §5).

A write, and a linearizable read, need a leader and a majority of the members. A member that is lost while a majority
stays takes the leader with it at most, until another one is elected; without a majority the leader steps down. What is
acknowledged is never lost, so members keep no data of their own here; serializable reads of a minority have no part in
what Kubernetes does. Terms and the log of raft are left out, as etcd §7 suggests. Revisions, compaction and watches
are in ``engine/store``, leases of keys there and in ``leases``.
"""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from ...kinds import ETCD_MEMBER, RUNNING, STOPPED
from ...language.component import Component, Key, Rule
from ...language.machine import Arrow, Machine, states_by
from ...language.plan import KEY, Alternative, Set, Write
from ...language.query import MULTISET, Query, no_parameter

NAME = "etcd"

ELECTION_TIMEOUT = 1.0
"""Seconds without a leader after which members elect one."""


def majority(members: int) -> int:
    """How many of so many members commit a write."""
    return members // 2 + 1


@attrs.frozen(cache_hash=True)
class Standing:
    """How a member stands: whether it runs, and whether it leads."""

    runs: bool
    leads: bool


Standings = tuple[tuple[Standing, int], ...]

STANDINGS = Query(
    ETCD_MEMBER,
    ("state", "leads"),
    lambda _, state, leads: Standing(state == RUNNING, leads),
    MULTISET,
    no_parameter,
)
"""How many members stand how."""


def has_majority(standings: Standings) -> bool:
    """Whether enough members run to commit a write."""
    members = sum(number for _, number in standings)
    return sum(number for standing, number in standings if standing.runs) >= majority(members)


def has_leader(standings: Standings) -> bool:
    """Whether some member that runs leads."""
    return any(standing.leads and standing.runs for standing, _ in standings)


def commits(standings: Standings) -> bool:
    """Whether a write is committed: there is a leader, and a majority."""
    return has_leader(standings) and has_majority(standings)


def _running(name: str, state: str, leads: bool) -> tuple[str, bool] | None:
    return (name, leads) if state == RUNNING else None


def _elect(key: tuple[str, bool], members: Standings) -> Iterable[Alternative]:
    name, leads = key
    if not leads and not has_leader(members) and has_majority(members):
        yield Alternative((Write(KEY, "leads", Set(True)),), f"a majority elects {name}")


def _step_down(key: tuple[str, bool], members: Standings) -> Iterable[Alternative]:
    name, leads = key
    if leads and not has_majority(members):
        yield Alternative((Write(KEY, "leads", Set(False)),), f"{name} does not hear of a majority")


def component(leases: tuple[Rule, ...] = ()) -> Component:
    """The members of etcd, as far as they elect a leader. ``leases``: what becomes of leases, where they matter."""
    key = Key(ETCD_MEMBER, ("name", "state", "leads"), _running)
    return Component(
        NAME,
        (
            Rule(
                "elect leader",
                key,
                _elect,
                {"members": STANDINGS},
                duration=ELECTION_TIMEOUT,
                reference="etcd §5",
                meaning="a majority that hears of no leader elects one",
            ),
            Rule(
                "step down",
                key,
                _step_down,
                {"members": STANDINGS},
                duration=ELECTION_TIMEOUT,
                reference="etcd §5",
                meaning="a leader that does not hear of a majority steps down",
            ),
            *leases,
        ),
        duty="keeps all cluster data: commits what a majority of its members has",
        reference="etcd",
    )


def _stands(state: str, leads: bool) -> str:
    if state == STOPPED:
        return "Down"
    return "Leader" if leads else "Follower"


MACHINE = Machine(
    name="etcd-member",
    kind=ETCD_MEMBER,
    fields=("state", "leads"),
    states=states_by(
        _stands,
        {"Follower": "follows a leader, or hears of none", "Leader": "commits writes", "Down": "does not run"},
    ),
    initial="Follower",
    arrows=(
        Arrow("elected", "Follower", "Leader", NAME, "etcd §5"),
        Arrow("no majority", "Leader", "Follower", NAME, "etcd §5"),
        Arrow("crash", "Follower", "Down", "fault", "etcd §5"),
        Arrow("crash", "Leader", "Down", "fault", "etcd §5"),
        Arrow("return", "Down", "Follower", "fault", "etcd §5"),
        Arrow("return at last", "Down", "Follower", "process-supervisor", "etcd §5"),
    ),
    meaning="a member of etcd",
    reference="etcd §5",
)
