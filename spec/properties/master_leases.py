"""Properties of the endpoints of the Service ``kubernetes`` (kube-apiserver §8)."""

from __future__ import annotations

from ..kinds import API_SERVER, LISTED, RUNNING
from ..language.component import Key
from ..language.property import HOLDS, Finding, Shape, StateProperty, TemporalProperty, violated
from ..language.query import ANY, Query, no_parameter


def _standing(name: str, state: str, listed: bool) -> tuple[str, bool, bool]:
    return name, state == RUNNING, listed


def _as_it_runs(key: tuple[str, bool, bool]) -> Finding:
    name, runs, listed = key
    if runs == listed:
        return HOLDS
    return violated(
        f"{name} runs, and kubernetes does not list it" if runs else f"kubernetes lists {name}, which is gone"
    )


LISTS_RUNNING_SERVERS = TemporalProperty(
    name="kubernetes-service-lists-running-servers",
    statement="in the end the Service kubernetes lists the instances of kube-apiserver that run, and no others",
    key=Key(API_SERVER, ("name", "state", LISTED), _standing),
    judge=_as_it_runs,
    shape=Shape.EVENTUALLY_ALWAYS,
    reference="kube-apiserver §8",
    advice="look at whether etcd has a leader, which alone lets leases expire",
)

NEVER_EMPTY = StateProperty(
    name="kubernetes-service-never-empty",
    statement="the Service kubernetes always lists some instance of kube-apiserver",
    key=Key(API_SERVER, ("name",), lambda name: name),
    queries={"listed": Query(API_SERVER, (LISTED,), lambda _, listed: listed or None, ANY, no_parameter)},
    judge=lambda _name, listed: HOLDS if listed else violated("kubernetes lists nobody: no pod can reach the API"),
    reference="kube-apiserver §8",
    advice="an instance that finds no masterlease at all must leave the endpoints as they are",
)

KUBERNETES_SERVICE = (LISTS_RUNNING_SERVERS.name, NEVER_EMPTY.name)
"""Properties that speak of who is listed: where one is asked for, masterleases are modelled."""
