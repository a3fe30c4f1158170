"""What percentages come to: counts, rounded to the side that Kubernetes promises (controllers-workloads §2).

Nothing happens in these laws: they speak of the controllers' arithmetic alone, of each percentage by itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from ....spec.control_plane.controllers import deployment_rollout as rollout
from ....spec.control_plane.controllers import disruption_decisions as controller
from ....spec.language.arithmetic import Number, Truth
from ....spec.objects import int_or_percent
from ..law import Claim, Hypothesis, Law, Mutation, Provable, Values
from ..truth import every, implies

ROLLOUT, BUDGET = "rollout-percentages", "budget-percentages"

_PERCENT = range(101)

Fenceposts: TypeAlias = Callable[[str, str, Number], tuple[Number, Number]]
"""The counts that maxSurge and maxUnavailable come to, of so many replicas."""

Share: TypeAlias = Callable[[str, Number], Number]
"""How many of so many pods must be healthy, by a percentage."""


def _law(name: str, statement: str, reference: str, claims: tuple[Claim, ...]) -> Law:
    def broken(at: Values) -> str:
        wrong = next(claim for claim in claims if not claim.holds(at))
        return f"wrong of {at.replicas} replicas: {wrong.text}"

    return Law(
        name=name,
        statement=statement,
        for_all="all replicas, and each percentage from 0 to 100",
        reference=reference,
        parameters={"replicas": 8},
        assumes=lambda at: at.replicas >= 0,
        start=lambda _: {},
        steps=(),
        invariant=claims,
        promise=lambda at: every(*(claim.holds(at) for claim in claims)),
        broken=broken,
        hypotheses=(
            Hypothesis(
                "up-to-100-percent",
                "a percentage is a whole number from 0 to 100, tried one by one",
                "this abstraction",
            ),
        ),
    )


def _rounded_up(count: Number, replicas: Number, percent: int) -> Truth:
    share = replicas * percent
    return every(count >= 0, 100 * count >= share, 100 * count < share + 100)


def _rounded_down(count: Number, replicas: Number, percent: int) -> Truth:
    share = replicas * percent
    return every(count >= 0, 100 * count <= share, 100 * count > share - 100)


def rollout_law(fenceposts: Fenceposts = lambda *given: rollout.resolve_fenceposts(*given)) -> Law:
    """The law of maxSurge and maxUnavailable, by a rule that resolves them."""

    def surge(percent: int) -> Claim:
        return Claim(
            f"maxSurge {percent}% is rounded up",
            lambda at: _rounded_up(fenceposts(f"{percent}%", "100%", at.replicas)[0], at.replicas, percent),
        )

    def unavailable(percent: int) -> Claim:
        def holds(at: Values) -> Truth:
            _, fewer = fenceposts("100%", f"{percent}%", at.replicas)
            return implies(at.replicas > 0, _rounded_down(fewer, at.replicas, percent))

        return Claim(f"maxUnavailable {percent}% is rounded down", holds)

    def moves(percent: int) -> Claim:
        pairs = ((f"{percent}%", "0%"), ("0%", f"{percent}%"))
        return Claim(
            f"{percent}% of the one and 0% of the other let something move",
            lambda at: every(*(sum(fenceposts(*pair, at.replicas)) >= 1 for pair in pairs)),
        )

    return _law(
        ROLLOUT,
        "maxSurge is rounded up, maxUnavailable down, and one pod may be unavailable where both come to none",
        "controllers-workloads §2",
        tuple(claim(percent) for percent in _PERCENT for claim in (surge, unavailable, moves)),
    )


def _least_available(percent: str, expected: Number) -> Number:
    return int_or_percent.scaled_value(percent, expected, round_up=True)


def _least_healthy(percent: str, expected: Number) -> Number:
    return controller.least_healthy(percent, expected)


def budget_law(available: Share = _least_available, unavailable: Share = _least_healthy) -> Law:
    """The law of a budget's minAvailable and maxUnavailable, by rules that resolve them."""

    def least(percent: int) -> Claim:
        def holds(at: Values) -> Truth:
            count = available(f"{percent}%", at.replicas)
            return every(_rounded_up(count, at.replicas, percent), count <= at.replicas)

        return Claim(f"minAvailable {percent}% is rounded up", holds)

    def most(percent: int) -> Claim:
        def holds(at: Values) -> Truth:
            count = unavailable(f"{percent}%", at.replicas)
            return every(count >= 0, _rounded_up(at.replicas - count, at.replicas, percent))

        return Claim(f"maxUnavailable {percent}% is rounded up", holds)

    return _law(
        BUDGET,
        "a budget's minAvailable and maxUnavailable are both rounded up, and never ask for more pods than there are",
        "controllers-cluster §9",
        tuple(claim(percent) for percent in _PERCENT for claim in (least, most)),
    )


def _both_down(surge: str, unavailable: str, replicas: Number) -> tuple[Number, Number]:
    more, fewer = (int_or_percent.scaled_value(given, replicas, round_up=False) for given in (surge, unavailable))
    return rollout.fenceposts(more, fewer)


def _none_moves(surge: str, unavailable: str, replicas: Number) -> tuple[Number, Number]:
    more = int_or_percent.scaled_value(surge, replicas, round_up=True)
    return more, int_or_percent.scaled_value(unavailable, replicas, round_up=False)


ROLLOUT_PROVABLE = Provable(
    rollout_law,
    (
        Mutation("surge-rounded-down", "maxSurge is rounded down", lambda: rollout_law(_both_down)),
        Mutation("both-none", "maxSurge and maxUnavailable may both come to none", lambda: rollout_law(_none_moves)),
    ),
)

BUDGET_PROVABLE = Provable(
    budget_law,
    (
        Mutation(
            "available-rounded-down",
            "minAvailable is rounded down",
            lambda: budget_law(lambda given, pods: int_or_percent.scaled_value(given, pods, round_up=False)),
        ),
        Mutation(
            "unavailable-rounded-down",
            "maxUnavailable is rounded down",
            lambda: budget_law(
                unavailable=lambda given, pods: pods - int_or_percent.scaled_value(given, pods, round_up=False)
            ),
        ),
    ),
)
