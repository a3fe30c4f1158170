"""What users delete and apply, as far as several parts of a cluster ask for it."""

from __future__ import annotations

from ..environment.users import Delete, Edit
from ..kinds import JOB, NAMESPACE, SERVICE, STATEFUL_SET
from ..language.scenario import Scenario


def deleted_namespaces(scenario: Scenario) -> tuple[str, ...]:
    """The namespaces that a user deletes."""
    actions = (action for todo in scenario.users for action in todo)
    return tuple(sorted({it.name for it in actions if isinstance(it, Delete) and it.kind == NAMESPACE}))


def deletes_jobs(scenario: Scenario) -> bool:
    """Whether a user deletes a Job."""
    return any(isinstance(it, Delete) and it.kind == JOB for todo in scenario.users for it in todo)


def deletions_of_stateful_sets(scenario: Scenario) -> tuple[str, ...]:
    """The propagation policies with which users delete StatefulSets."""
    actions = (action for todo in scenario.users for action in todo)
    return tuple(it.policy for it in actions if isinstance(it, Delete) and it.kind == STATEFUL_SET)


def deletes_stateful_sets(scenario: Scenario) -> bool:
    """Whether a user deletes a StatefulSet."""
    return bool(deletions_of_stateful_sets(scenario))


def deletes_namespaces(scenario: Scenario) -> bool:
    """Whether a user deletes a namespace, and all that stands in it."""
    return bool(deleted_namespaces(scenario))


def applies_services(scenario: Scenario) -> bool:
    """Whether a user applies a Service."""
    return any(isinstance(it, Edit) and it.kind == SERVICE for todo in scenario.users for it in todo)
