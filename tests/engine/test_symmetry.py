"""Which objects with names are interchangeable, and what becomes of states if they trade places."""

from __future__ import annotations

import itertools
from typing import Any

import attrs
import pytest
from kubemodel.checker.result import Explorer
from kubemodel.checker.search import search
from kubemodel.engine.equivariance import Equivariance
from kubemodel.engine.successors import transitions
from kubemodel.engine.symmetry import MOST, Symmetry, interchangeable, up_to_symmetry
from kubemodel.engine.transition_system import TransitionSystem
from kubemodel.spec.language.component import Component, Key, Rule
from kubemodel.spec.language.model import Field, Kind, Model
from kubemodel.spec.language.plan import KEY, Alternative, Named, Rpc, Set, Write
from kubemodel.spec.language.property import HOLDS, StateProperty

LAMP, MOTH = "Lamp", "Moth"
LAMPS = ("l-1", "l-2", "l-3")


def _lit(name: str, lit: bool) -> str | None:
    return None if lit else name


def _light(name: str) -> list[Alternative]:
    return [Alternative((Write(KEY, "lit", Set(True)), Write(Named(MOTH, "moth"), "at", Set(name))), "lit")]


LIGHT = Rule("light", Key(LAMP, ("name", "lit"), _lit), _light)


def lamps(rule: Rule = LIGHT, names: tuple[str, ...] = LAMPS, at: str = "", **more: Any) -> Model:
    """Lamps that are lit one after the other; the moth is at the last one."""
    return Model(
        name="lamps",
        kinds=(Kind(LAMP, (Field("lit", False), Field("watts", 40)), names), Kind(MOTH, (Field("at", ""),), ("moth",))),
        components=(Component("dusk", (rule,)),),
        initial={LAMP: tuple({"name": name} for name in names), MOTH: ({"name": "moth", "at": at},)},
        interchangeable=(tuple((name,) for name in names),),
        **more,
    )


def alike(model: Model) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(names[0] for names in group) for group in interchangeable(TransitionSystem(model)))


def test_objects_that_nothing_tells_apart_are_interchangeable() -> None:
    assert alike(lamps()) == (LAMPS,)


def test_what_stands_at_the_start_tells_apart() -> None:
    assert alike(lamps(at="l-2")) == (("l-1", "l-3"),)
    brighter = {LAMP: ({"name": "l-1", "watts": 60}, {"name": "l-2"}, {"name": "l-3"})}
    assert alike(attrs.evolve(lamps(), initial=brighter)) == (("l-2", "l-3"),)


def test_a_rule_that_names_one_tells_apart() -> None:
    def decide(name: str) -> list[Alternative]:
        return [] if name == "l-3" else _light(name)

    assert alike(lamps(attrs.evolve(LIGHT, decide=decide))) == (("l-1", "l-2"),)


def test_a_rule_that_knows_all_alike_does_not() -> None:
    def knowing(watts: dict[str, int]) -> Rule:
        return attrs.evolve(LIGHT, decide=lambda name: _light(name) if watts[name] else [])

    assert alike(lamps(knowing(dict.fromkeys(LAMPS, 40)))) == (LAMPS,)
    assert alike(lamps(knowing({"l-1": 40, "l-2": 60, "l-3": 60}))) == (("l-2", "l-3"),)


def test_a_property_of_one_tells_apart() -> None:
    wanted = "l-1"
    of_one = StateProperty("one", "", Key(LAMP, ("name",), lambda name: name == wanted or None), lambda _key: HOLDS)
    assert alike(lamps(properties=(of_one,))) == (("l-2", "l-3"),)


def test_names_that_are_not_one_objects_alone_are_not_exchanged() -> None:
    assert alike(lamps(names=("l-1", "moth"))) == ()
    assert up_to_symmetry(TransitionSystem(lamps(names=("l-1", "moth")))).symmetry is None


def test_with_requests_that_travel_all_are_looked_at_as_themselves() -> None:
    assert alike(lamps(rpc=Rpc.MESSAGE)) == ()


def test_of_many_only_some_trade_places() -> None:
    (group,) = alike(lamps(names=tuple(f"l-{number}" for number in range(12))))
    assert len(group) == MOST


def test_all_images_have_one_that_stands_for_them() -> None:
    system = TransitionSystem(lamps())
    symmetry = up_to_symmetry(system).symmetry
    assert symmetry is not None
    assert symmetry.order == 6
    after = [t.successor for t in transitions(system, system.initial_state()) if t.successor is not None]
    assert len(set(after)) == 3
    assert len({symmetry.canonical(state) for state in after}) == 1
    assert symmetry.closed(after)
    assert not symmetry.closed(after[:1])


def test_a_run_is_traced_to_its_end_with_every_object_as_itself() -> None:
    system = TransitionSystem(lamps())
    symmetry = up_to_symmetry(system).symmetry
    assert symmetry is not None
    canonical = [system.initial_state()]
    while found := [t.successor for t in transitions(system, canonical[-1]) if t.successor is not None]:
        canonical.append(symmetry.canonical(found[-1]))
    run = symmetry.traced(system, canonical)
    assert run[0] == system.initial_state()
    assert run[-1] == canonical[-1]
    for before, after in itertools.pairwise(run):
        assert after in [t.successor for t in transitions(system, before)]


def test_a_rule_that_prefers_a_name_is_found_out() -> None:
    def decide(name: str) -> list[Alternative]:
        return _light(name) if name > "l" + "-1" else []

    system = TransitionSystem(lamps(attrs.evolve(LIGHT, decide=decide)))
    wrong = Symmetry(system, [(("l-1",), ("l-2",))])
    assert list(Equivariance(system, wrong).differences(system.initial_state())) == [
        "dusk: light acts otherwise once names are exchanged (l-1 for l-2, l-2 for l-1)"
    ]
    right = Symmetry(system, [(("l-2",), ("l-3",))])
    assert not list(Equivariance(system, right).differences(system.initial_state()))


@pytest.mark.parametrize("names", [("a", "a b"), ("a", "x/a")])
def test_a_name_within_another_is_no_name_to_exchange(names: tuple[str, ...]) -> None:
    assert alike(lamps(names=names)) == ()


def _rooms() -> Model:
    """Two rooms with two lamps each; the moth remembers the room in which the last lamp was lit."""

    def decide(key: tuple[str, str]) -> list[Alternative]:
        return [Alternative((Write(KEY, "lit", Set(True)), Write(Named(MOTH, "moth"), "at", Set(key[1]))), "lit")]

    def view(name: str, lit: bool, room: str) -> tuple[str, str] | None:
        return None if lit else (name, room)

    names = ("l-1", "l-2", "l-3", "l-4")
    rooms = ("hall", "hall", "den", "den")
    return Model(
        name="rooms",
        kinds=(Kind(LAMP, (Field("lit", False), Field("room", "")), names), Kind(MOTH, (Field("at", ""),), ("moth",))),
        components=(Component("dusk", (Rule("light", Key(LAMP, ("name", "lit", "room"), view), decide),)),),
        initial={LAMP: tuple({"name": name, "room": room} for name, room in zip(names, rooms, strict=True))},
        interchangeable=(tuple((name,) for name in names), (("hall", "l-1", "l-2"), ("den", "l-3", "l-4"))),
    )


def test_what_objects_are_in_trades_places_with_all_that_is_in_it() -> None:
    system = TransitionSystem(_rooms())
    symmetry = up_to_symmetry(system).symmetry
    assert symmetry is not None
    assert symmetry.groups == (("l-1", "l-2"), ("l-3", "l-4"), ("hall", "den"))
    assert symmetry.order == 8
    after = {t.successor for t in transitions(system, system.initial_state()) if t.successor is not None}
    assert len(after) == 4
    assert len({symmetry.canonical(state) for state in after}) == 1


@pytest.mark.parametrize("explorer", [Explorer.TABLES, Explorer.KERNEL])
def test_what_objects_are_in_is_counted_once(explorer: Explorer) -> None:
    # By hand: none lit; one; two in a room or one in each; three, the last alone or not; all.
    system = TransitionSystem(_rooms())
    assert search(system, explorer=explorer).states == 1 + 4 + 10 + 8 + 2
    assert search(up_to_symmetry(system), explorer=explorer).states == 1 + 1 + 2 + 2 + 1
