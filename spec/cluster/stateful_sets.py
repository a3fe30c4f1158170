"""StatefulSets."""

from __future__ import annotations

from collections.abc import Mapping

from ..control_plane.controllers import statefulset
from ..control_plane.controllers.statefulset_identity import pod_name, revision_name
from ..kinds import FORCED, STATEFUL_SET, named
from ..language.component import Component
from ..language.model import Assumption, Kind
from ..language.scenario import Scenario
from ..objects.pod import PodTemplateSpec
from ..objects.stateful_set import StatefulSet
from ..properties.happenings import enlarged_sets
from . import persistent_volumes
from .over_time import versions
from .part import Bundles, Part, bundles, names


def needed(scenario: Scenario) -> bool:
    """Whether there is a StatefulSet."""
    return bool(names(scenario, StatefulSet))


def templates(scenario: Scenario) -> Mapping[str, PodTemplateSpec]:
    """The pod templates of all revisions that there can be, by revision."""
    return {revision_name(version): version.spec.template for version in versions(scenario, StatefulSet)}


def _components(scenario: Scenario) -> tuple[Component, ...]:
    return (statefulset.component(templates(scenario), claims=persistent_volumes.needed(scenario)),)


def _kinds(scenario: Scenario) -> tuple[Kind, ...]:
    return (named(STATEFUL_SET, names(scenario, StatefulSet)),)


def _pod_names(scenario: Scenario) -> tuple[str, ...]:
    found = {
        (version.metadata.name, ordinal)
        for version in (*versions(scenario, StatefulSet), *enlarged_sets(scenario))
        for ordinal in range(version.spec.start, version.spec.start + version.spec.replicas)
    }
    return tuple(pod_name(name, ordinal) for name, ordinal in sorted(found))


def _initial(scenario: Scenario) -> Bundles:
    return {STATEFUL_SET: bundles(scenario, StatefulSet)}


def _assumptions(scenario: Scenario) -> tuple[Assumption, ...]:
    claims = "" if persistent_volumes.needed(scenario) else "; its claims are there and can be mounted on every node"
    return (
        Assumption(
            "stateful-pods-made-here",
            f"a StatefulSet adopts no pods; the revisions that its status names are kept, with their templates{claims}",
            "controllers-workloads §3",
        ),
    )


STATEFUL_SETS = Part(
    "stateful sets",
    needed,
    components=_components,
    kinds=_kinds,
    pod_names=_pod_names,
    initial=_initial,
    machines=(statefulset.MACHINE,),
    events=(FORCED,),
    assumptions=_assumptions,
)
