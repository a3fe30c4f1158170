"""Profiles plug-in by plug-in: what is disabled does not filter or score, weights count, hints may miss what helps."""

from __future__ import annotations

from typing import Any

import attrs
import pytest
from kubemodel.spec import cluster
from kubemodel.spec.control_plane.scheduler.filtering import FILTERS
from kubemodel.spec.control_plane.scheduler.profiles import SchedulerProfile, profile, profiles
from kubemodel.spec.control_plane.scheduler.scoring import DEFAULT_PROFILE, Profile
from kubemodel.spec.control_plane.scheduler.snapshot import Snapshot
from kubemodel.spec.control_plane.scheduler.views import DEFAULT_SCHEDULER
from kubemodel.spec.language.scenario import Scenario
from kubemodel.spec.manifests.errors import InputError
from kubemodel.spec.objects.decoding import decode_node
from kubemodel.spec.objects.decoding_pod import decode_pod
from kubemodel.spec.objects.node import Node

from ...exploration import bare_pod, explore, needing, node, pod_spec, scenario, without

NODES = [node("node-1", "4"), node("node-2", "64")]
"""A small node and a large one."""

CORDONED: Any = [{**node("node-1"), "spec": {"unschedulable": True}}, node("node-2")]
FIT = "NodeResourcesFit"


def placed(said: Any, nodes: Any = NODES, cpu: str = "1") -> Scenario:
    pod = bare_pod(pod_spec(container=needing(cpu), schedulerName="batch"))
    return scenario(pod, nodes=nodes, profiles={"batch": said})


def scores(said: Any) -> Profile:
    """The scores of a profile that says something of scores."""
    found = profile(said).scores
    assert found is not None
    return found


def _named_host(item: Node) -> Node:
    labels = item.metadata.labels | {"kubernetes.io/hostname": item.metadata.name}
    return attrs.evolve(item, metadata=attrs.evolve(item.metadata, labels=labels))


def test_a_profile_that_says_nothing_is_the_default_one() -> None:
    assert profile({}) == SchedulerProfile()
    assert dict(profiles({}, DEFAULT_SCHEDULER, "default-profile")) == {
        DEFAULT_SCHEDULER: SchedulerProfile(scores=DEFAULT_PROFILE)
    }


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ({"disabled": ["NodePorts"]}, set(FILTERS) - {"NodePorts"}),
        ({"disabled": ["*"]}, set()),
        ({"disabled": ["*"], "enabled": [FIT]}, {FIT}),
    ],
)
def test_which_filters_are_in_force(said: Any, left: set[str]) -> None:
    assert set(profile({"filter": said}).filters) == left


@pytest.mark.parametrize(
    ("said", "last"),
    [
        ({"disabled": ["*"], "enabled": ["NodePorts", "NodeName"]}, ["NodePorts", "NodeName"]),
        ({"disabled": ["NodeName"], "enabled": ["NodeName", "NodePorts"]}, ["InterPodAffinity", "NodeName"]),
    ],
)
def test_what_stays_keeps_its_place_and_what_is_new_comes_after(said: Any, last: list[str]) -> None:
    assert list(profile({"filter": said}).filters)[-2:] == last


@pytest.mark.parametrize(
    ("said", "weights"),
    [
        ({"disabled": ["*"], "enabled": [{"name": FIT, "weight": 5}]}, {FIT: 5}),
        ({"disabled": ["*"], "enabled": [{"name": "NodeAffinity"}]}, {"NodeAffinity": 1}),
        (
            {"enabled": [{"name": FIT, "weight": 9}]},
            {name: 9 if name == FIT else w for name, (w, _) in DEFAULT_PROFILE.items()},
        ),
    ],
)
def test_which_scores_count_and_how_much(said: Any, weights: dict[str, int]) -> None:
    assert {name: weight for name, (weight, _) in scores({"score": said}).items()} == weights


_LARGE, _SMALL = (decode_node(node(name, cpu)) for name, cpu in (("large", "64"), ("small", "4")))
_HALF = {"shape": [{"utilization": 0, "score": 0}, {"utilization": 50, "score": 10}, {"utilization": 100, "score": 0}]}


@pytest.mark.parametrize(
    ("strategy", "points"),
    [
        ({"resources": [{"name": "memory"}]}, {"large": 98, "small": 98}),
        ({"resources": [{"name": "cpu"}]}, {"large": 96, "small": 50}),
        ({"type": "MostAllocated", "resources": [{"name": "cpu"}]}, {"large": 3, "small": 50}),
        ({"type": "RequestedToCapacityRatio", "resources": [{"name": "cpu"}], **_HALF}, {"large": 6, "small": 100}),
    ],
)
def test_the_strategy_of_the_fit(strategy: Any, points: dict[str, int]) -> None:
    """A pod of two cores on nodes of 64 and of 4, which have the same memory left."""
    pod = decode_pod(bare_pod(pod_spec(container={"resources": {"requests": {"cpu": "2", "memory": "200Mi"}}})))
    weight, score = scores({"scoringStrategy": strategy})[FIT]
    assert (weight, score(pod, (_LARGE, _SMALL), Snapshot((_LARGE, _SMALL)))) == (1, points)


@pytest.mark.parametrize(("weight", "points"), [(0, 0), (40, 100)])
def test_what_a_required_affinity_of_another_pod_is_worth(weight: int, points: int) -> None:
    term = {"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": {"app": "web"}}}
    affinity = {"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}
    there = decode_pod(bare_pod(pod_spec(affinity=affinity, nodeName="large")))
    coming = decode_pod({**bare_pod(pod_spec()), "metadata": {"name": "next", "labels": {"app": "web"}}})
    _, score = scores({"hardPodAffinityWeight": weight})["InterPodAffinity"]
    nodes = tuple(_named_host(it) for it in (_LARGE, _SMALL))
    assert score(coming, nodes, Snapshot(nodes, (there,)))["large"] == points


def test_a_cordoned_node_takes_pods_of_a_profile_that_does_not_look() -> None:
    """And the property about feasible nodes goes by the filters of the pod's own profile."""
    heedful = explore(placed({}, CORDONED))
    heedless = explore(placed({"filter": {"disabled": ["NodeUnschedulable", "TaintToleration"]}}, CORDONED))
    assert heedful.violated == heedless.violated == {}
    assert heedless.result.states > heedful.result.states
    assert "assigned-node-feasible-at-decision" in heedless.triggered


def test_without_the_filter_for_resources_the_kubelet_refuses_what_does_not_fit() -> None:
    found = explore(placed({"filter": {"disabled": [FIT]}}, [node("node-1", "1")], cpu="2"))
    assert set(found.violated) == {"no-overcommit-of-requests", "scheduled-pods-admitted"}


def test_the_strategy_decides_between_a_small_node_and_a_large_one() -> None:
    only = {"disabled": ["*"], "enabled": [{"name": FIT}]}
    emptier = explore(placed({"score": only})).result.states
    fuller = explore(placed({"score": only, "scoringStrategy": "MostAllocated"})).result.states
    anywhere = explore(placed("any-feasible")).result.states
    assert emptier == fuller < anywhere


@pytest.mark.parametrize(
    "said",
    [
        {"filter": {"disabled": ["NodePort"]}},
        {"score": {"enabled": [{"name": FIT, "weight": 0}]}},
        {"score": {"enabled": [{"weight": 1}]}},
        {"scoringStrategy": "RequestedToCapacityRatio"},
        {"scoringStrategy": {"type": "RequestedToCapacityRatio"}},
        {"scoringStrategy": {"type": "MostAllocated", "shape": [{"utilization": 0, "score": 1}]}},
        {"hardPodAffinityWeight": 101},
        "fastest",
    ],
)
def test_a_profile_that_nobody_can_read_is_refused(said: Any) -> None:
    with pytest.raises(InputError, match=r"small\.yaml"):
        placed(said)


NO_FLUSH = without("kube-scheduler", "flush unschedulable pod")
MISSED: Any = {"queueing-hints": "missed"}
ALSO = "schedulable-pod-eventually-bound"


def _freed(**settings: Any) -> Scenario:
    """A pod that has no room until a user takes another one away."""
    large = pod_spec(container=needing("3"), **settings.pop("spec", {}))
    pods = (bare_pod(large, name="first"), bare_pod(large))
    return scenario(*pods, users=[[{"delete": "pod/first"}]], start="created", alsoCheck=[ALSO], **settings)


def test_a_missed_hint_only_delays() -> None:
    found = explore(_freed(switches=MISSED))
    assert ("kube-scheduler", "flush unschedulable pod") in found.rules
    assert not {("kube-scheduler", "requeue"), ("kube-scheduler", "back-off completes")} & found.rules
    assert found.violated == {}
    assert ALSO in found.triggered


def test_without_the_flush_a_pod_waits_for_ever_beside_a_node_that_would_do() -> None:
    found = explore(_freed(switches=MISSED), NO_FLUSH)
    assert found.violated[ALSO] == "a pod waits, although node-1 would do"


def test_whether_a_pod_waits_in_vain_is_asked_by_the_filters_of_its_own_profile() -> None:
    unheeded = _freed(spec={"schedulerName": "batch"}, profiles={"batch": {}}, switches=MISSED)
    assert explore(unheeded, NO_FLUSH).violated[ALSO]
    spec = {"schedulerName": "batch", "nodeSelector": {"disk": "ssd"}}
    profiles = {"batch": {"filter": {"disabled": ["NodeAffinity"]}}}
    nowhere = _freed(spec=spec, switches=MISSED)
    assert ALSO not in explore(nowhere, NO_FLUSH).violated
    assert explore(_freed(spec=spec, profiles=profiles, switches=MISSED), NO_FLUSH).violated


def test_the_verdict_says_what_it_takes_for_granted_of_hints() -> None:
    for switches, name in (({}, "queueing-hints-exact"), (MISSED, "queueing-hints-missed")):
        found = [it.name for it in cluster.build(_freed(switches=switches)).assumptions]
        assert [it for it in found if it.startswith("queueing-hints")] == [name]


def test_that_scores_are_left_open_is_an_assumption_and_that_no_plug_in_scores_is_none() -> None:
    for said, left_open in (("any-feasible", True), ({"score": {"disabled": ["*"]}}, False)):
        found = {it.name for it in cluster.build(placed(said)).assumptions}
        assert ("any-feasible-node" in found) == left_open
