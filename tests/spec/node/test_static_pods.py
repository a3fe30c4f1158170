"""Static pods and mirrors: names, uids, and what becomes of both in small scenarios."""

from __future__ import annotations

import pytest
from frozendict import frozendict
from kubemodel.engine.successors import transitions
from kubemodel.engine.transition_system import TransitionSystem
from kubemodel.spec import cluster
from kubemodel.spec.node.static_pods import (
    GONE,
    SOURCE_ANNOTATION,
    Edited,
    Manifest,
    full_name,
    is_mirror,
    is_static,
    manifest,
    static_uid,
    without_static_pods,
)
from kubemodel.spec.objects.metadata import ObjectMeta
from kubemodel.spec.objects.pod import Pod, PodSpec

from ..container_scenarios import static_pod
from ..exploration import bare_pod, explore, scenario, starts, values, without


def made(name: str = "etcd", node: str = "node-1", source: str = "file") -> Pod:
    annotations = frozendict({SOURCE_ANNOTATION: source} if source else {})
    return Pod(ObjectMeta(name=name, annotations=annotations), PodSpec(node_name=node))


def test_the_name_ends_with_the_node() -> None:
    assert full_name(made()) == "etcd-node-1"
    assert full_name(made("etcd-node-1")) == "etcd-node-1"


def test_a_pod_is_static_by_its_source_and_its_node() -> None:
    assert is_static(made())
    assert is_static(made(source="http"))
    assert not is_static(made(source="api"))
    assert not is_static(made(source=""))
    assert not is_static(made(node=""))


def test_the_uid_follows_from_manifest_node_and_source() -> None:
    found = {static_uid(made(), 0), static_uid(made(), 1), static_uid(made(source="http"), 0)}
    found |= {static_uid(made(node="node-2"), 0), static_uid(made("dns"), 0)}
    assert len(found) == 5
    assert static_uid(made(), 0) == static_uid(made(), 0)


def test_what_a_source_declares_becomes_its_mirror() -> None:
    declared = manifest(made())
    assert is_mirror(declared.pod)
    assert (declared.node, declared.name, declared.pod.metadata.name) == ("node-1", "etcd-node-1", "etcd-node-1")


def test_a_changed_manifest_is_another_pod_and_one_taken_away_is_gone() -> None:
    first = manifest(made())
    second = Edited(made(), away=False)(first)
    assert isinstance(second, Manifest)
    assert second.uid != first.uid
    assert Edited(made(), away=False)(second) == first
    assert Edited(made(), away=True)(first) == GONE


def test_static_pods_do_not_stand_in_the_api() -> None:
    plain = made(source="")
    assert without_static_pods((plain, made())) == ((plain,), (made(),))


ONLY = ["mirror-reflects-static", "static-pod-outlives-mirror"]


def test_a_scenario_tells_them_from_other_pods() -> None:
    plain, static = scenario(bare_pod()), scenario(static_pod())
    assert ([pod.metadata.name for pod in plain.objects], plain.static_pods) == (["web"], ())
    assert (static.objects, [pod.metadata.name for pod in static.static_pods]) == ((), ["etcd-node-1"])


def test_without_static_pods_nothing_of_them_is_in_the_model() -> None:
    model = cluster.build(scenario(bare_pod()))
    assert "StaticPod" not in {kind.name for kind in model.kinds}
    rules = {rule.name for component in model.components for rule in component.rules}
    assert not {name for name in rules if "static" in name or "mirror" in name}


def ends(name: str = "", **settings: object) -> set[tuple[str, str]]:
    """What can stand where all is at rest: how the static pod is, and how its mirror; without the rule ``name``."""
    wanted = scenario(static_pod(), properties=ONLY, **{"start": "created", **settings})
    model = cluster.build(wanted)
    model = without("kubelet", name)(model) if name else model
    system = TransitionSystem(model)
    frontier = list(starts(system, wanted.start))
    seen, found = set(frontier), set()
    while frontier:
        state = frontier.pop()
        steps = [step for step in transitions(system, state) if step.successor is not None]
        if all(step.group.environment for step in steps):
            (runtime,) = values(system, state, "StaticPod", "runtime")
            mirrors = [pod for pod in values(system, state, "Pod") if pod is not None]
            phase = mirrors[0].status.phase if mirrors else "none"
            found.add((runtime.state if runtime is not None else "none", phase))
        for step in steps:
            if step.successor not in seen:
                seen.add(step.successor)
                frontier.append(step.successor)
    return found


def test_a_static_pod_runs_and_is_shown() -> None:
    assert ends() == {("running", "Running")}


def test_a_mirror_that_is_deleted_comes_again_and_the_pod_runs_on() -> None:
    assert ends(users=[[{"delete": "pod/etcd-node-1"}]]) == {("running", "Running")}


def test_a_manifest_that_is_taken_away_takes_both_away() -> None:
    assert ends(faults={"static-pod-removed": 1}) == {("running", "Running"), ("none", "none")}


def test_a_node_that_is_cut_off_runs_its_static_pods() -> None:
    assert ("running", "none") in ends(faults={"link-cut": 1})


@pytest.mark.parametrize(
    ("rule", "left"),
    [
        ("read static pods", {("none", "none")}),
        ("start static pod", {("none", "Pending")}),
        ("create mirror pod", {("running", "none")}),
        ("report status of mirror pod", {("running", "Pending")}),
    ],
)
def test_without_the_rule_it_ends_otherwise(rule: str, left: set[tuple[str, str]]) -> None:
    assert ends(rule) == left


def test_a_source_is_read_again_only_by_the_rule() -> None:
    at_rest = {"faults": {"static-pod-removed": 1}, "start": "running"}
    assert ("none", "none") in ends(**at_rest)
    assert ends("read static pods again", **at_rest) == {("running", "Running")}


@pytest.mark.parametrize("rule", ["stop static pod", "delete mirror pod"])
def test_without_the_rule_something_of_a_removed_pod_stays(rule: str) -> None:
    assert ends(rule, faults={"static-pod-removed": 1}) != ends(faults={"static-pod-removed": 1})


def test_the_node_owns_the_mirror() -> None:
    (owner,) = manifest(made()).pod.metadata.owner_references
    assert (owner.kind, owner.name, owner.controller) == ("Node", "node-1", True)


DELETED = {"users": [[{"delete": "node/node-1"}]], "start": "running"}
"""A Node that is deleted while its kubelet runs."""


def test_a_mirror_goes_with_its_node_and_the_static_pod_runs_on() -> None:
    assert ends(**DELETED) == {("running", "Running"), ("running", "none")}


def test_a_node_that_is_back_has_its_mirror_again() -> None:
    found = explore(scenario(static_pod(), faults={"kubelet-crash": 1}, properties=ONLY, **DELETED))
    assert {("garbage-collector", "collect Pod"), ("kubelet", "register node")} <= found.rules
    assert found.violated == {}
    assert "has no Node" in found.suspended["mirror-reflects-static"]


def test_without_the_garbage_collector_a_mirror_waits_for_the_quarantine() -> None:
    wanted = scenario(static_pod(), properties=ONLY, **DELETED)
    collected = ("pod-garbage-collector", "collect pod of missing node")
    assert collected not in explore(wanted).rules
    assert collected in explore(wanted, without("garbage-collector", "collect Pod")).rules
