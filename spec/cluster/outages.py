"""Instances of kube-apiserver and members of etcd, where some of them can be down."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from ..control_plane.etcd import members
from ..control_plane.etcd.leases import EXPIRE
from ..environment.outages import OUTAGES, reachable
from ..kinds import API_SERVER, API_SERVER_FIELDS, ETCD_MEMBER, ETCD_MEMBER_FIELDS, KUBELET, MASTER_LEASE_FIELDS
from ..language.component import Component, Rule
from ..language.model import Assumption, Kind
from ..language.query import Query
from ..language.scenario import Scenario
from ..node.heartbeat import KUBELET_CONNECTED
from ..properties.catalogue import chosen_names
from ..properties.master_leases import KUBERNETES_SERVICE
from .part import Bundles, Part

MEMBERS = 3
"""Members of etcd."""

_POSTS = ("register node", "post Ready")
"""Rules of kubelets that need the API, though they are told by the link alone."""


def needed(scenario: Scenario) -> bool:
    """Whether the API can become unreachable for everybody, or somebody asks for its servers."""
    return any(scenario.faults.get(fault, 0) for fault in OUTAGES) or asks_who_is_listed(scenario)


def instances(scenario: Scenario) -> tuple[str, ...]:
    """The names of the API-server instances."""
    return tuple(f"kube-apiserver-{number}" for number in range(1, scenario.api_servers + 1))


def member_names() -> tuple[str, ...]:
    """The names of the members of etcd."""
    return tuple(f"etcd-{number}" for number in range(1, MEMBERS + 1))


def reachable_guards(scenario: Scenario) -> tuple[Query, ...]:
    """The guards that the API can be reached; none where it always can."""
    return reachable(MEMBERS) if needed(scenario) else ()


def guarded(scenario: Scenario, found: Iterable[Component]) -> list[Component]:
    """The components, each as it acts if the API can be unreachable; unchanged where it cannot."""
    return [_guarded(component) for component in found] if needed(scenario) else list(found)


def _guarded(component: Component) -> Component:
    guards = reachable(MEMBERS)
    if component.process == KUBELET:
        rules = (
            attrs.evolve(rule, guards=(*rule.guards, *guards)) if _asks(rule) else rule for rule in component.rules
        )
        return attrs.evolve(component, rules=tuple(rules), heard=guards)
    if component.place != "control plane" or component.name == members.NAME:
        return component
    return attrs.evolve(component, guards=(*component.guards, *guards), heard=guards)


def _asks(rule: Rule) -> bool:
    return KUBELET_CONNECTED in rule.guards or rule.name in _POSTS


def asks_who_is_listed(scenario: Scenario) -> bool:
    """Whether a property asks who is listed behind the Service kubernetes, so that masterleases are followed."""
    return bool(set(KUBERNETES_SERVICE) & set(chosen_names(scenario)))


def _components(scenario: Scenario) -> tuple[Component, ...]:
    leases = (EXPIRE,) if asks_who_is_listed(scenario) else ()
    return (members.component(leases),)


def _kinds(scenario: Scenario) -> tuple[Kind, ...]:
    leased = MASTER_LEASE_FIELDS if asks_who_is_listed(scenario) else ()
    return (
        Kind(API_SERVER, (*API_SERVER_FIELDS, *leased), names=instances(scenario)),
        Kind(ETCD_MEMBER, ETCD_MEMBER_FIELDS, names=member_names()),
    )


def _initial(_scenario: Scenario) -> Bundles:
    return {ETCD_MEMBER: tuple({"name": name, "leads": name == "etcd-1"} for name in member_names())}


def _assumptions(scenario: Scenario) -> tuple[Assumption, ...]:
    servers = scenario.api_servers
    return (
        Assumption(
            "control-plane-size",
            f"{servers} instance{'s' if servers > 1 else ''} of kube-apiserver, {MEMBERS} members of etcd; clients find"
            " an instance that runs at once",
            "etcd §5",
        ),
        Assumption(
            "outages-forgiven",
            "while the API cannot be reached, timers of the control plane stand still; then every kubelet is heard"
            " before its node counts as silent",
            "controllers-cluster §1",
        ),
    )


CONTROL_PLANE_OUTAGES = Part(
    "outages",
    needed,
    components=_components,
    kinds=_kinds,
    initial=_initial,
    machines=(members.MACHINE,),
    assumptions=_assumptions,
)
"""What can be down of the control plane's store and front end."""
