"""The endpoints of the Service ``kubernetes``: the instances of kube-apiserver whose masterleases live (§8).

Duty: every instance writes its own masterlease every 10 s, then reads all of them, and makes the endpoints of
``default/kubernetes`` the same. One that has crashed stays among them until its lease has expired and another instance
has come round: pods that connect meanwhile may be led to nobody. An instance that reads no lease at all leaves the
endpoints as they are, so that they are never emptied.
"""

from __future__ import annotations

from collections.abc import Iterable

from ...kinds import API_SERVER, LISTED, MASTER_LEASE, RUNNING
from ...language.component import Component, Countdown, Key, Rule
from ...language.machine import Arrow, Machine, states_by
from ...language.plan import KEY, Alternative, Set, Sweep, Write
from ...language.query import DISTINCT, Query, no_parameter

NAME = "endpoint-reconciler"

PERIOD = 10.0
"""Seconds from one round of an instance to its next one."""


def _unleased(name: str, state: str, leased: bool) -> str | None:
    return name if state == RUNNING and not leased else None


def _grant(name: str) -> list[Alternative]:
    return [Alternative((Write(KEY, MASTER_LEASE, Set(True)),), f"{name} writes its masterlease again")]


RENEW = Rule(
    name="write masterlease",
    key=Key(API_SERVER, ("name", "state", MASTER_LEASE), _unleased),
    decide=_grant,
    duration=PERIOD,
    countdown=Countdown(periodic=True),
    reference="kube-apiserver §8",
    meaning="an instance whose lease is over is granted another one, to which the key of its address is attached",
)


def _runs(name: str, state: str) -> str | None:
    return name if state == RUNNING else None


def _lease(_parameter: None, leased: bool, listed: bool) -> tuple[bool, bool]:
    return leased, listed


def as_leased(_parameter: None, leased: bool, _listed: bool) -> tuple[bool, bool]:
    """What is listed of an instance becomes what is leased."""
    return leased, leased


def _list(name: str, servers: tuple[tuple[bool, bool], ...]) -> Iterable[Alternative]:
    if all(leased == listed for leased, listed in servers) or not any(leased for leased, _ in servers):
        return
    because = f"{name} finds other masterleases than the endpoints of kubernetes list"
    yield Alternative((Sweep(API_SERVER, (MASTER_LEASE, LISTED), as_leased),), because)


RECONCILE = Rule(
    name="reconcile endpoints",
    key=Key(API_SERVER, ("name", "state"), _runs),
    decide=_list,
    queries={"servers": Query(API_SERVER, (MASTER_LEASE, LISTED), _lease, DISTINCT, no_parameter)},
    duration=PERIOD,
    countdown=Countdown(periodic=True),
    reference="kube-apiserver §8",
    meaning="the endpoints of the Service kubernetes become the instances whose masterleases live, if any does",
)


def component() -> Component:
    """The part of each instance that keeps the endpoints of the Service ``kubernetes``."""
    return Component(
        name=NAME,
        rules=(RENEW, RECONCILE),
        duty="lists the instances of kube-apiserver that run behind the Service kubernetes",
        reference="kube-apiserver §8",
    )


def _state(listed: bool) -> str:
    return "Listed" if listed else "Unlisted"


MACHINE = Machine(
    name="kubernetes endpoint",
    kind=API_SERVER,
    fields=(LISTED,),
    states=states_by(
        _state,
        {
            "Listed": "the Service kubernetes leads to the instance",
            "Unlisted": "the Service kubernetes does not lead to it",
        },
    ),
    initial="Listed",
    arrows=(
        Arrow("drop", "Listed", "Unlisted", NAME, "kube-apiserver §8"),
        Arrow("list", "Unlisted", "Listed", NAME, "kube-apiserver §8"),
    ),
    meaning="an instance of kube-apiserver among the endpoints of the Service kubernetes",
    reference="kube-apiserver §8",
)
