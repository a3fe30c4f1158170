"""Leases of etcd: keys that are attached to one go when nobody keeps it alive (etcd §2, kube-apiserver §8).

Kubernetes attaches keys of two sorts to leases: Events, which are no objects of this model, and masterleases. Each
instance of kube-apiserver grants one for the key of its own address, and keeps it alive; who reads the keys under that
prefix knows which instances run.

Life of a lease: granted, with its key -> kept alive every 10 s, which changes nothing -> its instance has gone, and
15 s later the leader lets it expire: its key is deleted, in one revision. Only a leader lets leases expire, and a new
one begins all of them anew: while there is none, and for a whole time to live after that, no lease ends.
"""

from __future__ import annotations

from collections.abc import Iterable

from ...kinds import API_SERVER, MASTER_LEASE, STOPPED
from ...language.component import Key, Rule
from ...language.machine import Arrow, Machine, states_by
from ...language.plan import KEY, Alternative, Set, Write
from .members import NAME, STANDINGS, Standings, commits

TIME_TO_LIVE = 15.0
"""Seconds that a masterlease lives without being kept alive."""


def _abandoned(name: str, state: str, leased: bool) -> str | None:
    return name if leased and state == STOPPED else None


def _expire(name: str, members: Standings) -> Iterable[Alternative]:
    if commits(members):
        because = f"nobody has kept the masterlease of {name} alive for {TIME_TO_LIVE:g} s: its key goes with it"
        yield Alternative((Write(KEY, MASTER_LEASE, Set(False)),), because)


EXPIRE = Rule(
    name="masterlease expires",
    key=Key(API_SERVER, ("name", "state", MASTER_LEASE), _abandoned),
    decide=_expire,
    queries={"members": STANDINGS},
    duration=TIME_TO_LIVE,
    reference="etcd §2 lease, kube-apiserver §8",
    meaning="the leader lets a lease expire that nobody keeps alive, and deletes the keys that are attached to it",
)


def _state(leased: bool) -> str:
    return "Live" if leased else "Expired"


MACHINE = Machine(
    name="masterlease",
    kind=API_SERVER,
    fields=(MASTER_LEASE,),
    states=states_by(
        _state,
        {"Live": "etcd holds the key of the instance's address", "Expired": "the lease is over, its key is gone"},
    ),
    initial="Live",
    arrows=(
        Arrow("expire", "Live", "Expired", NAME, "etcd §2"),
        Arrow("grant", "Expired", "Live", "endpoint-reconciler", "kube-apiserver §8"),
    ),
    meaning="the lease in etcd by which an instance of kube-apiserver says that it runs",
    reference="etcd §2, kube-apiserver §8",
)
