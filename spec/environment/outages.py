"""Outages of the control plane's own store and front end: API-server instances and members of etcd (design §4).

While no API server runs, or etcd has no leader and majority, nothing is read or written; what runs keeps running. What
is down may return at any moment, and does in the end: an outage ends after all other timers, so that what a cluster
comes to is judged with its control plane.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ..control_plane.etcd.members import majority
from ..kinds import API_SERVER, ETCD_MEMBER, RUNNING, STOPPED
from ..language.component import Key, Rule
from ..language.plan import KEY, Alternative, Set, Step, Write
from ..language.query import ANY, Aggregate, Query, no_parameter
from .budgets import left, spend

API_SERVER_DOWN = "api-server-down"
ETCD_MEMBER_DOWN = "etcd-member-down"

OUTAGES: Mapping[str, str] = {
    API_SERVER_DOWN: "an instance of kube-apiserver ends; it may return at any time, and does in the end",
    ETCD_MEMBER_DOWN: "a member of etcd ends; it may return at any time, and does in the end",
}
"""The faults that can make the API unreachable for everybody."""

LONGEST_OUTAGE = 86_400.0
"""Seconds after which everything has returned."""

_RUNS = Query(API_SERVER, ("state",), lambda _, state: True if state == RUNNING else None, ANY, no_parameter)


def reachable(members: int) -> tuple[Query, ...]:
    """The guards that the API can be reached: an instance runs, and etcd commits. ``members`` of etcd there are."""
    enough = majority(members)
    quorum = Aggregate("quorum", lambda leads: len(leads) >= enough and any(leads))

    def running(_parameter: None, state: str, leads: bool) -> bool | None:
        return leads if state == RUNNING else None

    return (_RUNS, Query(ETCD_MEMBER, ("state", "leads"), running, quorum, no_parameter))


def _where(kind: str, wanted: str) -> Key:
    return Key(kind, ("name", "state"), lambda name, state: name if state == wanted else None)


def _ends(fault: str, kind: str, more: tuple[Step, ...] = ()) -> Rule:
    def decide(name: str, left: bool) -> Iterable[Alternative]:
        if left:
            yield Alternative((Write(KEY, "state", Set(STOPPED)), *more, *spend(fault)), f"{name} ends")

    return Rule(
        fault, _where(kind, RUNNING), decide, {"left": left(fault)}, reference="etcd §5", meaning=OUTAGES[fault]
    )


def _returns(kind: str, name: str, seconds: float) -> Rule:
    def decide(key: str) -> list[Alternative]:
        return [Alternative((Write(KEY, "state", Set(RUNNING)),), f"{key} runs again")]

    return Rule(
        f"{name} returns at last" if seconds else f"{name} returns",
        _where(kind, STOPPED),
        decide,
        duration=seconds,
        reference="etcd §5",
        meaning=f"what was down of {name} runs again",
    )


_KINDS = {API_SERVER_DOWN: (API_SERVER, "kube-apiserver"), ETCD_MEMBER_DOWN: (ETCD_MEMBER, "etcd member")}


def rules(budgets: Mapping[str, int]) -> tuple[Rule, ...]:
    """The rules of the outages with a budget, and of early returns."""
    found: list[Rule] = []
    for fault, (kind, name) in _KINDS.items():
        if budgets.get(fault, 0):
            lost: tuple[Step, ...] = (Write(KEY, "leads", Set(False)),) if kind == ETCD_MEMBER else ()
            found += [_ends(fault, kind, lost), _returns(kind, name, 0.0)]
    return tuple(found)


def ends_of_outages(budgets: Mapping[str, int]) -> tuple[Rule, ...]:
    """The rules by which an outage ends."""
    return tuple(_returns(*_KINDS[fault], LONGEST_OUTAGE) for fault in _KINDS if budgets.get(fault, 0))
