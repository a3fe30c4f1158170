"""DaemonSets."""

from __future__ import annotations

from ..control_plane.controllers import daemonset
from ..control_plane.controllers.daemonset_decisions import max_surge
from ..kinds import DAEMON_SET, named
from ..language.component import Component
from ..language.model import Assumption, Kind
from ..language.scenario import Scenario
from ..objects.daemon_set import DaemonSet
from .deletions import deletes_namespaces
from .over_time import versions
from .part import Bundles, Part, bundles, names


def _needed(scenario: Scenario) -> bool:
    return bool(names(scenario, DaemonSet))


def _components(scenario: Scenario) -> tuple[Component, ...]:
    return (daemonset.component(drops=deletes_namespaces(scenario)),)


def _kinds(scenario: Scenario) -> tuple[Kind, ...]:
    return (named(DAEMON_SET, names(scenario, DaemonSet)),)


def _pods(scenario: Scenario) -> int:
    daemons: dict[str, int] = {}
    for daemon_set in versions(scenario, DaemonSet):
        name, nodes = daemon_set.metadata.name, len(scenario.nodes)
        daemons[name] = max(daemons.get(name, 0), nodes + max_surge(daemon_set.spec, nodes))
    return 3 * sum(daemons.values())


def _initial(scenario: Scenario) -> Bundles:
    return {DAEMON_SET: bundles(scenario, DaemonSet)}


def _assumptions(_scenario: Scenario) -> tuple[Assumption, ...]:
    return (
        Assumption(
            "daemon-pods-made-here",
            "a DaemonSet adopts no pods; a revision of it is known by the hash of its template",
            "controllers-workloads §4",
        ),
    )


DAEMON_SETS = Part(
    "daemon sets",
    _needed,
    components=_components,
    kinds=_kinds,
    pods=_pods,
    initial=_initial,
    machines=(daemonset.MACHINE,),
    assumptions=_assumptions,
)
