from __future__ import annotations

from frozendict import frozendict
from hypothesis import given
from hypothesis import strategies as st
from kubemodel.spec.control_plane.controllers.deployment_replica_sets import DESIRED_REPLICAS, MAX_REPLICAS
from kubemodel.spec.control_plane.controllers.deployment_scaling import (
    is_scaling_event,
    proportional,
    scaled,
    share,
)
from kubemodel.spec.objects.metadata import ObjectMeta
from kubemodel.spec.objects.workloads import (
    RECREATE,
    Deployment,
    DeploymentSpec,
    DeploymentStrategy,
    ReplicaSet,
    ReplicaSetSpec,
    ReplicaSetStatus,
    RollingUpdateDeployment,
)


def web(replicas: int, surge: int = 1) -> Deployment:
    strategy = DeploymentStrategy(rolling_update=RollingUpdateDeployment(surge, 0))
    return Deployment(ObjectMeta("web"), DeploymentSpec(replicas, strategy=strategy))


def replica_set(name: str, replicas: int, desired: int | str, most: int = 0, available: int = 0) -> ReplicaSet:
    marks = frozendict({DESIRED_REPLICAS: str(desired), MAX_REPLICAS: str(most)})
    metadata = ObjectMeta(name, annotations=marks)
    return ReplicaSet(metadata, ReplicaSetSpec(replicas), ReplicaSetStatus(available_replicas=available))


@given(st.integers(0, 30), st.integers(0, 3), st.lists(st.integers(1, 20), min_size=2, max_size=5))
def test_proportional_scaling_comes_out_at_the_whole(replicas: int, surge: int, before: list[int]) -> None:
    sets = [replica_set(f"rs-{number}", size, sum(before), sum(before)) for number, size in enumerate(before)]
    after = dict(proportional(web(replicas, surge), sets))
    whole = replicas + surge if replicas else 0
    # A largest one makes up for what rounding left over, as far as it goes: it is never less than nothing.
    largest = {each.metadata.name for each in sets if each.spec.replicas == max(before)}
    spent = any(after[name] == 0 for name in largest)
    assert all(size >= 0 for size in after.values())
    assert sum(after.values()) == whole or (spent and sum(after.values()) > whole)


def test_what_rounding_left_over_goes_no_further_than_the_first_replica_set() -> None:
    sets = [replica_set(f"rs-{number}", 1, 4, 4) for number in range(4)]
    assert sorted(size for _, size in proportional(web(1, 1), sets)) == [0, 1, 1, 1]


def test_half_a_replica_is_rounded_up() -> None:
    assert (share(1, 3, 2), share(1, 5, 4)) == (1, 0)


def test_only_replica_sets_that_ask_for_pods_tell_of_a_scaling_event() -> None:
    assert is_scaling_event(web(3), [replica_set("a", 1, 2)])
    assert not is_scaling_event(web(3), [replica_set("a", 0, 2), replica_set("b", 1, 3), replica_set("c", 1, "x")])


def test_a_saturated_new_replica_set_ends_the_old_ones() -> None:
    new, old = replica_set("new", 2, 2, 3, available=2), replica_set("old", 1, 5, 6)
    assert scaled(web(2), new, [old]) == (("old", 0),)


def test_marks_alone_are_brought_up_to_date() -> None:
    new, old = replica_set("new", 2, 2, 3), replica_set("old", 1, 5, 3)
    assert scaled(web(2), new, [old]) == (("old", 1),)


def test_recreate_does_not_share_out() -> None:
    deployment = Deployment(ObjectMeta("web"), DeploymentSpec(4, strategy=DeploymentStrategy(RECREATE)))
    assert scaled(deployment, replica_set("new", 1, 2, 2), [replica_set("old", 1, 2, 2)]) == ()


def test_the_newest_is_scaled_where_none_asks_for_pods() -> None:
    assert scaled(web(2), replica_set("new", 0, 0), [replica_set("old", 0, 0)]) == (("new", 2),)
