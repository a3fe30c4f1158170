"""Watch caches that lag: what they show, in which order, and what a client lists."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from kubemodel.engine.pools import State, cached_field, pending_field
from kubemodel.engine.successors import Transition, transitions
from kubemodel.engine.transition_system import TransitionSystem
from kubemodel.spec.language.component import Component, Handler, Key, Rule
from kubemodel.spec.language.model import INFORMER, Field, Kind, Model, informer_name
from kubemodel.spec.language.plan import KEY, Alternative, Call, New, Relist, Step, Write
from kubemodel.spec.language.request import ApiCall, Outcome, Response, Verb

NAMES = ("a", "b", "c")
A, B, CACHE_SERVER = "client-a", "client-b", "apiserver-2"
LAST = 3
"""The last version of an object; the next write removes it."""


@attrs.frozen(cache_hash=True)
class Next:
    """The edit that counts a version up, and removes the last one."""

    def __call__(self, version: int, /) -> int | None:
        return version + 1 if version < LAST else None


@attrs.frozen(cache_hash=True)
class Plus:
    """The edit that adds ``amount``."""

    amount: int

    def __call__(self, value: int, /) -> int:
        return value + self.amount


def answer(call: ApiCall, stored: Any, *, current: bool) -> Response:
    assert current
    return Response(Outcome.DONE, call.body if call.verb is Verb.CREATE else call.body(stored))


def writer(kind: str, *, new: bool) -> Component:
    """Writes the next version of any object of ``kind``; makes new ones if they have generated names."""

    def update(_version: int) -> Iterable[Alternative]:
        yield Alternative((Call(KEY, ApiCall(Verb.PATCH, kind, Next())),))

    def create(left: int) -> Iterable[Alternative]:
        yield Alternative((Call(New(kind), ApiCall(Verb.CREATE, kind, 1)), Write(KEY, "left", Plus(-1))))

    rules = [Rule("update", Key(kind, ("object",), lambda version: version), update)]
    if new:
        rules.append(Rule("create", Key("Budget", ("left",), lambda left: left or None), create))
    return Component(f"writer of {kind}", tuple(rules), environment=True)


def lister(client: str, source: str) -> Component:
    """Makes ``client`` list again from ``source``, as often as the budget of the rule says."""

    def relist(_left: int) -> Iterable[Alternative]:
        plan: tuple[Step, ...] = (Write(KEY, "left", Plus(-1)), Relist(client, source))
        yield Alternative(plan)

    rule = Rule("relist", Key("Budget", ("left",), lambda left: left or None), relist)
    return Component("lister", (rule,), environment=True)


def system(
    lag: dict[tuple[str, str], int],
    *components: Component,
    kinds: tuple[str, ...] = ("Thing",),
    interchangeable: bool = False,
    start: int | None = 1,
    left: int = 0,
) -> TransitionSystem:
    fields = (Field("object"), Field("changes", ()))
    pools = [Kind(kind, fields, slots=3) if interchangeable else Kind(kind, fields, names=NAMES) for kind in kinds]
    things: dict[str, Any] = {kind: tuple({"name": name, "object": start} for name in NAMES) for kind in kinds}
    return TransitionSystem(
        Model(
            name="things",
            kinds=(*pools, Kind("Budget", (Field("left", 0),), names=("budget",))),
            components=components,
            initial={**({} if interchangeable else things), "Budget": ({"name": "budget", "left": left},)},
            api_server=answer,
            lag=lag,
        )
    )


def values(system: TransitionSystem, state: State, field: str = "object", kind: str = "Thing") -> tuple[Any, ...]:
    """A field of all objects of a kind: by name, or sorted where the objects are interchangeable."""
    pool = system.pools[system.pool_index[kind]]
    found = [pool.bundles[bundle][pool.position[field]] for bundle in state[system.pool_index[kind]]]
    return tuple(found) if pool.names else tuple(sorted(value for value in found if value is not None))


def step(system: TransitionSystem, state: State, rule: str, name: str = "") -> State:
    """The state after the one enabled transition of ``rule`` (for the object ``name``)."""
    found = [it for it in transitions(system, state) if it.group.rule.name == rule]
    if name:
        found = [it for it in found if system.pools[it.chosen[0][0]].bundles[it.chosen[0][2]][0] == name]
    (only,) = found
    assert only.successor is not None
    return only.successor


def seen(system: TransitionSystem, state: State, client: str, kind: str = "Thing") -> tuple[Any, ...]:
    return values(system, state, cached_field(client), kind)


def test_caches_start_up_to_date() -> None:
    it = system({(A, "Thing"): 1}, writer("Thing", new=False))
    assert seen(it, it.initial_state(), A) == (1, 1, 1)


def test_two_clients_disagree_until_both_have_seen_the_change() -> None:
    it = system({(A, "Thing"): 1, (B, "Thing"): 1}, writer("Thing", new=False))
    written = step(it, it.initial_state(), "update", "a")
    assert (seen(it, written, A), seen(it, written, B)) == ((1, 1, 1), (1, 1, 1))
    ahead = step(it, written, f"deliver Thing to {A}")
    assert (seen(it, ahead, A), seen(it, ahead, B)) == ((2, 1, 1), (1, 1, 1))
    level = step(it, ahead, f"deliver Thing to {B}")
    assert (seen(it, level, A), seen(it, level, B)) == ((2, 1, 1), (2, 1, 1))


def test_two_kinds_of_one_client_disagree_and_no_order_holds_between_them() -> None:
    lag = {(A, "Thing"): 1, (A, "Other"): 1}
    it = system(lag, writer("Thing", new=False), writer("Other", new=False), kinds=("Thing", "Other"))
    state = it.initial_state()
    for kind in ("Thing", "Other"):
        writes = [found for found in transitions(it, state) if found.group.component.name == f"writer of {kind}"]
        assert writes[0].successor is not None
        state = writes[0].successor
    # The change of Other is the later one, and is seen first.
    state = step(it, state, f"deliver Other to {A}")
    assert seen(it, state, A, "Other") == (2, 1, 1)
    assert seen(it, state, A, "Thing") == (1, 1, 1)


def test_changes_of_different_objects_are_seen_in_the_order_of_the_writes() -> None:
    it = system({(A, "Thing"): 3}, writer("Thing", new=False))
    state = it.initial_state()
    for name in ("b", "a", "b"):
        state = step(it, state, "update", name)
    shown = []
    for _ in range(3):
        state = step(it, state, f"deliver Thing to {A}")
        shown.append(seen(it, state, A))
    assert shown == [(1, 2, 1), (2, 2, 1), (2, 3, 1)]


def test_a_write_beyond_the_lag_makes_the_oldest_change_seen() -> None:
    it = system({(A, "Thing"): 1}, writer("Thing", new=False))
    state = step(it, step(it, it.initial_state(), "update", "a"), "update", "b")
    assert seen(it, state, A) == (2, 1, 1)
    assert values(it, state, "pending", INFORMER) == (1,)


def told_apart(lag: int, what: Callable[[int | None], Any]) -> TransitionSystem:
    """A client that tells two versions of a thing apart by ``what``."""
    model = system({(A, "Thing"): lag}, writer("Thing", new=False)).model
    return TransitionSystem(attrs.evolve(model, told={(A, "Thing"): what}))


def test_a_change_that_its_client_cannot_tell_is_seen_with_the_write() -> None:
    it = told_apart(1, lambda version: version == LAST)
    state = step(it, it.initial_state(), "update", "a")
    assert (seen(it, state, A), values(it, state, "pending", INFORMER)) == ((2, 1, 1), (0,))
    state = step(it, state, "update", "a")
    assert (seen(it, state, A), values(it, state, "pending", INFORMER)) == ((2, 1, 1), (1,))
    state = step(it, state, "update", "b")
    assert (seen(it, state, A), values(it, state, "pending", INFORMER)) == ((3, 2, 1), (0,))


def test_a_change_that_its_client_cannot_tell_waits_behind_others() -> None:
    it = told_apart(2, lambda version: version == LAST)
    state = step(it, it.initial_state(), "update", "a")
    for name in ("a", "b"):
        state = step(it, state, "update", name)
    assert (seen(it, state, A), values(it, state, "pending", INFORMER)) == ((2, 1, 1), (2,))


def test_a_client_without_lag_has_no_cache() -> None:
    it = system({(A, "Thing"): 1}, writer("Thing", new=False))
    assert cached_field(A) in it.pools[it.pool_index["Thing"]].position
    assert cached_field(B) not in it.pools[it.pool_index["Thing"]].position


def log(changes: tuple[Any, ...], before: int | None, after: int | None) -> tuple[Any, ...]:
    return (*changes, (before, after))


def watcher(client: str) -> Component:
    return Component(client, (), handlers=(Handler("Thing", "changes", log),))


@pytest.mark.parametrize("lag", [0, 2])
def test_a_handler_hears_of_each_change_as_its_client_sees_it(lag: int) -> None:
    it = system({(A, "Thing"): lag} if lag else {}, writer("Thing", new=False), watcher(A))
    state = step(it, step(it, it.initial_state(), "update", "a"), "update", "a")
    if lag:
        assert values(it, state, "changes") == ((), (), ())
        state = step(it, step(it, state, f"deliver Thing to {A}"), f"deliver Thing to {A}")
    assert values(it, state, "changes") == (((1, 2), (2, 3)), (), ())


def test_a_list_shows_the_store_and_its_handlers_hear_of_what_differs() -> None:
    it = system({(A, "Thing"): 2}, writer("Thing", new=False), watcher(A), lister(A, ""), left=1)
    state = step(it, step(it, it.initial_state(), "update", "a"), "update", "a")
    state = step(it, state, "relist")
    assert seen(it, state, A) == (3, 1, 1)
    # The version in between is skipped (00-index §4, reflector).
    assert values(it, state, "changes") == (((1, 3),), (), ())
    assert values(it, state, pending_field(A)) == ((), (), ())
    assert values(it, state, "pending", INFORMER) == (0,)


def test_a_list_from_a_stale_api_server_goes_back_in_time_and_catches_up() -> None:
    lag = {(A, "Thing"): 2, (CACHE_SERVER, "Thing"): 2}
    it = system(lag, writer("Thing", new=False), watcher(A), lister(A, CACHE_SERVER), left=1)
    state = step(it, it.initial_state(), "update", "a")
    state = step(it, state, f"deliver Thing to {A}")
    assert seen(it, state, A) == (2, 1, 1)
    state = step(it, state, "relist")
    assert seen(it, state, A) == (1, 1, 1)
    state = step(it, state, f"deliver Thing to {A}")
    assert seen(it, state, A) == (2, 1, 1)
    assert values(it, state, "changes") == (((1, 2), (2, 1), (1, 2)), (), ())


def test_an_api_server_that_does_not_lag_lists_the_store() -> None:
    it = system({(A, "Thing"): 1}, writer("Thing", new=False), lister(A, CACHE_SERVER), left=1)
    state = step(it, step(it, it.initial_state(), "update", "a"), "relist")
    assert seen(it, state, A) == (2, 1, 1)


def test_a_client_may_lag_as_much_as_what_it_lists_from() -> None:
    lag = {(A, "Thing"): 1, (CACHE_SERVER, "Thing"): 2}
    it = system(lag, writer("Thing", new=False), lister(A, CACHE_SERVER), left=1)
    with pytest.raises(ValueError, match="client-a lists Thing from apiserver-2, so it may lag as much: raise its lag"):
        transitions(it, it.initial_state())


@pytest.mark.parametrize("lag", [1, 2, 3])
@pytest.mark.parametrize("interchangeable", [False, True])
@given(data=st.data())
def test_a_cache_shows_what_the_store_held_and_never_goes_back(
    interchangeable: bool, lag: int, data: st.DataObject
) -> None:
    bounds = {A: lag, B: 1}
    it = system(
        {(client, "Thing"): bound for client, bound in bounds.items()},
        writer("Thing", new=interchangeable),
        interchangeable=interchangeable,
        left=3 if interchangeable else 0,
    )
    state = it.initial_state()
    history = [values(it, state)]
    shown = dict.fromkeys(bounds, 0)
    for _ in range(data.draw(st.integers(0, 20))):
        enabled = transitions(it, state)
        if not enabled:
            break
        chosen: Transition = data.draw(st.sampled_from(enabled))
        assert chosen.successor is not None
        state = chosen.successor
        if chosen.group.component.environment:
            history.append(values(it, state))
        for client, bound in bounds.items():
            behind = changes_behind(it, state, client)
            place = len(history) - 1 - behind
            assert behind <= bound
            assert place >= shown[client]
            assert seen(it, state, client) == history[place]
            shown[client] = place


def changes_behind(system: TransitionSystem, state: State, client: str) -> int:
    pool = system.pools[system.pool_index[INFORMER]]
    bundle = state[system.pool_index[INFORMER]][pool.names.index(informer_name(client, "Thing"))]
    found: int = pool.bundles[bundle][pool.position["pending"]]
    return found
