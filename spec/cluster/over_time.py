"""Every version of an object that a scenario can hold: as given, and after each change that a user makes."""

from __future__ import annotations

from typing import Any, TypeVar

from ..control_plane.apiserver.admission import DEFAULT_TOLERATION_SECONDS
from ..environment.users import Edit
from ..language.scenario import Scenario
from ..objects.cron_job import CronJob
from ..objects.pod import Pod, PodSpec, PodTemplateSpec

Item = TypeVar("Item")


def all_versions(scenario: Scenario) -> tuple[Any, ...]:
    """Every version of every object: the given ones first, then each that a user's edit makes."""
    items = {(type(item).__name__, item.metadata.name): item for item in scenario.objects}
    found = list(items.values())
    for action in (action for todo in scenario.users for action in todo):
        if isinstance(action, Edit) and (action.kind, action.name) in items:
            key = (action.kind, action.name)
            items[key] = action.change(items[key])
            found.append(items[key])
    return tuple(found)


def versions(scenario: Scenario, kind: type[Item]) -> tuple[Item, ...]:
    """Every version of every object of ``kind``."""
    return tuple(item for item in all_versions(scenario) if isinstance(item, kind))


def templates(scenario: Scenario) -> tuple[PodTemplateSpec, ...]:
    """The pod templates that the scenario's workloads have, now or after a user's change."""
    found = (getattr(getattr(item, "spec", None), "template", None) for item in all_versions(scenario))
    return tuple(template for template in found if isinstance(template, PodTemplateSpec))


def pod_specs(scenario: Scenario) -> tuple[PodSpec, ...]:
    """The specs of all pods that the scenario can hold: of workloads, of what CronJobs create, and of single pods."""
    return (
        *(template.spec for template in templates(scenario)),
        *(item.spec.job_template.spec.template.spec for item in versions(scenario, CronJob)),
        *(pod.spec for pod in versions(scenario, Pod)),
    )


def toleration_seconds(scenario: Scenario) -> tuple[int, ...]:
    """Every finite time for which some pod of the scenario tolerates a NoExecute taint, ascending."""
    specs = (*(template.spec for template in templates(scenario)), *(pod.spec for pod in versions(scenario, Pod)))
    finite = {
        int(toleration.toleration_seconds)
        for spec in specs
        for toleration in spec.tolerations
        if toleration.toleration_seconds is not None
    }
    return tuple(sorted(finite | {DEFAULT_TOLERATION_SECONDS}))
