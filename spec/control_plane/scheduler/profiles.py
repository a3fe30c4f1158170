"""The profiles of a scheduler: which plug-ins are in force for a pod, and with which weights.

A pod chooses its profile by schedulerName. All profiles share the queue, and with it the plug-in that sorts it; each
has filters and scores of its own (kube-scheduler §1, §4, §5). As in a KubeSchedulerConfiguration, what a profile says
of a plug-in stands for that profile alone: ``disabled`` takes a plug-in out, "*" all of them; ``enabled`` puts it in,
with a weight if it scores, 1 unless said. One of the default ones that is merely enabled keeps its place; one that was
disabled before runs after those that stayed.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from functools import partial
from typing import Any

import attrs
from frozendict import frozendict

from ...kinds import KUBE_SCHEDULER
from ...language.scenario import Scenario
from .filtering import FILTERS, Filter
from .scores.inter_pod_affinity import inter_pod_affinity
from .scores.node_resources_fit import (
    DEFAULT_RESOURCES,
    Resources,
    least_allocated,
    most_allocated,
    requested_to_capacity_ratio,
)
from .scoring import DEFAULT_PROFILE, Profile, Score
from .views import DEFAULT_SCHEDULER

EVERY = "*"
"""The name that stands for all plug-ins of a kind."""

LEAST_ALLOCATED, MOST_ALLOCATED = "LeastAllocated", "MostAllocated"
REQUESTED_TO_CAPACITY_RATIO = "RequestedToCapacityRatio"
STRATEGIES = (LEAST_ALLOCATED, MOST_ALLOCATED, REQUESTED_TO_CAPACITY_RATIO)
"""What NodeResourcesFit prefers: nodes with the most that is left, with the least, or after a shape (§5)."""

DEFAULT_WEIGHT = 1
"""The weight of a score that is enabled without one."""

_FIT, _AFFINITY = "NodeResourcesFit", "InterPodAffinity"


class Scoring(Enum):
    """Which of the feasible nodes may be chosen."""

    ANY_FEASIBLE = "any-feasible"
    LEAST_ALLOCATED = "least-allocated"
    DEFAULT_PROFILE = "default-profile"


SCORES: Mapping[Scoring, Profile | None] = frozendict(
    {
        Scoring.ANY_FEASIBLE: None,
        Scoring.LEAST_ALLOCATED: Profile({_FIT: DEFAULT_PROFILE[_FIT]}),
        Scoring.DEFAULT_PROFILE: DEFAULT_PROFILE,
    }
)
"""The score plug-ins in force for each way to score; None: scores are left open."""


@attrs.frozen
class SchedulerProfile:
    """The plug-ins of one profile.

    ``scores``: plug-in -> its weight and its score; empty where none scores, so that any feasible node may be chosen;
    None where that is so because scores are left open. ``percentage`` of the nodes of a big cluster that are scored, 0
    for what its size makes of it.
    """

    filters: frozendict[str, Filter] = FILTERS
    scores: Profile | None = None
    percentage: int = 0

    @property
    def reads_owners(self) -> bool:
        """Whether a score asks which pods are alike, which their owners say."""
        return self.scores is not None and "PodTopologySpread" in self.scores


def _scores(said: Mapping[str, Any], base: Profile) -> Profile:
    disabled = set(said.get("disabled", ()))
    found = {name: score for name, score in base.items() if not disabled & {name, EVERY}}
    for item in said.get("enabled", ()):
        found[item["name"]] = (item.get("weight", DEFAULT_WEIGHT), DEFAULT_PROFILE[item["name"]][1])
    return Profile(found)


def _filters(said: Mapping[str, Any]) -> frozendict[str, Filter]:
    disabled = set(said.get("disabled", ()))
    stay = [name for name in FILTERS if not disabled & {name, EVERY}]
    return frozendict({name: FILTERS[name] for name in dict.fromkeys((*stay, *said.get("enabled", ())))})


def _strategy(said: str | Mapping[str, Any]) -> Score:
    """How NodeResourcesFit scores: by the type of the strategy, the resources that it weighs, and its shape."""
    if isinstance(said, str):
        return _strategy({"type": said})
    resources: Resources = tuple(
        (item["name"], item.get("weight", DEFAULT_WEIGHT)) for item in said.get("resources", ())
    )
    weighed = resources or DEFAULT_RESOURCES
    kind = said.get("type", LEAST_ALLOCATED)
    if kind == REQUESTED_TO_CAPACITY_RATIO:
        shape = tuple((point["utilization"], point["score"]) for point in said["shape"])
        return partial(requested_to_capacity_ratio, shape=shape, resources=weighed)
    return partial(most_allocated if kind == MOST_ALLOCATED else least_allocated, resources=weighed)


def _with_arguments(said: Mapping[str, Any], scores: Profile) -> Profile:
    if _FIT in scores and "scoringStrategy" in said:
        scores = scores.set(_FIT, (scores[_FIT][0], _strategy(said["scoringStrategy"])))
    if _AFFINITY in scores and "hardPodAffinityWeight" in said:
        weighs = partial(inter_pod_affinity, hard_weight=said["hardPodAffinityWeight"])
        scores = scores.set(_AFFINITY, (scores[_AFFINITY][0], weighs))
    return scores


def profile(said: str | Mapping[str, Any], scoring: str = Scoring.ANY_FEASIBLE.value) -> SchedulerProfile:
    """The profile that a scenario describes: by a way to score, or plug-in by plug-in.

    ``scoring``: the way to score where it says none, and nothing of scores.
    """
    if isinstance(said, str):
        return SchedulerProfile(scores=SCORES[Scoring(said)])
    speaks = bool({"score", "scoringStrategy", "hardPodAffinityWeight"} & said.keys())
    base = SCORES[Scoring(said.get("scoring", Scoring.DEFAULT_PROFILE.value if speaks else scoring))]
    scores = _scores(said.get("score", {}), base or Profile()) if speaks else base
    scores = scores and _with_arguments(said, scores)
    return SchedulerProfile(_filters(said.get("filter", {})), scores, said.get("percentageOfNodesToScore", 0))


def profiles(said: Mapping[str, str | Mapping[str, Any]], default: str, scoring: str) -> Mapping[str, SchedulerProfile]:
    """The profiles by their names; ``default``: the name of the one that there is if none is given."""
    found = {name: profile(each, scoring) for name, each in sorted(said.items())}
    return frozendict(found or {default: profile(scoring)})


def _scoring(scenario: Scenario) -> str:
    return scenario.switches.get("scoring", Scoring.ANY_FEASIBLE.value)


def profiles_of(scenario: Scenario) -> Mapping[str, SchedulerProfile]:
    """The profiles that kube-scheduler serves; the default one scores as the switch ``scoring`` says."""
    return profiles(scenario.profiles, DEFAULT_SCHEDULER, _scoring(scenario))


def profiles_of_further(scenario: Scenario) -> Mapping[str, Mapping[str, SchedulerProfile]]:
    """The profiles of each further scheduler, by its name, which is that of its profile if none is given."""
    scoring = _scoring(scenario)
    return frozendict({name: profiles(said, name, scoring) for name, said in sorted(scenario.schedulers.items())})


def serving(said: Mapping[str, Any], further: Mapping[str, Mapping[str, Any]]) -> Mapping[str, str]:
    """Which scheduler serves each profile. ``said``: those of kube-scheduler; ``further``: by the other schedulers."""
    found = dict.fromkeys(said or (DEFAULT_SCHEDULER,), KUBE_SCHEDULER)
    for name, served in further.items():
        found |= dict.fromkeys(served or (name,), name)
    return found


def all_profiles(scenario: Scenario) -> Mapping[str, SchedulerProfile]:
    """The profiles of all schedulers: no two of them serve one of the same name."""
    further = (found for served in profiles_of_further(scenario).values() for found in served.items())
    return frozendict({**profiles_of(scenario), **dict(further)})
