"""Garbage collection: it matters where an owner can be deleted."""

from __future__ import annotations

from ..control_plane.controllers import garbage_collector
from ..environment.users import Delete
from ..kinds import COLLECTED, DAEMON_SET, DEPLOYMENT, JOB, ORPHANED, POD, REPLICA_SET, REPLICATION_CONTROLLER
from ..language.component import Component
from ..language.scenario import Scenario
from ..objects.daemon_set import DaemonSet
from ..objects.workloads import ReplicationController
from . import jobs
from .part import Part, names


def needed(scenario: Scenario) -> bool:
    """Whether somebody deletes what owns others: a user, a CronJob."""
    owners = (DEPLOYMENT, REPLICA_SET, REPLICATION_CONTROLLER)
    if jobs.deletable(scenario) or jobs.owned_pods_wait(scenario):
        return True
    return any(isinstance(it, Delete) and it.kind in owners for todo in scenario.users for it in todo)


def owner_kinds(scenario: Scenario) -> dict[str, tuple[str, ...]]:
    """For each kind whose objects have owners, the kinds of these."""
    more = (
        (DAEMON_SET, bool(names(scenario, DaemonSet))),
        (JOB, jobs.needed(scenario)),
        (REPLICATION_CONTROLLER, bool(names(scenario, ReplicationController))),
    )
    return {POD: (REPLICA_SET, *(kind for kind, there in more if there)), REPLICA_SET: (DEPLOYMENT,)}


def _components(scenario: Scenario) -> tuple[Component, ...]:
    at_once = (DAEMON_SET,) if jobs.owned_pods_wait(scenario) else (DAEMON_SET, JOB)
    return (garbage_collector.component(owner_kinds(scenario), at_once=at_once),)


GARBAGE_COLLECTION = Part("garbage collection", needed, components=_components, events=(ORPHANED, COLLECTED))
