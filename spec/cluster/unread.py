"""What nobody reads of a status, and so need not be kept (switch ``statuses``, docs/decisions/0022).

A controller reports what it sees in the status of its object, and compares its report with the last one; often nobody
else reads it. Such a report is out of date most of the time, in one of many ways that come to the same. With
``statuses: as-read`` an object is stored without what only its reporter reads:

- a Deployment whose status is not complete: its counts, which spec they were made from, how the rollout gets on. What
  stays is the condition Available, whether the rollout is complete, and that it has a condition Progressing;
- a ReplicaSet: which spec its status was made from, and how many replicas it counts, unless that is none, or all that
  its Deployment wants and all of them available: a rollout is complete or not, whatever else the number is;
- a Node: the reasons of its conditions.

A kind keeps all of its status where somebody in the scenario may read it. A report in which nothing is left that
somebody reads is no event to a lagging cache either (docs/decisions/0025), and what the ReplicaSet controller cannot
tell of a pod reaches its lagging cache with the write (0027).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import attrs

from ..control_plane.controllers import replicaset
from ..control_plane.controllers.deployment_replica_sets import DESIRED_REPLICAS, replica_set_name, whole_number
from ..control_plane.controllers.deployment_status import PROGRESSING, REPLICA_SET_UPDATED, is_complete, with_progress
from ..environment.users import Edit, ScaleTo, SetPaused
from ..environment.watch_faults import WATCH_BREAK, WATCH_END, WATCH_EVENT_LOST
from ..kinds import DEPLOYMENT, NODE, POD
from ..language.model import Assumption
from ..language.plan import Rpc
from ..language.scenario import Scenario
from ..objects.conditions import find_condition
from ..objects.disruption import PodDisruptionBudget
from ..objects.horizontal_pod_autoscaler import HorizontalPodAutoscaler
from ..objects.node import Node
from ..objects.workloads import Deployment, DeploymentStatus, ReplicaSet
from .deployments import min_ready_seconds
from .over_time import versions
from .part import given

SWITCH, AS_READ = "statuses", "as-read"

READERS = ("deployment-survives-faults", "deployment-survives-drains", "rollout-within-deadline")
"""The properties that read the counts of a Deployment, or why it is progressing."""

Trimmed = Callable[[Any], Any]
"""An object with those parts of its status that somebody reads."""


def _deployment(stored: Deployment) -> Deployment:
    """A complete status is told by its spec; of zero replicas an empty one would be complete, too."""
    if stored.metadata.terminating or stored.spec.replicas == 0 or is_complete(stored, stored.status):
        return stored
    status = DeploymentStatus(
        observed_generation=1, collision_count=stored.status.collision_count, conditions=stored.status.conditions
    )
    if find_condition(status.conditions, PROGRESSING) is not None:
        status = with_progress(status, "True", REPLICA_SET_UPDATED)
    return attrs.evolve(stored, metadata=attrs.evolve(stored.metadata, generation=1), status=status)


def _replica_set(stored: ReplicaSet) -> ReplicaSet:
    """A size that is neither none nor all stands as one more than all, so that no sum of sizes is complete with it."""
    metadata = attrs.evolve(stored.metadata, generation=1)
    status = attrs.evolve(stored.status, observed_generation=1)
    wanted = whole_number(stored.metadata.annotations.get(DESIRED_REPLICAS))
    complete = status.replicas == status.available_replicas == wanted
    if wanted is not None and status.replicas and not complete:
        status = attrs.evolve(status, replicas=wanted + 1, fully_labeled_replicas=wanted + 1)
    return attrs.evolve(stored, metadata=metadata, status=status)


def _node(stored: Node) -> Node:
    conditions = tuple(attrs.evolve(condition, reason="") for condition in stored.status.conditions)
    return attrs.evolve(stored, status=attrs.evolve(stored.status, conditions=conditions))


_TRIMMED: Mapping[type[Any], Trimmed] = {Deployment: _deployment, ReplicaSet: _replica_set, Node: _node}

_LEFT_OUT: Mapping[type[Any], str] = {
    Deployment: "of Deployments the counts of a rollout under way and its progress deadline",
    ReplicaSet: "of ReplicaSets which spec their status was made from, and sizes that are neither none nor all",
    Node: "of Nodes the reasons of conditions",
}


def _clean_up_may_come(scenario: Scenario) -> bool:
    """Whether some Deployment may get more ReplicaSets than it keeps: that clean-up asks what they have observed."""
    names: dict[str, set[str]] = {}
    for version in versions(scenario, Deployment):
        names.setdefault(version.metadata.name, set()).add(replica_set_name(version))
    others = len(given(scenario, ReplicaSet))
    return any(
        len(names[version.metadata.name]) + others > version.spec.revision_history_limit
        for version in versions(scenario, Deployment)
    )


def _rescaled(scenario: Scenario) -> bool:
    """Whether some Deployment may get another size, or be paused: shares are reckoned from the size in its status."""
    sizes: dict[str, set[int]] = {}
    for version in versions(scenario, Deployment):
        sizes.setdefault(version.metadata.name, set()).add(version.spec.replicas)
    edits = (action for todo in scenario.users for action in todo if isinstance(action, Edit))
    return any(len(found) > 1 for found in sizes.values()) or any(
        edit.kind == DEPLOYMENT and isinstance(edit.change, ScaleTo | SetPaused) for edit in edits
    )


def readers(scenario: Scenario) -> Mapping[type[Any], str]:
    """The kinds whose status is kept whole, each with who may read it."""
    found: dict[type[Any], str] = {}
    asked = [name for name in (*scenario.properties, *scenario.extra_properties) if name in READERS]
    lagging = {kind for _, kind in (*scenario.lag, *scenario.resettable)}
    if given(scenario, HorizontalPodAutoscaler) or _rescaled(scenario):
        found[Deployment] = "what scales it"
    elif given(scenario, PodDisruptionBudget):
        found[Deployment] = "properties of disruption budgets"
    elif asked:
        found[Deployment] = f"property {asked[0]}"
    if given(scenario, HorizontalPodAutoscaler):
        found[ReplicaSet] = "what scales it"
    elif _clean_up_may_come(scenario):
        found[Deployment] = found[ReplicaSet] = "the clean-up of old ReplicaSets"
    if NODE in lagging:
        found[Node] = "a lagging cache, which counts its changes"
    return found


def trimmed(scenario: Scenario) -> Trimmed:
    """What the API server of the scenario stores instead of an object."""
    if scenario.switches.get(SWITCH) != AS_READ:
        return lambda stored: stored
    whole = readers(scenario)
    trimming = {kind: trim for kind, trim in _TRIMMED.items() if kind not in whole}

    def trim(stored: Any) -> Any:
        found = trimming.get(type(stored))
        return stored if found is None else found(stored)

    return trim


def told(scenario: Scenario) -> Mapping[tuple[str, str], Trimmed]:
    """Of lagging caches, what their clients can tell of an object; nothing of those whose watches may fail."""
    whole = scenario.switches.get(SWITCH) != AS_READ
    fails = any(scenario.faults.get(fault) for fault in (WATCH_END, WATCH_BREAK, WATCH_EVENT_LOST))
    if whole or fails or scenario.resettable or scenario.rpc is Rpc.MESSAGE or min_ready_seconds(scenario):
        return {}
    return {(replicaset.NAME, POD): replicaset.told}


def assumptions(scenario: Scenario) -> Iterator[Assumption]:
    """What a verdict says of it."""
    if scenario.switches.get(SWITCH) != AS_READ:
        return
    whole = readers(scenario)
    left_out = "; ".join(text for kind, text in _LEFT_OUT.items() if kind not in whole)
    kept = "; ".join(f"{kind.__name__}s keep all of theirs, for {who} may read it" for kind, who in whole.items())
    lagging = any(watch in scenario.lag for watch in told(scenario))
    parts = (
        left_out and f"what nobody reads of a status is not kept: {left_out}",
        kept and f"status: {kept}",
        lagging and "what the ReplicaSet controller cannot tell of a pod reaches its cache with the write",
    )
    yield Assumption(
        "statuses-as-read",
        ". ".join(part for part in parts if part),
        "docs/decisions/0022, 0025, 0027",
    )


__all__ = ["AS_READ", "READERS", "SWITCH", "assumptions", "readers", "told", "trimmed"]
