"""Soft eviction thresholds: who waits, and with how much grace; and what goes before where the disk is short."""

from __future__ import annotations

from typing import Any

import pytest
from kubemodel.spec.kinds import CREATED, EXITED, MAIN, PRESENT, RUNNING, UNCHECKED, ContainerRuntime, PodRuntime
from kubemodel.spec.language.plan import KEY
from kubemodel.spec.node.disk_reclaim import Collect, collect, in_use
from kubemodel.spec.node.soft_eviction import bounded_hook, rules
from kubemodel.spec.objects.decoding_pod import decode_pod_spec
from kubemodel.spec.objects.pod import Pod

from ..container_scenarios import SOFT, holding, several
from ..exploration import Found, bare_pod, explore, pod_spec, pre_stop, scenario, without

EVICT, EVICT_SOFTLY = "evict for node pressure", "evict past soft threshold"


def short(*objects: Any, fault: str = "memory-pressure", mutate: Any = None, **settings: Any) -> Found:
    """A search of what happens on a node that runs short once."""
    faults = {fault: 1, **settings.pop("further", {})}
    return explore(scenario(*(objects or (bare_pod(),)), start="created", faults=faults, **settings), mutate)


def kubelets(found: Found) -> set[str]:
    """The rules of kubelets that fired."""
    return {rule for component, rule in found.rules if component == "kubelet"}


@pytest.mark.parametrize(
    ("sleeps", "grace", "most", "seconds"), [(0, 30, 60, 0), (10, 30, 60, 10), (10, 5, 60, 5), (10, 30, 4, 4)]
)
def test_a_hook_is_waited_for_as_long_as_pod_and_kubelet_let_it(
    sleeps: int, grace: int, most: int, seconds: int
) -> None:
    spec = decode_pod_spec({**pod_spec(container=pre_stop(sleeps)), "terminationGracePeriodSeconds": grace})
    assert bounded_hook(spec, most) == seconds


def test_the_grace_periods_are_those_that_are_given() -> None:
    spec = decode_pod_spec(pod_spec(container=pre_stop(10)))
    found = {rule.name: rule.duration for rule in rules([spec], grace=90, most=30, disk=False, images=False)}
    assert found["soft threshold is overdue"] == 90
    assert (found[EVICT_SOFTLY], found[f"{EVICT_SOFTLY} after preStop 10 s"]) == (10, 20)
    assert f"{EVICT_SOFTLY} after preStop 10 s" not in {
        rule.name for rule in rules([spec], grace=90, most=0, disk=False, images=False)
    }


def test_past_a_soft_threshold_the_kubelet_waits_and_past_the_hard_one_it_does_not() -> None:
    found = short(**SOFT)
    assert {"soft threshold is overdue", EVICT_SOFTLY, EVICT} <= kubelets(found)
    patient = short(mutate=without("kubelet", "soft threshold is overdue"), **SOFT)
    assert EVICT_SOFTLY not in kubelets(patient)
    assert EVICT in kubelets(patient)


def test_without_soft_thresholds_nobody_waits() -> None:
    assert {rule for rule in kubelets(short()) if "soft" in rule} == set()


def test_the_condition_comes_with_the_soft_threshold() -> None:
    found = short(mutate=without("fault", "pressure grows"), **SOFT)
    assert "post pressure" in kubelets(found)
    assert EVICT not in kubelets(found)


def test_a_kubelet_that_restarts_counts_anew() -> None:
    found = short(further={"kubelet-crash": 1}, **SOFT)
    assert ("soft threshold", "Overdue", "Met", "fault") in found.arrows


USES = Pod(spec=decode_pod_spec(several(mains=("web", "cache"))))


@pytest.mark.parametrize(
    ("states", "used"),
    [((RUNNING, CREATED), ("cache:1", "web:1")), ((RUNNING, EXITED), ("web:1",)), ((EXITED, EXITED), None)],
)
def test_an_image_is_in_use_while_a_container_of_it_has_not_ended(
    states: tuple[str, str], used: tuple[str, ...] | None
) -> None:
    each = tuple(ContainerRuntime(name, MAIN, state) for name, state in zip(("web", "cache"), states, strict=True))
    query = in_use(lambda node: node)
    assert query.classify("a", USES, PodRuntime("a", containers=states[0], each=each)) == used
    assert query.classify("b", USES, PodRuntime("a", containers=states[0], each=each)) is None


def test_a_node_keeps_the_images_that_are_in_use() -> None:
    write, sweep = collect(KEY, "a", [("web:1",), ("cache:1",)])
    assert write.change == Collect(frozenset({"web:1", "cache:1"}))
    assert Collect(frozenset({"web:1"}))(frozenset({"web:1", "old:1"})) == {"web:1"}
    assert sweep.change("a", PodRuntime("a", pull=PRESENT)) == (PodRuntime("a", pull=UNCHECKED),)
    assert sweep.change("a", PodRuntime("b", pull=PRESENT)) == (PodRuntime("b", pull=PRESENT),)
    assert sweep.change("a", None) == (None,)


def test_an_image_that_was_collected_has_to_be_pulled_again() -> None:
    """The node holds the image: only what the kubelet reclaims can make a later start pull it."""
    again = {"nodes": [holding()], "further": {"image-pull-error": 1, "container-exit": 1}}
    assert ("container-runtime", "images are pulled") in short(fault="disk-pressure", **again).rules
    assert ("container-runtime", "images are pulled") not in short(fault="memory-pressure", **again).rules
