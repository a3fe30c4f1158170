"""Members of etcd: who leads, what a majority is, and what an outage stops."""

from __future__ import annotations

import pytest
from kubemodel.spec.control_plane.etcd.members import Standing, commits, has_leader, has_majority, majority
from kubemodel.spec.environment.process_supervisor import SUPERVISOR
from kubemodel.spec.kinds import API_SERVER, ETCD_MEMBER, POD, RUNNING, STOPPED
from kubemodel.spec.language.scenario import Scenario

from ..environment.walking import Walk, begin, until
from ..exploration import replica_set, scenario

LEADER, FOLLOWER, DOWN = Standing(True, True), Standing(True, False), Standing(False, False)


@pytest.mark.parametrize(("members", "needed"), [(1, 1), (2, 2), (3, 2), (4, 3), (5, 3)])
def test_a_majority_is_more_than_half(members: int, needed: int) -> None:
    assert majority(members) == needed


@pytest.mark.parametrize(
    ("standings", "leader", "enough"),
    [
        (((LEADER, 1), (FOLLOWER, 2)), True, True),
        (((LEADER, 1), (FOLLOWER, 1), (DOWN, 1)), True, True),
        (((FOLLOWER, 2), (DOWN, 1)), False, True),
        (((LEADER, 1), (DOWN, 2)), True, False),
        (((DOWN, 3),), False, False),
    ],
)
def test_writes_need_a_leader_and_a_majority(
    standings: tuple[tuple[Standing, int], ...], leader: bool, enough: bool
) -> None:
    assert (has_leader(standings), has_majority(standings)) == (leader, enough)
    assert commits(standings) == (leader and enough)


def _fragile(**settings: object) -> Scenario:
    return scenario(replica_set(), faults={"etcd-member-down": 2, "api-server-down": 1}, **settings)


def _without_majority() -> Walk:
    return until(begin(_fragile()), lambda walk: walk.see(ETCD_MEMBER, "state").count(STOPPED) == 2)


def test_without_a_majority_nothing_is_written_until_a_member_returns() -> None:
    down = _without_majority()
    assert down.steps("replicaset-controller") == []
    assert len(down.settled().see(POD)) == 1
    assert down.settled().see(ETCD_MEMBER, "state") == (RUNNING,) * 3


def test_a_leader_that_is_lost_is_replaced_before_anything_is_written() -> None:
    (lost,) = [
        walk for walk in begin(_fragile()).after("fault", "etcd-member-down") if not any(walk.see(ETCD_MEMBER, "leads"))
    ]
    assert lost.steps("replicaset-controller") == []
    elected = lost.after("etcd", "elect leader")
    assert len(elected) == 2
    assert all(walk.steps("replicaset-controller") for walk in elected)


def test_with_another_instance_the_api_is_there() -> None:
    alone = begin(_fragile()).one("fault", "api-server-down")
    assert alone.see(API_SERVER, "state") == (STOPPED,)
    assert alone.steps("replicaset-controller") == []
    assert alone.steps(SUPERVISOR) != []
    beside = begin(_fragile(apiServers=2)).after("fault", "api-server-down")
    assert len(beside) == 2
    assert all(walk.steps("replicaset-controller") for walk in beside)


def test_what_runs_keeps_running() -> None:
    running = begin(_fragile()).settled()
    down = running.one("fault", "api-server-down")
    assert down.see(POD, "runtime") == running.see(POD, "runtime")
