"""Consistency levels: what they come to, what contradicts itself, and that a cache shows only what was stored once."""

from __future__ import annotations

import random
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kubemodel.engine.pools import EMPTY, State, cached_field
from kubemodel.engine.successors import transitions
from kubemodel.engine.transition_system import TransitionSystem
from kubemodel.spec import cluster
from kubemodel.spec.language.scenario import Consistency, Scenario
from kubemodel.spec.manifests.consistency import lags, resettable
from kubemodel.spec.manifests.errors import InputError
from kubemodel.spec.manifests.settings import Settings

from ..exploration import job, replica_set, scenario

WATCH = ("job-controller", "Pod")
SERVER = ("kube-apiserver-2", "Pod")
THIRD = ("kube-apiserver-3", "Pod")


def test_what_may_lag_lags_by_one_change_unless_more_is_said() -> None:
    assert lags(Settings(consistency={WATCH: Consistency.MONOTONIC}), "") == {WATCH: 1}
    assert lags(Settings(consistency={WATCH: Consistency.MONOTONIC}, lag={WATCH: 3}), "") == {WATCH: 3}
    assert lags(Settings(consistency={WATCH: Consistency.SYNCHRONOUS}), "") == {}


def test_what_is_resettable_lists_from_a_server_that_is_as_far_behind() -> None:
    said = Settings(consistency={WATCH: Consistency.RESETTABLE}, lag={WATCH: 2})
    assert lags(said, "") == {WATCH: 2, SERVER: 2}
    assert resettable(said) == {WATCH}


def test_servers_that_are_behind_are_so_each_by_itself() -> None:
    said = Settings(consistency={WATCH: Consistency.RESETTABLE}, lag={WATCH: 2, THIRD: 1})
    assert lags(said, "") == {WATCH: 2, THIRD: 1}


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        (Settings(consistency={WATCH: Consistency.SYNCHRONOUS}, lag={WATCH: 1}), "is synchronous, and has a lag"),
        (Settings(consistency={SERVER: Consistency.RESETTABLE}), "cannot be resettable"),
        (Settings(consistency={WATCH: Consistency.RESETTABLE}, lag={WATCH: 1, SERVER: 2}), "may lag by fewer changes"),
        (Settings(consistency={WATCH: Consistency.RESETTABLE}, lag={WATCH: 1, THIRD: 2}), "than kube-apiserver-3"),
        (Settings(lag={("kube-apiserver-3", "Namespace"): 1}), "cannot lag"),
    ],
)
def test_a_level_that_contradicts_a_lag_is_refused(said: Settings, problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        lags(said, "file")


def _shown(system: TransitionSystem, state: State, field: str) -> tuple[str, ...]:
    """All pods as one cache shows them, or as they are stored."""
    number = system.pool_index["Pod"]
    pool = system.pools[number]
    found: Iterable[Any] = (pool.bundles[one][pool.position[field]] for one in state[number] if one != EMPTY)
    return tuple(sorted(repr(pod) for pod in found if pod is not None))


WALKED = {
    "a Job": (job(2, parallelism=2), "job-controller"),
    "a ReplicaSet": (replica_set(2), "replicaset-controller"),
}


def _resettable(name: str) -> tuple[Scenario, str]:
    manifest, client = WALKED[name]
    asked = scenario(
        manifest,
        consistency={client: {"Pod": "resettable"}},
        lag={client: {"Pod": 2}},
        faults={"controller-manager-crash": 1, "watch-break": 1},
    )
    return asked, client


@settings(max_examples=6, deadline=None)
@given(st.sampled_from(sorted(WALKED)), st.integers(0, 10**6))
def test_a_cache_shows_no_state_that_the_store_never_had(name: str, seed: int) -> None:
    """Order is kept across objects: what is shown of all pods together was stored together, once."""
    asked, client = _resettable(name)
    system = TransitionSystem(cluster.build(asked))
    state, choose = system.initial_state(), random.Random(seed)
    stored = {_shown(system, state, "object")}
    for _ in range(40):
        enabled = [one.successor for one in transitions(system, state) if one.successor is not None]
        if not enabled:
            break
        state = choose.choice(enabled)
        stored.add(_shown(system, state, "object"))
        for cache in (client, "kube-apiserver-2"):
            assert _shown(system, state, cached_field(cache)) in stored


def test_a_cache_may_go_back_to_what_the_older_of_two_servers_shows() -> None:
    client, servers = "job-controller", ("kube-apiserver-2", "kube-apiserver-3")
    asked = scenario(
        job(2, parallelism=2),
        consistency={client: {"Pod": "resettable"}},
        lag={name: {"Pod": 2} for name in (client, *servers)},
        faults={"controller-manager-crash": 1},
    )
    system = TransitionSystem(cluster.build(asked))
    seen = [system.initial_state()]
    known = set(seen)
    for state in seen:
        younger, older = (_shown(system, state, cached_field(name)) for name in servers)
        found = [one for one in transitions(system, state) if one.successor is not None]
        lists = [one.successor for one in found if one.group.rule.name == "restart kube-controller-manager"]
        if younger != older and lists:
            shown = [_shown(system, one, cached_field(client)) for one in lists if one is not None]
            assert shown == [_shown(system, state, "object"), younger, older]
            return
        new = [one.successor for one in found if one.successor is not None and one.successor not in known]
        known.update(new)
        seen += dict.fromkeys(new)
    pytest.fail("no state in which the servers show different pods, and the controller restarts")
