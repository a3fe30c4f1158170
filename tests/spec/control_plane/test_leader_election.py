"""Leader election: who leads, when the Lease changes hands, and what a second instance is made of."""

from __future__ import annotations

from kubemodel.spec import cluster
from kubemodel.spec.control_plane.leader_election.election import LEADERSHIP, candidate_names
from kubemodel.spec.control_plane.leader_election.instances import instance_name
from kubemodel.spec.kinds import CANDIDATE, LEASE, POD
from kubemodel.spec.language.scenario import Scenario

from ..environment.walking import Walk, begin, until
from ..exploration import Data, replica_set, scenario

MANAGER = "kube-controller-manager"
FIRST, SECOND = candidate_names(MANAGER, 2)


def _two(*objects: Data, **settings: object) -> Scenario:
    return scenario(*(objects or (replica_set(),)), candidates={MANAGER: 2}, **settings)


def _leading() -> Walk:
    """The first instance leads, and may come to stand still."""
    return until(begin(_two(faults={"leader-pause": 1})), lambda walk: walk.see(LEASE, "holder") == (FIRST,))


def test_nothing_is_elected_where_there_is_one_of_each_process() -> None:
    model = cluster.build(scenario(replica_set()))
    assert {CANDIDATE, LEASE}.isdisjoint(kind.name for kind in model.kinds)
    assert "leader-election" not in [component.name for component in model.components]


def test_nobody_acts_before_somebody_leads() -> None:
    first = begin(_two())
    assert first.steps("replicaset-controller") == []
    assert len(first.steps("leader-election", f"acquire {MANAGER}")) == 2


def test_only_the_leader_acts() -> None:
    leading = _leading()
    assert leading.see(CANDIDATE, "leads") == (True, False)
    assert leading.steps("replicaset-controller")
    assert leading.steps(instance_name("replicaset-controller", 2)) == []


def test_a_lease_that_is_renewed_is_not_taken_over() -> None:
    assert _leading().steps("leader-election") == []


def test_a_lease_is_taken_over_once_its_holder_stands_still() -> None:
    paused = _leading().one("fault", "leader-pause").settled()
    assert paused.see(LEASE, "holder") == (SECOND,)
    assert paused.see(CANDIDATE, "holds") == (False, True)
    assert len(paused.see(POD)) == 1


def test_a_deposed_leader_acts_until_it_finds_out_and_starts_anew_as_a_follower() -> None:
    paused = _leading().one("fault", "leader-pause")
    taken = until(paused, lambda walk: walk.see(LEASE, "holder") == (SECOND,))
    resumed = taken.one("fault", "leader resumes")
    both = [resumed.steps(instance_name("replicaset-controller", place)) for place in (1, 2)]
    assert all(both)
    found_out = resumed.settled()
    assert found_out.see(CANDIDATE, "leads") == (False, True)


def test_a_fast_clock_makes_two_leaders_at_once() -> None:
    leading = until(begin(_two(faults={"clock-skew": 1})), lambda walk: walk.see(LEASE, "holder") == (FIRST,))
    assert leading.one("fault").see(CANDIDATE, "leads") == (True, True)


def test_instances_share_no_memory() -> None:
    model = cluster.build(_two())
    (pods,) = [kind for kind in model.kinds if kind.name == POD]
    owners = {field.name: field.memory_of for field in pods.fields}
    assert owners["expected"] == FIRST
    assert owners[instance_name("expected", 2)] == SECOND


def test_an_instance_lags_as_the_first_one_does() -> None:
    model = cluster.build(_two(lag={"replicaset-controller": {"Pod": 2}}))
    assert model.lag == {(instance_name("replicaset-controller", place), POD): 2 for place in (1, 2)}


def test_a_fenced_leader_that_was_deposed_does_nothing() -> None:
    fenced = begin(_two(faults={"leader-pause": 1}, switches={"leader-fencing": "on"}))
    paused = until(fenced, lambda walk: walk.see(LEASE, "holder") == (FIRST,)).one("fault", "leader-pause")
    taken = until(paused, lambda walk: walk.see(LEASE, "holder") == (SECOND,))
    assert taken.one("fault", "leader resumes").steps("replicaset-controller") == []


def test_every_stand_of_a_candidate_is_one_state() -> None:
    values = [(leads, paused, holds) for leads in (True, False) for paused in (True, False) for holds in (True, False)]
    assert {LEADERSHIP.classify(*value) for value in values} == {state.name for state in LEADERSHIP.states}
