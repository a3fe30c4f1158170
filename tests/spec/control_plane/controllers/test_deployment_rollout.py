"""Laws of a rolling update, proved by z3 on the very functions that the controller counts with."""

from __future__ import annotations

from typing import Any

import pytest
import z3
from hypothesis import given
from hypothesis import strategies as st
from kubemodel.spec.control_plane.controllers.deployment_rollout import (
    grown,
    removable,
    resolve_fenceposts,
    scale_down_old,
    without_spare,
    without_unhealthy,
)
from kubemodel.spec.language.arithmetic import minimum
from kubemodel.spec.objects.metadata import ObjectMeta
from kubemodel.spec.objects.workloads import (
    DeploymentSpec,
    DeploymentStrategy,
    ReplicaSet,
    ReplicaSetSpec,
    ReplicaSetStatus,
    RollingUpdateDeployment,
)

LARGEST = 50


def proved(assumptions: list[Any], law: Any) -> bool:
    solver = z3.Solver()
    solver.add(*assumptions, z3.Not(law))
    return bool(solver.check() == z3.unsat)


def counts(*names: str) -> list[Any]:
    return [z3.Int(name) for name in names]


def bounded(*numbers: Any) -> list[Any]:
    return [z3.And(number >= 0, number <= LARGEST) for number in numbers]


def test_growing_never_exceeds_the_surge() -> None:
    new, old, replicas, surge = counts("new", "old", "replicas", "surge")
    after = grown(new, old + new, replicas, surge)
    limits = [*bounded(new, old, replicas, surge), new <= replicas]
    assert proved([*limits, old + new <= replicas + surge], old + after <= replicas + surge)
    assert proved(limits, z3.And(after >= new, after <= replicas))


def test_shrinking_never_takes_what_was_promised() -> None:
    first, second, new, replicas, unavailable = counts("first", "second", "new", "replicas", "unavailable")
    ready = counts("first available", "second available", "new available")
    limits = [*bounded(first, second, new, replicas, unavailable, *ready), unavailable <= replicas]
    limits += [ready[0] <= first, ready[1] <= second, ready[2] <= new]
    budget = removable(first + second + new, new, ready[2], replicas, unavailable)
    healthy, broken = without_unhealthy([(first, ready[0]), (second, ready[1])], budget)
    after = without_spare(healthy, sum(ready), replicas, unavailable)
    left = minimum(ready[0], after[0]) + minimum(ready[1], after[1]) + ready[2]
    assert proved([*limits, budget > 0], broken == 0)
    assert proved([*limits, budget > 0, sum(ready) >= replicas - unavailable], left >= replicas - unavailable)


def test_fewer_than_promised_loses_no_available_replica() -> None:
    old, new, replicas, unavailable = counts("old", "new", "replicas", "unavailable")
    ready, new_ready = counts("old available", "new available")
    limits = [*bounded(old, new, replicas, unavailable, ready, new_ready), ready <= old, new_ready <= new]
    budget = removable(old + new, new, new_ready, replicas, unavailable)
    healthy, _ = without_unhealthy([(old, ready)], budget)
    after = without_spare(healthy, ready + new_ready, replicas, unavailable)
    assert proved([*limits, budget > 0, ready + new_ready < replicas - unavailable], after[0] >= ready)


@pytest.mark.parametrize("surge", ["0%", "1%", "25%", "100%"])
@pytest.mark.parametrize("unavailable", ["0%", "1%", "99%"])
def test_a_rollout_can_always_move(surge: str, unavailable: str) -> None:
    replicas = z3.Int("replicas")
    more, fewer = resolve_fenceposts(surge, unavailable, replicas)
    assert proved(bounded(replicas), more + fewer >= 1)


@given(st.integers(0, 200), st.integers(0, 100), st.integers(0, 100))
def test_surge_is_rounded_up_and_unavailable_down(replicas: int, surge: int, unavailable: int) -> None:
    more, fewer = resolve_fenceposts(f"{surge}%", f"{unavailable}%", replicas)
    assert 0 <= more * 100 - replicas * surge < 100
    assert 0 <= replicas * unavailable - fewer * 100 < 100 or (more, fewer) == (0, 1)


def replica_set(name: str, replicas: int, available: int) -> ReplicaSet:
    return ReplicaSet(ObjectMeta(name), ReplicaSetSpec(replicas), ReplicaSetStatus(available_replicas=available))


def rolling(replicas: int, surge: int, unavailable: int) -> DeploymentSpec:
    return DeploymentSpec(
        replicas, strategy=DeploymentStrategy(rolling_update=RollingUpdateDeployment(surge, unavailable))
    )


def test_a_status_that_lags_its_spec_stops_scaling_down() -> None:
    new = replica_set("new", 2, 2)
    old = [replica_set("older", 1, 2), replica_set("old", 2, 2)]
    assert scale_down_old(rolling(3, 1, 1), new, old) == ((),)


def test_what_came_before_the_lagging_status_is_still_scaled_down() -> None:
    new = replica_set("new", 2, 2)
    old = [replica_set("older", 2, 1), replica_set("old", 1, 2)]
    assert scale_down_old(rolling(3, 1, 1), new, old) == ((("older", 1),),)


def test_unavailable_replicas_go_before_available_ones() -> None:
    new = replica_set("new", 1, 1)
    old = [replica_set("older", 2, 2), replica_set("old", 2, 1)]
    assert scale_down_old(rolling(4, 1, 1), new, old) == ((("old", 1),), (("older", 1),))
