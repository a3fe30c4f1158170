"""How much of a plan is one step: whole plans reach nothing that requests do not, and a kubelet's own show nobody."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import attrs
import pytest
from kubemodel.checker.search import search
from kubemodel.engine.pools import plan_field
from kubemodel.engine.transition_system import TransitionSystem
from kubemodel.engine.verdicts import Verdict
from kubemodel.spec import cluster
from kubemodel.spec.environment import faults
from kubemodel.spec.language.model import Model
from kubemodel.spec.language.plan import Rpc
from kubemodel.spec.node import kubelet

from . import small_models
from .small_clusters import Data, Projection, deployment, projected, reachable, scenario

ITS_OWN = ("runtime", "worker", plan_field(kubelet.NAME))
"""What is on a node, and nobody but its kubelet reads."""


# Whole plans and requests


def lagging(rpc: Rpc) -> Model:
    """A controller whose cache lags, so that what it does in one go, or not, matters."""
    lag = {"replicaset-controller": {"Pod": 1}}
    return cluster.build(scenario(deployment(2), nodes=1, start="created", rpc=rpc.value, lag=lag))


def scaled(rpc: Rpc) -> Model:
    return cluster.build(
        scenario(
            deployment(1), nodes=1, start="created", rpc=rpc.value, users=[[{"scale": "web=2"}, {"scale": "web=0"}]]
        )
    )


def crashing(rpc: Rpc) -> Model:
    return cluster.build(
        scenario(deployment(1), nodes=1, start="created", rpc=rpc.value, faults={"controller-manager-crash": 1})
    )


def by_hand(rpc: Rpc) -> Model:
    return attrs.evolve(small_models.cluster(lag=1, todo=(2, 1)), rpc=rpc)


MODELS: dict[str, Callable[[Rpc], Model]] = {
    "lagging": lagging,
    "scaled": scaled,
    "crashing": crashing,
    "by hand": by_hand,
}


@lru_cache
def in_mode(model: str, rpc: Rpc) -> tuple[set[Projection], set[Projection]]:
    """All states and the quiescent ones."""
    system = TransitionSystem(MODELS[model](rpc))
    found = reachable(system)
    return projected(system, found.states), projected(system, found.quiescent)


@pytest.mark.parametrize("model", MODELS)
def test_whole_plans_come_to_rest_only_where_requests_do(model: str) -> None:
    assert in_mode(model, Rpc.RECONCILE)[1] <= in_mode(model, Rpc.REQUEST)[1]


@pytest.mark.parametrize("model", MODELS)
def test_whole_plans_reach_only_what_requests_do(model: str) -> None:
    assert in_mode(model, Rpc.RECONCILE)[0] < in_mode(model, Rpc.REQUEST)[0]


def test_requests_come_to_rest_where_whole_plans_do_not() -> None:
    """A pod that was created and a status that met a conflict: nothing makes the controller look again."""
    assert in_mode("by hand", Rpc.RECONCILE)[1] < in_mode("by hand", Rpc.REQUEST)[1]


# The kubelet's plans as one step


def one_pod(policy: str) -> Data:
    container = {"name": "web", "image": "web:1"}
    spec = {"restartPolicy": policy, "containers": [container]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web", "labels": {"app": "web"}}, "spec": spec}


def with_container(found: Data, **changes: Any) -> Data:
    found["spec"]["template"]["spec"]["containers"][0] |= changes
    return found


CPU = {"requests": {"cpu": "3"}}
PROBE = {"httpGet": {"path": "/", "port": 80}}
CRASH = {"node-crash": 1}

SMALL: dict[str, tuple[Data, dict[str, Any]]] = {
    "deployment deleted": (deployment(2), {"nodes": 1, "users": [[{"delete": "deployment/web"}]]}),
    "pod deleted": (deployment(1), {"nodes": 1, "users": [[{"delete": "pod/web"}]]}),
    "pod deleted by force": (deployment(1), {"nodes": 2, "users": [[{"force-delete": "pod/web"}]]}),
    "no room for both": (with_container(deployment(2), resources=CPU), {"nodes": 1, "faults": CRASH}),
    "new template": (
        deployment(1),
        {"nodes": 1, "users": [[{"apply": "new.yaml"}]], "applied": {"new.yaml": [deployment(1, "web:2")]}},
    ),
    "probe fails": (
        with_container(deployment(1), readinessProbe=PROBE),
        {"nodes": 1, "faults": {"probe-failure": 1}, "alsoCheck": ["deployment-min-serving"]},
    ),
    "node crash": (deployment(1), {"nodes": 2, "faults": CRASH, "alsoCheck": ["deployment-survives-faults"]}),
    "controllers restart": (
        deployment(1),
        {"nodes": 1, "faults": {"controller-manager-crash": 1, "scheduler-crash": 1}},
    ),
    "never restarted": (one_pod("Never"), {"nodes": 1, "faults": {"node-crash": 2}}),
    "restarted": (one_pod("Always"), {"nodes": 1, "faults": CRASH, "users": [[{"delete": "pod/web"}]]}),
}


@lru_cache
def with_kubelet(name: str, fused: bool) -> tuple[int, set[Projection], set[Projection], dict[str, Verdict]]:
    """Number of states, what others see of them and of the quiescent ones, and the verdicts."""
    given, settings = SMALL[name]
    model = cluster.build(scenario(given, **{"start": "created", **settings}))
    assert model.fused == {kubelet.NAME}
    system = TransitionSystem(model if fused else attrs.evolve(model, fused=frozenset()))
    found = reachable(system)
    verdicts = {each.name: each.verdict for each in search(system, keep_going=True).properties}
    return (
        len(found.states),
        projected(system, found.states, ITS_OWN),
        projected(system, found.quiescent, ITS_OWN),
        verdicts,
    )


@pytest.mark.parametrize("name", SMALL)
def test_what_others_see_is_the_same_whether_a_kubelets_calls_are_one_step_or_several(name: str) -> None:
    fewer, seen, at_rest, _ = with_kubelet(name, fused=True)
    more, *others = with_kubelet(name, fused=False)
    assert fewer < more, "something was taken together"
    assert [seen, at_rest] == others[:2]


@pytest.mark.parametrize("name", SMALL)
def test_verdicts_are_the_same_whether_a_kubelets_calls_are_one_step_or_several(name: str) -> None:
    assert with_kubelet(name, fused=True)[3] == with_kubelet(name, fused=False)[3]


@pytest.mark.parametrize(
    "fault", [faults.KUBELET_CRASH, faults.LINK_CUT, faults.CONTAINER_EXIT, faults.CONTAINER_COMPLETION]
)
def test_a_fault_that_can_fall_between_two_calls_keeps_them_apart(fault: str) -> None:
    assert cluster.fused(scenario(deployment(1), nodes=1, faults={fault: 1})) == frozenset()
    assert cluster.fused(scenario(deployment(1), nodes=1, faults={fault: 0})) == {kubelet.NAME}
