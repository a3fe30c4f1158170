from __future__ import annotations

import pytest
from frozendict import frozendict
from hypothesis import given
from hypothesis import strategies as st
from kubemodel.spec.objects.selectors import (
    LabelSelector,
    NodeSelector,
    NodeSelectorTerm,
    Requirement,
    parse_int64,
    selects,
)

KEYS, VALUES = st.sampled_from("abc"), st.sampled_from(["", "1", "2", "10", "x"])
LABELS = st.dictionaries(KEYS, VALUES)
REQUIREMENTS = st.builds(
    Requirement,
    KEYS,
    st.sampled_from(["In", "NotIn", "Exists", "DoesNotExist"]),
    st.lists(VALUES, max_size=3).map(tuple),
)


@given(LABELS, KEYS, st.lists(VALUES).map(tuple))
def test_operators_come_in_opposites(labels: dict[str, str], key: str, values: tuple[str, ...]) -> None:
    for operator, opposite in (("In", "NotIn"), ("Exists", "DoesNotExist")):
        holds = Requirement(key, operator, values).matches(labels)
        assert holds != Requirement(key, opposite, values).matches(labels)


@given(LABELS, LABELS)
def test_match_labels_are_in_expressions(labels: dict[str, str], pairs: dict[str, str]) -> None:
    expressions = tuple(Requirement(key, "In", (value,)) for key, value in pairs.items())
    by_pairs = LabelSelector(match_labels=frozendict(pairs))
    assert by_pairs.matches(labels) == LabelSelector(match_expressions=expressions).matches(labels)


@given(LABELS, st.lists(REQUIREMENTS).map(tuple), st.lists(REQUIREMENTS).map(tuple))
def test_narrowing_is_conjunction(
    labels: dict[str, str], one: tuple[Requirement, ...], other: tuple[Requirement, ...]
) -> None:
    both = LabelSelector(match_expressions=one).narrowed(*other)
    assert both.matches(labels) == (
        LabelSelector(match_expressions=one).matches(labels) and LabelSelector(match_expressions=other).matches(labels)
    )


@given(LABELS)
def test_the_empty_selector_selects_all_and_an_absent_one_nothing(labels: dict[str, str]) -> None:
    assert selects(LabelSelector(), labels)
    assert not selects(None, labels)


@given(st.integers(-50, 50), st.integers(-50, 50))
def test_gt_and_lt_compare_integers(actual: int, bound: int) -> None:
    labels = {"a": str(actual)}
    assert Requirement("a", "Gt", (str(bound),)).matches(labels) == (actual > bound)
    assert Requirement("a", "Lt", (str(bound),)).matches(labels) == (actual < bound)


@pytest.mark.parametrize(
    ("labels", "values"),
    [({}, ("1",)), ({"a": "x"}, ("1",)), ({"a": "2"}, ()), ({"a": "2"}, ("1", "1")), ({"a": "2"}, ("y",))],
)
def test_gt_without_two_integers_matches_nothing(labels: dict[str, str], values: tuple[str, ...]) -> None:
    assert not Requirement("a", "Gt", values).matches(labels)


@pytest.mark.parametrize("text", ["", " 1", "1_0", "1.0", "0x1", str(2**63), None])
def test_go_refuses_these_integers(text: str | None) -> None:
    assert parse_int64(text) is None


def test_an_unknown_operator_matches_nothing() -> None:
    assert not Requirement("a", "Like", ("1",)).matches({"a": "1"})


def test_node_terms_are_alternatives_and_the_empty_one_matches_nothing() -> None:
    on_disk = NodeSelectorTerm(match_expressions=(Requirement("disk", "In", ("ssd",)),))
    by_name = NodeSelectorTerm(match_fields=(Requirement("metadata.name", "In", ("n2",)),))
    selector = NodeSelector((on_disk, by_name))
    assert selector.matches("n1", {"disk": "ssd"})
    assert selector.matches("n2", {})
    assert not selector.matches("n1", {})
    assert not NodeSelector((NodeSelectorTerm(),)).matches("n1", {})
    assert not NodeSelector().matches("n1", {})


def test_the_fields_and_expressions_of_a_term_must_all_match() -> None:
    term = NodeSelectorTerm(
        match_expressions=(Requirement("disk", "Exists"),),
        match_fields=(Requirement("metadata.name", "NotIn", ("n1",)),),
    )
    assert term.matches("n2", {"disk": ""})
    assert not term.matches("n1", {"disk": ""})
    assert not term.matches("n2", {})
