"""Schedulers side by side: each has its own cache and queue, and the kubelet rejects what does not fit (§7.1)."""

from __future__ import annotations

from typing import Any

import pytest
from kubemodel.spec import cluster
from kubemodel.spec.control_plane.scheduler.profiles import all_profiles, profiles_of, serving
from kubemodel.spec.control_plane.scheduler.views import nominated
from kubemodel.spec.kinds import KUBE_SCHEDULER, POD, PROCESS
from kubemodel.spec.language.scenario import Scenario
from kubemodel.spec.manifests.errors import InputError
from kubemodel.spec.manifests.fields import Lines
from kubemodel.spec.manifests.loading import Document
from kubemodel.spec.manifests.scenarios import plan
from kubemodel.spec.manifests.settings import Settings
from kubemodel.spec.objects.pod import Pod, PodSpec, PodStatus

from ...exploration import Data, bare_pod, explore, needing, pod_spec, priority_class, scenario
from ...volume_scenarios import claim, storage_class

PACKING: Any = {"schedulers": {"packing": {}}}
LATE: Any = {"lag": {KUBE_SCHEDULER: {"Pod": 1}}}
TAKES_TOO_MUCH = {"no-overcommit-of-requests", "scheduled-pods-admitted"}

APART = {
    "podAntiAffinity": {
        "requiredDuringSchedulingIgnoredDuringExecution": [
            {"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": {"app": "web"}}}
        ]
    }
}


def pod(name: str, scheduler: str = "default-scheduler", cpu: str = "3", **spec: Any) -> Data:
    return bare_pod(pod_spec(container=needing(cpu), schedulerName=scheduler, **spec), name)


def two(cpu: str = "3", **settings: Any) -> Scenario:
    """Two pods, each of another scheduler; on two nodes of 4 cores there is room for both, on one there is not."""
    return scenario(pod("web", cpu=cpu), pod("report", "packing", cpu), nodes=2, **{**PACKING, **settings})


@pytest.mark.parametrize("settings", [LATE, {"rpc": "message"}], ids=["old caches", "bindings on their way"])
def test_two_schedulers_bind_to_the_room_that_is_there_once(settings: Any) -> None:
    assert set(explore(two(**settings)).violated) == TAKES_TOO_MUCH


@pytest.mark.parametrize("settings", [LATE, {"rpc": "message"}], ids=["old caches", "bindings on their way"])
def test_two_profiles_of_one_scheduler_share_what_it_has_assumed(settings: Any) -> None:
    profiles = dict.fromkeys(("default-scheduler", "packing"), "any-feasible")
    assert explore(two(schedulers={}, profiles=profiles, **settings)).violated == {}


def test_schedulers_that_see_each_binding_at_once_do_no_harm() -> None:
    assert explore(two()).violated == {}


def test_pods_that_keep_apart_meet_where_two_schedulers_put_them() -> None:
    pods = (pod("web", cpu="1", affinity=APART), pod("report", "packing", "1", affinity=APART))
    found = explore(scenario(*pods, nodes=2, **PACKING, **LATE))
    assert set(found.violated) == {"required-anti-affinity-holds-at-bind"}


def test_each_remembers_in_fields_of_its_own_and_has_a_queue_of_its_own() -> None:
    model = cluster.build(two(**LATE))
    (kind,) = (kind for kind in model.kinds if kind.name == POD)
    memory = {field.name: field.memory_of for field in kind.fields if field.memory_of in (KUBE_SCHEDULER, "packing")}
    assert memory == {
        "queue": KUBE_SCHEDULER,
        "assumed": KUBE_SCHEDULER,
        "queue of packing": "packing",
        "assumed of packing": "packing",
    }
    machines = {machine.name: machine.fields for machine in model.machines}
    assert machines["scheduling-queue of packing"] == ("object", "queue of packing", "assumed of packing")
    assert dict(model.lag) == {(KUBE_SCHEDULER, POD): 1, ("packing", POD): 1}


def test_a_pod_without_room_waits_in_the_queue_of_its_own_scheduler() -> None:
    found = explore(scenario(pod("web", cpu="1"), pod("report", "packing", "8"), **PACKING))
    assert ("scheduling-queue of packing", "Active", "Unschedulable", "packing") in found.arrows
    assert not any(arrow[:3] == ("scheduling-queue", "Active", "Unschedulable") for arrow in found.arrows)


def test_each_makes_room_and_keeps_its_own_nominations() -> None:
    classes = (priority_class("low", 1), priority_class("high", 9))
    there = pod("web", priorityClassName="low", nodeName="node-1")
    found = explore(scenario(*classes, there, pod("report", "packing", priorityClassName="high"), **PACKING))
    assert ("pod", "Ready", "Terminating", "packing") in found.arrows
    assert found.violated == {}
    waits = Pod(spec=PodSpec(scheduler_name="packing"), status=PodStatus(nominated_node_name="node-1"))
    assert nominated({"packing"}).classify(None, waits, "") is not None
    assert nominated({"default-scheduler"}).classify(None, waits, "") is None


def test_what_is_assumed_until_its_volumes_are_there_is_judged_too() -> None:
    """The binding itself is not judged there: the node was chosen before."""
    claiming = pod("report", "packing", volumes=[{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}])
    asked = ["assigned-node-feasible-at-decision", "schedulable-pod-eventually-bound"]
    settings: Any = {**PACKING, "switches": {"claims": "moving"}, "nodes": 2, "properties": asked}
    found = explore(scenario(claiming, claim("data"), storage_class("WaitForFirstConsumer"), **settings))
    assert ("packing", "bind with volumes") in found.rules
    assert found.triggered >= set(asked)


def test_timers_of_all_schedulers_follow_the_constants() -> None:
    models = [cluster.build(two(constants={"pod-initial-backoff": 7}))]
    durations = {
        (component.name, rule.duration)
        for model in models
        for component in model.components
        for rule in component.rules
        if rule.name == "back-off completes"
    }
    assert durations == {(KUBE_SCHEDULER, 7.0), ("packing", 7.0)}


def test_without_further_schedulers_there_is_nothing_of_them() -> None:
    model = cluster.build(scenario(pod("web")))
    assert {name for kind in model.kinds if kind.name == PROCESS for name in kind.names} == {
        "kube-controller-manager",
        KUBE_SCHEDULER,
    }
    assert not any(" of " in field.name for kind in model.kinds for field in kind.fields)
    assert "further-schedulers" not in {it.name for it in model.assumptions}


def test_who_serves_what() -> None:
    wanted = two(schedulers={"packing": {}, "batch": {"long": "any-feasible", "short": "any-feasible"}})
    assert set(profiles_of(wanted)) == {"default-scheduler"}
    assert set(all_profiles(wanted)) == {"default-scheduler", "packing", "long", "short"}
    assert serving({}, wanted.schedulers) == {
        "default-scheduler": KUBE_SCHEDULER,
        "packing": "packing",
        "long": "batch",
        "short": "batch",
    }
    (schedulers,) = (
        it.text for it in cluster.assumptions(scenario(pod("web", "other"), **PACKING)) if it.name == "schedulers"
    )
    assert schedulers == "nobody schedules pods for other: the schedulers serve default-scheduler, packing"


@pytest.mark.parametrize(
    ("schedulers", "problem"),
    [
        ({"kube-scheduler": {}}, 'no scheduler can be called "kube-scheduler"'),
        ({"Packing": {}}, 'no scheduler can be called "Packing"'),
        ({"default-scheduler": {}}, 'kube-scheduler serves the profile "default-scheduler" already'),
        ({"a": {"long": {}}, "b": {"long": {}}}, 'a serves the profile "long" already'),
        ({"a": {"long": "any"}}, ""),
    ],
)
def test_names_that_are_taken_are_refused(schedulers: Any, problem: str) -> None:
    with pytest.raises(InputError) as refused:
        scenario(pod("web"), schedulers=schedulers)
    assert problem in str(refused.value)


def test_pods_of_two_schedulers_that_can_fill_a_node_are_checked_together() -> None:
    documents = [Document(dict(it), "pods.yaml", Lines(1)) for it in (pod("web"), pod("report", "packing"))]
    schedulers: Any = PACKING["schedulers"]
    apart = plan(documents, Settings(nodes=3)).jobs
    (together,) = plan(documents, Settings(nodes=3, schedulers=schedulers)).jobs
    assert len(apart) == 2
    assert "whose schedulers do not agree" in together.group.explanation
