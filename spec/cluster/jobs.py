"""Jobs."""

from __future__ import annotations

from ..control_plane.controllers import job
from ..kinds import JOB, JOB_POD_FIELDS, named
from ..language.component import Component
from ..language.model import Assumption, Kind
from ..language.scenario import Scenario
from ..objects.job import Job
from .part import Bundles, Part, given, names


def needed(scenario: Scenario) -> bool:
    """Whether there is a Job."""
    return bool(names(scenario, Job))


def _components(scenario: Scenario) -> tuple[Component, ...]:
    remembers = scenario.switches.get("job-expected-removals", "on") == "on"
    return (job.component(job.active_deadlines(given(scenario, Job)), expected_removals=remembers),)


def _kinds(scenario: Scenario) -> tuple[Kind, ...]:
    return (named(JOB, names(scenario, Job)),)


def _pods(scenario: Scenario) -> int:
    lost = sum(scenario.faults.values()) + sum(map(len, scenario.users))
    return sum(job.most_pods(item.spec, lost) for item in given(scenario, Job))


def _initial(scenario: Scenario) -> Bundles:
    return {
        JOB: tuple({"name": item.metadata.name, "object": job.modelled(item)} for item in given(scenario, Job)),
    }


def _assumptions(_scenario: Scenario) -> tuple[Assumption, ...]:
    return job.ASSUMPTIONS


JOBS = Part(
    "jobs",
    needed,
    components=_components,
    kinds=_kinds,
    pod_fields=JOB_POD_FIELDS,
    pods=_pods,
    initial=_initial,
    machines=(job.MACHINE,),
    assumptions=_assumptions,
)
