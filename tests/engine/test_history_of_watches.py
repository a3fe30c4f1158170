"""How far back history goes is a rank: it says the same as the revisions of a real store (docs/decisions/0020)."""

from __future__ import annotations

from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from kubemodel.engine.pools import State
from kubemodel.engine.store import Cancelled, Store, compact, create, deliver, key_prefix, open_watch, remove, update
from kubemodel.engine.successors import Transition, transitions
from kubemodel.engine.transition_system import TransitionSystem
from kubemodel.engine.watch_cache import WATCH, Nearer
from kubemodel.spec.control_plane.apiserver import watch_history
from kubemodel.spec.environment import faults, watch_faults
from kubemodel.spec.kinds import FAULT, FAULT_FIELDS
from kubemodel.spec.language.component import Component
from kubemodel.spec.language.model import BEYOND, INFORMER, Kind

from .test_watch_cache import A, system, values, writer

WRITER = writer("Thing", new=False)
THINGS, OTHERS = key_prefix("/things/"), "/others/one"


def watched(lag: int, *, bookmarks: bool) -> TransitionSystem:
    """One client that sees things late, whose watch may end, beside a writer."""
    watches = {(A, "Thing"): lag}
    ends = Component(faults.NAME, watch_faults.rules({watch_faults.WATCH_END: 9}, watches), environment=True)
    model = system(watches, WRITER).model
    budget = {"name": watch_faults.WATCH_END, "left": 9}
    return TransitionSystem(
        attrs.evolve(
            model,
            history=True,
            components=(*model.components, watch_history.component(bookmarks=bookmarks), ends),
            kinds=(*model.kinds, Kind(FAULT, FAULT_FIELDS, names=(watch_faults.WATCH_END,))),
            initial={**model.initial, FAULT: (budget,)},
            slow=frozenset({f"{A}/Thing"}),
        )
    )


@attrs.define
class Real:
    """The same on a store with revisions: ``seen`` is the last one that the client was told of."""

    store: Store
    seen: int
    pending: list[int]

    def writes_elsewhere(self) -> None:
        """Two writes of another kind, so that revisions that a watch does not see lie between those that it does."""
        for _ in range(2):
            found = self.store.objects.get(OTHERS)
            if found is None:
                self.store, _result = create(self.store, OTHERS, 1)
            else:
                self.store, _result = update(self.store, OTHERS, found.value + 1, found.mod_revision)

    def write(self, key: str, value: Any) -> None:
        self.writes_elsewhere()
        found = self.store.objects[key]
        if value is None:
            self.store, _ = remove(self.store, key, found.mod_revision)
        else:
            self.store, _ = update(self.store, key, value, found.mod_revision)
        self.pending.append(self.store.revision)

    def see(self) -> None:
        self.seen = self.pending.pop(0)

    def compact(self, beyond: int) -> None:
        """Up to the change that is the first to stay, or to now."""
        self.writes_elsewhere()
        revision = self.pending[beyond - 1] if beyond <= len(self.pending) else self.store.revision
        self.store, refused = compact(self.store, revision)
        assert refused is None

    def catch_up(self) -> None:
        self.seen, self.pending = self.store.revision, []

    def is_gone(self) -> bool:
        """Whether a watch that is opened where the client was gets 410 Gone."""
        _, answer = deliver(self.store, open_watch(self.store, THINGS, self.seen + 1))
        return isinstance(answer, Cancelled)

    def beyond(self) -> int:
        if self.seen + 1 >= self.store.compacted_revision:
            return 0
        return 1 + sum(revision + 1 < self.store.compacted_revision for revision in self.pending)


def begun(it: TransitionSystem, state: State) -> Real:
    store = Store()
    for name, version in zip(("a", "b", "c"), values(it, state), strict=True):
        store, _ = create(store, f"/things/{name}", version)
    return Real(store, store.revision, [])


def follow(it: TransitionSystem, real: Real, before: State, step: Transition, lag: int) -> None:
    """Does on the store what a step of the model does."""
    assert step.successor is not None
    component, rule = step.group.component.name, step.group.rule.name
    if component == WRITER.name:
        if len(real.pending) == lag:
            real.see()
        pairs = zip(("a", "b", "c"), values(it, before), values(it, step.successor), strict=True)
        ((name, value),) = [(name, new) for name, old, new in pairs if old != new]
        real.write(f"/things/{name}", value)
    elif component == WATCH:
        real.see()
    elif rule == "compact":
        real.compact(values(it, step.successor, BEYOND, INFORMER)[0])
    elif rule == "send bookmark":
        assert real.pending == [], "no event follows that comes before the bookmark"
        real.catch_up()
    else:
        assert component == faults.NAME
        assert real.is_gone(), "a client lists only where its watch cannot be resumed"
        real.catch_up()


@pytest.mark.parametrize("bookmarks", [True, False])
@pytest.mark.parametrize("lag", [1, 2, 3])
@given(data=st.data())
def test_a_watch_is_too_old_exactly_where_the_store_cancels_it(lag: int, bookmarks: bool, data: st.DataObject) -> None:
    it = watched(lag, bookmarks=bookmarks)
    state = it.initial_state()
    real = begun(it, state)
    for _ in range(data.draw(st.integers(0, 25))):
        enabled = transitions(it, state)
        if not enabled:
            break
        chosen: Transition = data.draw(st.sampled_from(enabled))
        follow(it, real, state, chosen, lag)
        assert chosen.successor is not None
        state = chosen.successor
        (pending,), (beyond,) = values(it, state, "pending", INFORMER), values(it, state, BEYOND, INFORMER)
        assert pending == len(real.pending)
        assert beyond == real.beyond()
        assert (beyond > 0) is real.is_gone()


def test_an_event_that_is_lost_brings_its_client_no_further_than_to_the_end_of_history() -> None:
    assert [Nearer()(beyond) for beyond in (0, 1, 2)] == [0, 0, 1]
    assert [Nearer(least=1)(beyond) for beyond in (0, 1, 2)] == [0, 1, 1]


def test_a_model_without_history_has_no_field_for_it() -> None:
    it = system({(A, "Thing"): 1}, WRITER)
    assert BEYOND not in it.pools[it.pool_index[INFORMER]].position
