"""Leases of etcd: who lets them expire, when not, and who is listed behind the Service kubernetes meanwhile."""

from __future__ import annotations

from kubemodel.spec.control_plane.apiserver.endpoint_reconciler import PERIOD
from kubemodel.spec.control_plane.etcd.leases import TIME_TO_LIVE
from kubemodel.spec.kinds import API_SERVER, ETCD_MEMBER, LISTED, MASTER_LEASE, STOPPED
from kubemodel.spec.language.scenario import Scenario

from ..environment.walking import Walk, begin, reachable, until
from ..exploration import deployment, explore, scenario


def _asked(servers: int = 2, **faults: int) -> Scenario:
    return scenario(
        deployment(0), apiServers=servers, faults=faults, properties=["kubernetes-service-lists-running-servers"]
    )


def _one_down() -> Walk:
    return begin(_asked(**{"api-server-down": 1})).settled().after("fault", "api-server-down")[0]


def test_an_instance_that_is_gone_stays_listed_until_its_lease_is_over() -> None:
    down = _one_down()
    assert TIME_TO_LIVE > PERIOD
    assert down.see(API_SERVER, LISTED) == (True, True)
    expired = down.one("etcd", "masterlease expires")
    assert sorted(expired.see(API_SERVER, MASTER_LEASE)) == [False, True]
    assert expired.see(API_SERVER, LISTED) == (True, True)
    listed = expired.one("endpoint-reconciler", "reconcile endpoints")
    assert listed.see(API_SERVER, LISTED) == listed.see(API_SERVER, MASTER_LEASE)


def test_an_instance_that_returns_in_time_is_never_missed() -> None:
    back = _one_down().one("fault", "kube-apiserver returns")
    assert back.see(API_SERVER, MASTER_LEASE) == (True, True)
    assert back.steps("etcd") == back.steps("endpoint-reconciler") == []


def test_without_a_leader_no_lease_expires() -> None:
    start = begin(_asked(**{"api-server-down": 1, "etcd-member-down": 2}))
    down = until(
        start,
        lambda walk: STOPPED in walk.see(API_SERVER, "state") and walk.see(ETCD_MEMBER, "state").count(STOPPED) == 2,
    )
    assert down.steps("etcd", "masterlease expires") == []
    assert down.see(API_SERVER, MASTER_LEASE) == (True, True)


def test_whoever_finds_no_lease_at_all_leaves_the_endpoints_as_they_are() -> None:
    start = begin(_asked(**{"api-server-down": 2}))
    none = [walk for walk in reachable(start) if not any(walk.see(API_SERVER, MASTER_LEASE))]
    assert none
    assert all(any(walk.see(API_SERVER, LISTED)) for walk in none)
    assert all(walk.steps("endpoint-reconciler", "reconcile endpoints") == [] for walk in none)


def test_leases_are_followed_only_where_somebody_asks_who_is_listed() -> None:
    faults = {"api-server-down": 1}
    without = explore(scenario(deployment(0), apiServers=2, faults=faults, properties=["node-name-write-once"]))
    followed = explore(_asked(**faults))
    assert not any(component == "endpoint-reconciler" for component, _ in without.rules)
    assert (without.result.states, followed.result.states) == (48, 58)
