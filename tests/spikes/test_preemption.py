"""Preemption explored: exact counts, what holds, and the mutation and the crash that break it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kubemodel.checker.naive import Counts, explore
from kubemodel.engine.transition_system import TransitionSystem
from kubemodel.spec.language.model import Model, TimeMode

from .preemption import URGENT, Pod, choices, eligible, model, orders, reprieve

MORE_URGENT = Pod(10, 2)


def explored(model: Model, *, positional: bool = False) -> Counts:
    return explore(TransitionSystem(model, positional=positional))


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param({}, Counts(11, 10, 5, 2), id="one urgent pod: two equal nodes, five requests and steps each"),
        pytest.param({"time": TimeMode.ASYNCHRONOUS}, Counts(13, 14, 5, 2), id="victims may end at any moment"),
        pytest.param({"waiting": (URGENT,) * 2}, Counts(34, 37, 13, 2), id="two urgent pods, one after the other"),
        pytest.param({"arriving": MORE_URGENT}, Counts(135, 156, 18, 13), id="a more urgent pod may come"),
        pytest.param(
            {"arriving": MORE_URGENT, "time": TimeMode.ASYNCHRONOUS}, Counts(232, 373, 18, 14), id="at any moment, both"
        ),
        pytest.param({"arriving": MORE_URGENT, "crashes": 1}, Counts(745, 1053, 21, 57), id="and the scheduler crash"),
        pytest.param({"waiting": (Pod(0, 2),)}, Counts(1, 0, 0, 1), id="equals are no victims"),
    ],
)
def test_victims_are_of_lower_priority_and_urgent_pods_run(given: dict[str, Any], expected: Counts) -> None:
    assert explored(model(**given)) == expected


def test_equal_pods_are_one_to_the_search() -> None:
    assert explored(model((URGENT,) * 2), positional=True) == Counts(79, 94, 13, 4)


def test_a_scheduler_that_preempts_equals_is_caught_at_the_delete() -> None:
    assert explored(model((Pod(0, 2),), strict=False)).violation == ("preemption-only-lower-priority", 2)


def test_a_crash_before_the_nomination_costs_a_second_victim() -> None:
    # mark, delete, crash; the restarted scheduler knows of no promise: mark and delete on the other node.
    assert explored(model(crashes=1)).violation == ("fewest-victims", 5)


def test_plans_of_interchangeable_keys_need_a_serial_component() -> None:
    with pytest.raises(ValueError, match="declare the component serial"):
        explored(model((URGENT,) * 2, serial=False))


def test_the_most_important_are_put_back_first() -> None:
    order = (Pod(3, 1, "n"), Pod(2, 2, "n"), Pod(1, 1, "n"))
    assert reprieve(order, left=0, wanted=2) == (order[1],)
    assert reprieve(order, left=0, wanted=5) is None
    assert orders(order[::-1]) == [order]


def test_every_order_of_equals_is_tried() -> None:
    small, big = Pod(0, 1, "n"), Pod(0, 2, "n")
    found = choices(URGENT, {"n": 0}, ((small, 2), (big, 1)))
    assert found == [("n", (small, small)), ("n", (big,))]


def test_the_node_with_the_least_loss_is_chosen() -> None:
    room = {"one": 0, "two": 0, "high": 0}
    lower = ((Pod(0, 2, "one"), 1), (Pod(0, 1, "two"), 2), (Pod(1, 2, "high"), 1))
    assert choices(URGENT, room, lower) == [("one", (Pod(0, 2, "one"),))]


def test_no_second_round_while_victims_end() -> None:
    ending = Pod(0, 2, "n1", disrupted=True, terminating=True)
    promised = Pod(5, 2, nominated="n1")
    assert not eligible(promised, ((ending, 1),))
    assert eligible(Pod(5, 2, nominated="n2"), ((ending, 1),))
    assert eligible(promised, ((Pod(0, 2, "n1", terminating=True), 1),))


@given(st.lists(st.builds(Pod, st.integers(0, 3), st.integers(1, 3), st.just("n")), max_size=5), st.integers(1, 6))
def test_no_victim_could_have_stayed(pods: list[Pod], wanted: int) -> None:
    for order in orders(pods):
        victims = reprieve(order, 0, wanted)
        if victims is not None:
            spare = sum(pod.cpu for pod in victims) - wanted
            assert spare >= 0
            assert all(pod.cpu > spare for pod in victims)
