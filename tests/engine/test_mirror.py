"""What the model does with values and counts, the store does with revisions: random walks on both."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import pairwise

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kubemodel.engine.executor import Seeded, run
from kubemodel.engine.mirror import NEVER_READ, Mirror, Mirrored, Result, Write, changes_behind, shown_at
from kubemodel.engine.pools import State, cached_field
from kubemodel.engine.store import AlreadyExists, KeyValue, Mismatch, Removed, Stored
from kubemodel.engine.successors import Transition, transitions
from kubemodel.engine.transition_system import TransitionSystem
from kubemodel.spec import cluster
from kubemodel.spec.language.model import INFORMER, Model, informer_name
from kubemodel.spec.language.request import Outcome, Verb

from ..thoroughness import examples
from . import small_models
from .small_clusters import deployment, scenario

STEPS = 120


def lagging_cluster() -> Model:
    """A Deployment on two nodes, one of which may crash; caches lag, a process restarts, a user has changing wishes."""
    return cluster.build(
        scenario(
            deployment(2),
            nodes=2,
            faults={"node-crash": 1, "controller-manager-crash": 1},
            users=[[{"scale": "web=1"}, {"scale": "web=2"}], [{"cordon": "node-1"}, {"delete": "deployment/web"}]],
            lag={
                "replicaset-controller": {"Pod": 2, "ReplicaSet": 1},
                "deployment-controller": {"ReplicaSet": 2, "Deployment": 1},
                "kube-scheduler": {"Node": 1},
            },
        )
    )


def lagging_pods() -> Model:
    model = small_models.cluster(lag=2, todo=(3, 0, 2), crashes=2)
    return attrs.evolve(model, kinds=tuple(attrs.evolve(kind, slots=kind.slots and 20) for kind in model.kinds))


MODELS: dict[str, Callable[[], Model]] = {
    "cluster": lagging_cluster,
    "small": lagging_pods,
}


@lru_cache
def system_of(model: str) -> TransitionSystem:
    return TransitionSystem(MODELS[model]())


@lru_cache(maxsize=256)
def walk(model: str, seed: int) -> tuple[Mirrored, ...]:
    """A random walk, on the model and on the store: every state of it."""
    system = system_of(model)
    mirror = Mirror(system)
    found = [mirror.begin(system.initial_state())]
    for transition, _ in run(system, system.initial_state(), Seeded(seed), max_steps=STEPS).steps:
        found.append(mirror.advance(found[-1], transition))
    return tuple(found)


def pending(system: TransitionSystem, state: State, client: str, kind: str) -> int:
    """How many changes of ``kind`` the model has on their way to ``client``."""
    number = system.pool_index[INFORMER]
    pool = system.pools[number]
    bundle = pool.bundles[state[number][pool.names.index(informer_name(client, kind))]]
    return int(bundle[pool.position["pending"]])


def caches(model: str, seed: int) -> Iterator[tuple[str, str, tuple[Mirrored, ...]]]:
    return ((client, kind, walk(model, seed)) for client, kind in system_of(model).model.lag)


walks = given(st.sampled_from(sorted(MODELS)), st.integers(0, 10_000))
few = settings(max_examples=examples(12, 20), deadline=None)


@walks
@few
def test_a_compare_and_swap_succeeds_exactly_where_the_model_said_done(model: str, seed: int) -> None:
    for it in walk(model, seed):
        for write in it.writes:
            # The one difference: a version that was left and come back to (see the test on it).
            assert write.agrees or write.changed_back, write


@walks
@few
def test_nobody_writes_but_by_requests(model: str, seed: int) -> None:
    mirror = Mirror(system_of(model))
    for it in walk(model, seed):
        stored = {key: item.value for key, item in it.store.objects.items()}
        assert {k: v for kind in mirror.kinds for k, v in mirror.objects(it.unrolled, kind).items()} == stored


@walks
@few
def test_a_cache_is_the_list_that_its_watch_has_made(model: str, seed: int) -> None:
    mirror = Mirror(system_of(model))
    for client, kind, states in caches(model, seed):
        for it in states:
            watched = {key: item.value for key, item in it.caches[client, kind].objects.items()}
            assert mirror.objects(it.unrolled, kind, cached_field(client)) == watched


@walks
@few
def test_a_cache_shows_the_store_at_one_revision(model: str, seed: int) -> None:
    mirror = Mirror(system_of(model))
    for client, kind, states in caches(model, seed):
        for it in states:
            shown = mirror.objects(it.unrolled, kind, cached_field(client))
            assert shown == shown_at(it.store, it.caches[client, kind])


@walks
@few
def test_a_cache_is_as_many_changes_behind_as_the_model_counts(model: str, seed: int) -> None:
    system = system_of(model)
    for client, kind, states in caches(model, seed):
        for it in states:
            behind = changes_behind(it.store, it.caches[client, kind])
            assert behind == pending(system, it.unrolled.state, client, kind)


@walks
@few
def test_a_cache_never_goes_back(model: str, seed: int) -> None:
    for client, kind, states in caches(model, seed):
        shown = [it.caches[client, kind].revision for it in states]
        assert shown == sorted(shown)


@walks
@few
def test_revisions_only_grow_by_one_for_each_write(model: str, seed: int) -> None:
    states = walk(model, seed)
    for before, after in pairwise(states):
        done = [write for write in after.writes if write.outcome is Outcome.DONE]
        assert after.store.revision == before.store.revision + len(done)
        assert after.store.log[: len(before.store.log)] == before.store.log
        for key in before.store.objects.keys() & after.store.objects.keys():
            assert after.store.objects[key].mod_revision >= before.store.objects[key].mod_revision


def test_the_walks_meet_what_the_laws_are_about() -> None:
    states = [it for seed in range(40) for it in walk("cluster", seed)]
    met = Counter((write.outcome.value, type(write.result).__name__) for it in states for write in it.writes)
    assert {("done", "Stored"), ("done", "Removed"), ("conflict", "Mismatch")} <= set(met)
    system = system_of("cluster")
    behind = {lag: max(pending(system, it.unrolled.state, *lag) for it in states) for lag in system.model.lag}
    assert behind == system.model.lag


def step(mirror: Mirror, before: Mirrored, rule: str) -> Mirrored:
    """After the one enabled transition of ``rule``."""
    state = before.unrolled.state
    found: list[Transition] = [each for each in transitions(mirror.system, state) if each.group.rule.name == rule]
    return mirror.advance(before, found[0])


def test_each_write_has_its_revision() -> None:
    mirror = Mirror(TransitionSystem(small_models.cluster(lag=0, todo=(2, 1), crashes=0)))
    it = mirror.begin(mirror.system.initial_state())
    assert {key: item.mod_revision for key, item in it.store.objects.items()} == {
        "/registry/pod/pod-1": 2,
        "/registry/pod/pod-2": 3,
        "/registry/replicaset/web": 4,
    }
    (scaled,) = step(mirror, it, "scale").writes
    assert (scaled.key, scaled.verb, scaled.expected) == ("/registry/replicaset/web", Verb.PATCH, 4)
    assert isinstance(scaled.result, Stored)
    assert scaled.result.stored.mod_revision == 5


def test_a_plan_goes_by_what_was_read_when_it_began() -> None:
    mirror = Mirror(TransitionSystem(small_models.cluster(lag=1, todo=(2,), crashes=0)))
    it = step(mirror, mirror.begin(mirror.system.initial_state()), "manage")
    it = step(mirror, it, "scale")
    # The status that goes with the pod is written with the version from before the user scaled.
    (write,) = step(mirror, it, "continue").writes
    assert (write.outcome, write.expected, write.agrees) == (Outcome.CONFLICT, 2, True)
    assert isinstance(write.result, Mismatch)
    assert write.result.current is not None
    assert write.result.current.mod_revision == 4


def test_a_version_that_was_left_and_come_back_to_is_one_to_the_model_and_two_to_the_store() -> None:
    mirror = Mirror(TransitionSystem(small_models.cluster(lag=1, todo=(2, 1, 2), crashes=0)))
    it = mirror.begin(mirror.system.initial_state())
    seen_one_pod = f"deliver Pod to {small_models.CONTROLLER}"
    for rule in ("manage", "continue", seen_one_pod, "scale", "manage", "scale", "scale"):
        it = step(mirror, it, rule)
    revision = it.store.revision
    it = step(mirror, it, "continue")
    (write,) = it.writes
    assert (write.outcome, write.agrees, write.changed_back) == (Outcome.DONE, False, True)
    # The store follows the model all the same.
    assert it.store.revision == revision + 1


def test_a_first_state_in_which_a_cache_is_behind_is_refused() -> None:
    mirror = Mirror(system_of("small"))
    behind = walk("small", 3)
    late = next(it for it in behind if pending(mirror.system, it.unrolled.state, small_models.CONTROLLER, "Pod"))
    with pytest.raises(ValueError, match="the cache of replicaset-controller is behind in the first state"):
        mirror.begin(late.unrolled.state)


GONE = KeyValue("a pod", create_revision=2, mod_revision=2, version=1)
RESULTS: dict[Outcome, Result] = {
    Outcome.DONE: Removed(GONE, 3),
    Outcome.CONFLICT: Mismatch(None),
    Outcome.ALREADY_EXISTS: AlreadyExists(),
}


@pytest.mark.parametrize("said", RESULTS)
@pytest.mark.parametrize("did", RESULTS)
def test_model_and_store_agree_only_on_the_same(said: Outcome, did: Outcome) -> None:
    assert Write("/registry/pod/a", Verb.DELETE, said, NEVER_READ, RESULTS[did]).agrees is (said is did)
