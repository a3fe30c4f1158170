"""etcd without space: what is refused, what goes through, and what becomes of a cluster meanwhile."""

from __future__ import annotations

from typing import Any

import pytest
from kubemodel.spec.cluster import build
from kubemodel.spec.control_plane.etcd.space import (
    ALARM,
    ETCD_SPACE,
    MACHINE,
    READ,
    exhausted,
    notes,
    puts,
    refuse,
)
from kubemodel.spec.environment import faults
from kubemodel.spec.environment.space_faults import SPACE_EXHAUSTED
from kubemodel.spec.kinds import POD, REPLICA_SET
from kubemodel.spec.language.request import Outcome, Response

from ..environment.walking import Walk, begin, reachable
from ..exploration import bare_pod, replica_set, scenario


@pytest.mark.parametrize(
    ("stored", "response", "refused"),
    [
        (None, Response(Outcome.DONE, "new"), True),
        ("old", Response(Outcome.DONE, "new"), True),
        ("old", Response(Outcome.DONE, None), False),
        ("old", Response(Outcome.DONE, "old"), False),
        ("old", Response(Outcome.UNCHANGED, "old"), False),
        ("old", Response(Outcome.CONFLICT, "old"), False),
    ],
)
def test_only_what_creates_or_changes_is_refused(stored: Any, response: Response, refused: bool) -> None:
    assert puts(stored, response) is refused
    answer = refuse(stored, response)
    assert (answer.outcome is Outcome.UNKNOWN) is refused
    assert answer.stored == (stored if refused else response.stored)
    assert bool(notes(stored, response)) is refused


def test_the_alarm_is_what_the_api_server_is_told() -> None:
    assert exhausted({READ: True})
    assert not exhausted({READ: False})
    assert not exhausted({})


def full(*objects: Any, **settings: Any) -> Walk:
    """The cluster once its etcd has no space left."""
    return begin(scenario(*objects, faults={SPACE_EXHAUSTED: 1}, **settings))


def alarmed(start: Walk) -> list[Walk]:
    """Every state from there in which space has not been freed."""
    (first,) = start.after(faults.NAME, SPACE_EXHAUSTED)
    return [walk for walk in reachable(first) if walk.see(ETCD_SPACE, ALARM) == (True,)]


def test_nothing_is_created_until_somebody_frees_space() -> None:
    start = full(replica_set(), start="created")
    assert {len(walk.see(POD)) for walk in alarmed(start)} == {0}
    (first,) = start.after(faults.NAME, SPACE_EXHAUSTED)
    settled = first.settled()
    assert settled.see(ETCD_SPACE, ALARM) == (False,)
    assert len(settled.see(POD)) == 1
    assert settled.see(REPLICA_SET)[0].status.ready_replicas == 1


def test_a_pod_without_node_is_removed_and_one_that_runs_is_not() -> None:
    delete = [[{"delete": "pod/web"}]]
    unbound = bare_pod({"containers": [{"name": "web", "image": "web:1"}], "schedulingGates": [{"name": "wait"}]})
    assert any(walk.see(POD) in ((), (None,)) for walk in alarmed(full(unbound, users=delete, start="created")))
    running = alarmed(full(bare_pod(), users=delete))
    pods = [pod for walk in running for pod in walk.see(POD) if pod is not None]
    assert pods
    assert not any(pod.metadata.terminating for pod in pods)


def test_the_states_of_the_space_are_disjoint_and_complete() -> None:
    assert [MACHINE.classify(alarm) for alarm in (False, True)] == ["Enough", "Exhausted"]


def test_a_model_without_the_fault_reads_nothing_of_it() -> None:
    plain, asked = scenario(bare_pod()), scenario(bare_pod(), faults={SPACE_EXHAUSTED: 1})
    assert ETCD_SPACE not in {kind.name for kind in build(plain).kinds}
    assert ETCD_SPACE in {kind.name for kind in build(asked).kinds}
    assert "alarm-forgiven" in {assumption.name for assumption in build(asked).assumptions}
