"""What is told of laws that are not proved at once: each outcome, and what it takes to get there."""

from __future__ import annotations

import attrs
import pytest
from kubemodel.engine.replay import replay
from kubemodel.proving.induction import proving
from kubemodel.proving.induction.law import Claim, Law, Step, Values
from kubemodel.proving.induction.proving import INTERRUPTED, Outcome, prove
from kubemodel.proving.induction.small_model import Disagreement, NoLawError, system_of, walk
from kubemodel.spec.language.arithmetic import Number, floor_div, select


def law_of(*steps: Step, most: int = 3, **changes: object) -> Law:
    """A law of one number, ``count``, that begins at 0 and must not become ``limit``."""
    whole = Law(
        name="counting",
        statement="the count never is the limit",
        for_all="all limits above 0",
        reference="this test",
        parameters={"limit": most},
        assumes=lambda at: at.limit > 0,
        start=lambda _: {"count": 0},
        steps=steps,
        invariant=(Claim("the count is not negative", lambda at: at.count >= 0),),
        promise=lambda at: at.count != at.limit,
        broken=lambda at: f"the count is {at.count}",
        hypotheses=(),
    )
    return attrs.evolve(whole, **changes)  # type: ignore[arg-type]


def counts(to: Number, name: str = "count") -> Step:
    return Step(name, "counter", lambda at, _: {"count": to}, lambda at, _: at.count < 3)


ONE_MORE = Step("count", "counter", lambda at, _: {"count": at.count + 1})
TWICE = Step("double", "counter", lambda at, _: {"count": 2 * at.count})


def test_a_law_that_small_instances_break_is_refuted() -> None:
    found = prove(law_of(ONE_MORE, invariant=(Claim("it is small", lambda at: at.count < at.limit),)))
    assert found.outcome is Outcome.REFUTED
    assert found.stuck is not None
    assert found.trace is not None
    assert [step.rule for step in found.trace.steps] == ["begin", "count"]


def test_a_law_that_only_large_numbers_break_is_refuted_by_z3_and_walked() -> None:
    law = law_of(ONE_MORE, assumes=lambda at: at.limit > 5)
    found = prove(law)
    assert found.outcome is Outcome.REFUTED
    assert found.explored is not None
    assert found.explored.trace is None
    assert found.trace is not None
    assert len(found.trace.steps) == 6
    assert found.trace.scenario["first"] == {"limit": 6, "count": 0}
    assert replay(found.trace, system_of(law, found.trace.scenario)).identical


def test_a_step_out_of_the_invariant_that_never_comes_about_is_no_violation() -> None:
    # From 0 the count only doubles, and stays 0; from 1 it would become the limit in the end.
    found = prove(law_of(TWICE, counts(0, "reset")))
    assert (found.outcome, found.trace, found.depth) == (Outcome.UNDETERMINED, None, 0)
    assert found.stuck is not None
    assert found.stuck.claim == "promise"
    assert "not inductive" in found.reason


def test_induction_over_two_steps_goes_through_where_one_step_does_not() -> None:
    # 2 leads to 1, which must not be; but nothing leads to 2 but 1 itself.
    flip = Step("flip", "counter", lambda at, _: {"count": select(at.count == 2, 1, 2)}, lambda at, _: at.count > 0)
    law = law_of(
        flip,
        Step("rest", "counter", lambda _at, _: {"count": 0}),
        assumes=lambda at: at.limit == 1,
        invariant=(Claim("there are three counts", lambda at: (at.count - 1) * (at.count - 1) <= 1),),
        start=lambda _: {"count": 0},
    )
    found = prove(attrs.evolve(law, promise=lambda at: at.count != 1))
    assert (found.outcome, found.depth) == (Outcome.PROVED, 2)
    assert found.stuck is not None


def test_a_law_whose_hypotheses_nothing_meets_says_nothing() -> None:
    found = prove(law_of(ONE_MORE, assumes=lambda at: at.limit < 0 if isinstance(at.limit, int) else at.limit * 0 == 1))
    assert (found.outcome, found.witness) == (Outcome.VACUOUS, None)


def test_a_step_that_can_never_be_taken_is_told() -> None:
    never = Step("never", "counter", lambda at, _: {"count": 1}, lambda at, _: at.count < 0)
    found = prove(law_of(never))
    assert (found.outcome, found.reason) == (
        Outcome.VACUOUS,
        "it says nothing of: counter: never, which can never happen",
    )


def test_the_end_of_the_time_leaves_it_undetermined() -> None:
    found = prove(law_of(ONE_MORE), seconds=1e-9)
    assert (found.outcome, found.reason) == (Outcome.UNDETERMINED, "1e-09 s had passed; allow more with --timeout")


def test_an_interrupt_leaves_it_undetermined_with_what_was_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = 0
    holds = proving.holds

    def interrupted(*given: object) -> bool:
        nonlocal asked
        asked += 1
        if asked == 3:
            raise KeyboardInterrupt
        return holds(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(proving, "holds", interrupted)
    found = prove(law_of(ONE_MORE, invariant=(Claim("one", lambda at: at.count >= 0),) * 3))
    assert (found.outcome, found.reason, found.shown) == (Outcome.UNDETERMINED, INTERRUPTED, 2)


def test_what_the_explorer_cannot_walk_is_a_fault_of_this_program() -> None:
    with pytest.raises(Disagreement, match="cannot take step 1"):
        walk(law_of(ONE_MORE), "", [Values({"limit": 2, "count": 0}), Values({"limit": 2, "count": 2})])


@pytest.mark.parametrize("first", [{"limit": 2}, {"limit": 2, "count": "0"}, {"limit": 2, "count": True}, 3])
def test_a_trace_with_another_first_state_is_none_of_the_law(first: object) -> None:
    with pytest.raises(NoLawError):
        system_of(law_of(ONE_MORE), {"first": first})


def test_division_of_what_may_be_negative_agrees() -> None:
    half = Step("half", "counter", lambda at, _: {"count": floor_div(at.count, 2)}, lambda at, _: at.count > 0)
    found = prove(law_of(half, start=lambda at: {"count": at.limit - 1}, promise=lambda at: at.count < at.limit))
    assert found.outcome is not Outcome.REFUTED
