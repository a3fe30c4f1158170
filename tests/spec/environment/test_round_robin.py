"""By ipvs the endpoints of a Service take turns (kube-proxy §5)."""

from __future__ import annotations

from itertools import pairwise

import pytest
from kubemodel.spec.environment.round_robin import EARLIER, LAST, Taken, connect_in_turn
from kubemodel.spec.environment.traffic import ANSWERED, IDLE, REFUSED, Connecting, connections
from kubemodel.spec.language.plan import Chosen, Sweep, Write
from kubemodel.spec.language.scenario import Client
from kubemodel.spec.objects.metadata import ObjectMeta
from kubemodel.spec.objects.service import Service

CLIENT = Client("web", "node-1")
RULE = connect_in_turn(connections((CLIENT,)))


def _taken(*turns: str, state: str = ANSWERED) -> list[str]:
    """Whose turn it may be, by when it was taken before."""
    backends = tuple(Taken(True, turn) for turn in turns)
    found = RULE.decide(Connecting(CLIENT, state), service=Service(ObjectMeta("web")), backends=backends)
    steps = [step for each in found for step in each.plan if isinstance(step, Write)]
    return [step.target.cls.turn for step in steps if isinstance(step.target, Chosen)]


@pytest.mark.parametrize(
    ("turns", "expected"),
    [
        (("", LAST), [""]),
        (("", EARLIER, LAST), [""]),
        ((EARLIER, LAST), [EARLIER]),
        ((LAST,), []),
        ((), []),
    ],
    ids=["who was not", "in the middle of a round", "the next round", "a single endpoint", "none"],
)
def test_it_is_the_turn_of(turns: tuple[str, ...], expected: list[str]) -> None:
    assert _taken(*turns) == expected


def test_nobody_is_refused_who_has_an_endpoint() -> None:
    (found,) = RULE.decide(Connecting(CLIENT, IDLE), service=None, backends=())
    (step,) = found.plan
    assert isinstance(step, Write)
    assert step.change(IDLE) == REFUSED


def test_three_endpoints_are_all_taken_before_one_is_again_and_none_twice_in_a_row() -> None:
    turns: dict[str, tuple[tuple[str, str, str], ...]] = dict.fromkeys("abc", ())
    order: list[str] = []
    for _ in range(9):
        order.append(_step(turns))
    assert {*order[:3]} == {*"abc"}
    assert all(one != other for one, other in pairwise(order))
    assert min(map(order.count, "abc")) >= 2


def _step(turns: dict[str, tuple[tuple[str, str, str], ...]]) -> str:
    """Applies the first alternative to the marks of three endpoints, and says which one it takes."""
    seen = {name: Taken(True, marks[0][2] if marks else "") for name, marks in turns.items()}
    backends = tuple(dict.fromkeys(seen.values()))
    found = next(iter(RULE.decide(Connecting(CLIENT, ANSWERED), service=None, backends=backends)))
    sweep = next(step for step in found.plan if isinstance(step, Sweep))
    take = next(step for step in found.plan if isinstance(step, Write) and isinstance(step.target, Chosen))
    assert isinstance(take.target, Chosen)
    chosen = next(name for name, each in seen.items() if each == take.target.cls)
    for name, marks in turns.items():
        (turns[name],) = sweep.change(sweep.parameter, marks)
    turns[chosen] = take.change(turns[chosen])
    return chosen
