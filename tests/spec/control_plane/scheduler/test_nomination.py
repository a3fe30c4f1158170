"""A pod that waits for its volumes is nominated to its node first, since v1.35 (kube-scheduler §3.9)."""

from __future__ import annotations

from typing import Any

import attrs
import pytest
from kubemodel.spec import cluster
from kubemodel.spec.control_plane.scheduler.nomination import ClearNomination, Nominate
from kubemodel.spec.control_plane.scheduler.views import nominated
from kubemodel.spec.control_plane.scheduler.volumes import reserve, volume_rules
from kubemodel.spec.kinds import POD as PODS
from kubemodel.spec.kinds import WAITS_FOR_VOLUMES
from kubemodel.spec.language.plan import Call, Step
from kubemodel.spec.language.request import Outcome
from kubemodel.spec.language.scenario import Scenario
from kubemodel.spec.manifests.settings import Settings, of_version
from kubemodel.spec.objects.pod import Pod, PodStatus

from ...exploration import bare_pod, explore, pod_spec, scenario
from ...volume_scenarios import WAITS, claim, storage_class
from .test_volumes import ERRED, NODES, POD, disk, storage
from .test_volumes import claim as bound

CLAIMING = pod_spec(volumes=[{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}])


def edits(steps: tuple[Step, ...]) -> list[Any]:
    return [step.request.body for step in steps if isinstance(step, Call) and step.request.kind == PODS]


def waiting(**switches: str) -> Scenario:
    settings: Any = {"switches": {"claims": "moving", **switches}, "faults": {"scheduler-crash": 1}, "nodes": 2}
    return scenario(bare_pod(CLAIMING), claim("data"), storage_class(WAITS), **settings)


def test_it_is_nominated_before_anything_else_is_asked_for() -> None:
    first, second = (it for it in reserve(POD, NODES[0], storage(disk("a")), ERRED) if isinstance(it, Call))
    assert first.request.body == Nominate("node-a")
    assert first.request.body(POD).status.nominated_node_name == "node-a"
    assert second.request.kind == "PersistentVolume"
    assert edits(reserve(POD, NODES[0], storage(disk("a")), ERRED, nominates=False)) == []


def test_one_that_is_nominated_there_already_is_not_nominated_again() -> None:
    pod = attrs.evolve(POD, status=PodStatus(nominated_node_name="node-a"))
    assert edits(reserve(pod, NODES[0], storage(disk("a")), ERRED)) == []
    assert edits(reserve(pod, NODES[1], storage(disk("b")), ERRED)) == [Nominate("node-b")]


def test_a_failure_takes_the_nomination_away() -> None:
    _, reserving = (it for it in reserve(POD, NODES[0], storage(disk("a")), ERRED) if isinstance(it, Call))
    assert edits(dict(reserving.on)[Outcome.CONFLICT]) == [ClearNomination()]
    (clear,) = (it for it in dict(reserving.on)[Outcome.CONFLICT] if isinstance(it, Call))
    forgotten = {(step.field, step.change.value) for step in dict(clear.on)[Outcome.NOT_FOUND]}  # type: ignore[union-attr]
    assert forgotten == {("assumed", ""), (WAITS_FOR_VOLUMES, False)}, "a pod that is gone goes into no queue"
    assert ClearNomination()(Pod(status=PodStatus(nominated_node_name="node-a"))).status.nominated_node_name == ""


@pytest.mark.parametrize(("nominates", "clears"), [(True, [ClearNomination()]), (False, [])])
def test_so_does_a_pod_that_is_forgotten(nominates: bool, clears: list[Any]) -> None:
    bind, forget, late = volume_rules(ERRED, nominates=nominates)
    key = bind.key.view(POD, "node-a", True)
    seen: Any = {"nodes": tuple((node, 1) for node in NODES), "volumes": (disk("b"),)}
    (gone,) = forget.decide(key, **{**seen, "claims": ()})
    assert edits(gone.plan) == clears
    reserved = (disk("a", claim=("default", "data")),)
    (over,) = late.decide(key, **{**seen, "claims": storage().claims, "volumes": reserved})
    assert edits(over.plan) == clears
    (call,) = (it for it in _bound(bind, key, seen) if isinstance(it, Call))
    assert edits(dict(call.on)[Outcome.CONFLICT]) == clears


def _bound(bind: Any, key: Any, seen: Any) -> tuple[Step, ...]:
    (found,) = bind.decide(key, **{**seen, "claims": (bound("disk"),), "volumes": (disk("a"),)})
    plan: tuple[Step, ...] = found.plan
    return plan


def test_what_is_assumed_is_not_counted_a_second_time_for_its_nomination() -> None:
    promised = attrs.evolve(POD, status=PodStatus(nominated_node_name="node-a"))
    assert nominated().classify(None, promised, "") is not None
    assert nominated().classify(None, promised, "node-a") is None


def test_a_scheduler_that_restarts_meanwhile_comes_to_the_same_end() -> None:
    on, off = explore(waiting()), explore(waiting(**{"nomination-before-binding": "off"}))
    assert on.violated == off.violated == {}
    assert on.result.states > off.result.states


@pytest.mark.parametrize(("version", "value"), [("1.34", "off"), ("1.35", "on"), ("1.37", "on")])
def test_it_is_what_the_version_does(version: str, value: str) -> None:
    settings = of_version(Settings(kubernetes=version))
    assert settings.switches.get("nomination-before-binding", "on") == value
    assert cluster.assumptions(waiting()) == cluster.assumptions(waiting(**{"nomination-before-binding": "off"}))
