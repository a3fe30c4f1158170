"""How answers are compared with what a case expects, and what comes of a case."""

from __future__ import annotations

from typing import Any

import pytest
from kubemodel.conformance.cases import Case
from kubemodel.conformance.question import Answer, Given, Question
from kubemodel.conformance.running import Finding, run


def found(question: Question, expected: Answer, **given: Any) -> Finding:
    case = Case("some/case", "some", "what", "here", given, expected)
    (result,) = run([case], {"some": {"what": question}})
    return result.finding


def saying(**answer: Any) -> Question:
    return Question(lambda given: answer)


def test_an_answer_may_say_more_but_not_less() -> None:
    assert found(saying(a=1, b=2), {"a": 1}) is Finding.AGREES
    assert found(saying(a=1), {"a": 1, "b": None}) is Finding.DIFFERS
    assert found(saying(items=[{"a": 1, "b": 2}]), {"items": [{"a": 1}]}) is Finding.AGREES
    assert found(saying(items=[{"a": 1}, {"a": 2}]), {"items": [{"a": 1}]}) is Finding.DIFFERS


def test_a_complete_mapping_holds_no_further_key() -> None:
    whole = Question(lambda given: {"counts": {"a": 1, "b": 2}}, complete=frozenset({"counts"}))
    assert found(whole, {"counts": {"a": 1}}) is Finding.DIFFERS
    assert found(whole, {"counts": {"a": 1, "b": 2}}) is Finding.AGREES


@pytest.mark.parametrize(("expected", "finding"), [(["b", "a"], Finding.AGREES), (["a", "a"], Finding.DIFFERS)])
def test_sets_have_no_order_but_their_elements_count(expected: list[str], finding: Finding) -> None:
    question = Question(lambda given: {"pods": ("a", "b")}, sets=frozenset({"pods"}))
    assert found(question, {"pods": expected}) is finding


@pytest.mark.parametrize(("calls", "finding"), [(3, Finding.AGREES), (4, Finding.AGREES), (5, Finding.DIFFERS)])
def test_a_bound_is_kept(calls: int, finding: Finding) -> None:
    question = Question(lambda given: {"calls": calls}, at_most=frozenset({"calls"}))
    assert found(question, {"calls": 4}) is finding


def test_numbers_are_compared_to_the_point() -> None:
    assert found(saying(score=99), {"score": 100}) is Finding.DIFFERS


def test_what_an_adapter_can_not_read_is_a_difference() -> None:
    def reads(given: Given) -> Answer:
        return {"a": given["absent"]}

    assert found(Question(reads), {"a": 1}) is Finding.DIFFERS


def test_a_part_left_out_is_counted_and_the_rest_compared() -> None:
    question = Question(lambda given: {"a": 1}, leaves_out={"message": "nobody reads it"})
    assert found(question, {"a": 1}) is Finding.AGREES
    assert found(question, {"a": 1, "message": "text"}) is Finding.NOT_FOLLOWED
    assert found(question, {"a": 2, "message": "text"}) is Finding.DIFFERS


def test_a_case_not_followed_counts_as_such_only_while_it_differs() -> None:
    question = Question(lambda given: {"a": 1}, not_followed={"some/case": "on purpose"})
    assert found(question, {"a": 2}) is Finding.NOT_FOLLOWED
    assert found(question, {"a": 1}) is Finding.AGREES
    assert found(Question(None, not_followed="nobody reads it"), {"a": 1}) is Finding.NOT_FOLLOWED


def test_what_nobody_answers_is_not_modelled() -> None:
    case = Case("some/case", "some", "what", "here", {}, {"a": 1})
    (no_area,), (no_question,) = run([case], {}), run([case], {"some": {"else": saying(a=1)}})
    assert no_area.finding is no_question.finding is Finding.NOT_MODELLED
    assert "area some" in no_area.reason and "question: what" in no_question.reason
