"""Garbage collection: it matters where an owner can be deleted."""

from __future__ import annotations

import attrs

from ..control_plane.apiserver.strategies import BACKGROUND
from ..control_plane.controllers import garbage_collector
from ..control_plane.controllers.slice_collection import collect_slices
from ..environment.users import Delete
from ..kinds import (
    COLLECTED,
    DAEMON_SET,
    DEPLOYMENT,
    JOB,
    NODE,
    ORPHANED,
    PERSISTENT_VOLUME_CLAIM,
    POD,
    REPLICA_SET,
    REPLICATION_CONTROLLER,
    STATEFUL_SET,
)
from ..language.component import Component
from ..language.scenario import Scenario
from ..objects.daemon_set import DaemonSet
from ..objects.stateful_set import StatefulSet
from ..objects.workloads import ReplicationController
from ..properties.claims_followed import deletes_by_policy, follows_claims
from ..properties.happenings import deletes_service
from . import jobs, services, services_needed
from .deletions import deletes_stateful_sets, deletions_of_stateful_sets
from .part import Part, names


def needed(scenario: Scenario) -> bool:
    """Whether somebody deletes what owns others: a user, a CronJob."""
    owners = (DEPLOYMENT, REPLICA_SET, REPLICATION_CONTROLLER)
    if deletes_stateful_sets(scenario) or _collects_claims(scenario):
        return True
    if collects_slices(scenario):
        return True
    if collects_mirrors(scenario) or jobs.deletable(scenario) or jobs.owned_pods_wait(scenario):
        return True
    return any(isinstance(it, Delete) and it.kind in owners for todo in scenario.users for it in todo)


def collects_slices(scenario: Scenario) -> bool:
    """Whether a Service can go before its slices."""
    return deletes_service(scenario) and services_needed.needed(scenario)


def collects_mirrors(scenario: Scenario) -> bool:
    """Whether a Node can go before the mirrors of static pods that it owns."""
    deletes = (isinstance(it, Delete) and it.kind == NODE for todo in scenario.users for it in todo)
    return bool(scenario.static_pods) and any(deletes)


def owner_kinds(scenario: Scenario) -> dict[str, tuple[str, ...]]:
    """For each kind whose objects have owners, the kinds of these."""
    more = (
        (DAEMON_SET, bool(names(scenario, DaemonSet))),
        (JOB, jobs.needed(scenario)),
        (NODE, collects_mirrors(scenario)),
        (REPLICATION_CONTROLLER, bool(names(scenario, ReplicationController))),
        (STATEFUL_SET, bool(names(scenario, StatefulSet))),
    )
    claims = {PERSISTENT_VOLUME_CLAIM: (POD, STATEFUL_SET)} if _collects_claims(scenario) else {}
    return {POD: (REPLICA_SET, *(kind for kind, there in more if there)), REPLICA_SET: (DEPLOYMENT,), **claims}


def _collects_claims(scenario: Scenario) -> bool:
    """Whether pods or sets can own claims."""
    return deletes_by_policy(scenario) and follows_claims(scenario)


def _components(scenario: Scenario) -> tuple[Component, ...]:
    at_once = {DAEMON_SET, NODE, POD}
    if not jobs.owned_pods_wait(scenario):
        at_once.add(JOB)
    if all(policy == BACKGROUND for policy in deletions_of_stateful_sets(scenario)):
        at_once.add(STATEFUL_SET)
    collector = garbage_collector.component(owner_kinds(scenario), at_once=at_once)
    if collects_slices(scenario):
        of_slices = collect_slices(late=services.late(scenario))
        collector = attrs.evolve(collector, rules=(*collector.rules, of_slices))
    return (collector,)


GARBAGE_COLLECTION = Part("garbage collection", needed, components=_components, events=(ORPHANED, COLLECTED))
