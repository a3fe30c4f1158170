"""Values as JSON, and differences that lose nothing."""

from __future__ import annotations

import enum
import json
from typing import Any, NamedTuple

import attrs
import pytest
from frozendict import frozendict
from hypothesis import given
from hypothesis import strategies as st
from kubemodel.engine.encoding import Difference, Encoder, applied, canonical_text
from kubemodel.spec.language.plan import KEY, Set, Write


class Colour(enum.Enum):
    RED = "red"


class Pair(NamedTuple):
    first: Any
    second: Any


@attrs.frozen
class Named:
    name: str = ""
    value: Any = 0


@attrs.frozen
class Whole:
    items: tuple[Any, ...] = ()
    labels: frozendict[str, Any] = frozendict()
    inner: Any = None
    count: int = 0


@attrs.frozen
class Grow:
    amount: int = 1

    def __call__(self, value: int, /) -> int:
        return value + self.amount


class Opaque:
    pass


def _less(value: int) -> int:
    return value - 1


@pytest.mark.parametrize(
    ("value", "encoded"),
    [
        (None, None),
        (True, True),
        (1.5, 1.5),
        (float("inf"), "inf"),
        (Colour.RED, "red"),
        ((1, "a"), [1, "a"]),
        (Pair(1, None), {"first": 1, "second": None}),
        (frozendict({"b": 1, "a": 2}), {"a": 2, "b": 1}),
        (frozendict({("x", 1): 2}), {'["x", 1]': 2}),
        (frozenset({3, 1, 2}), [1, 2, 3]),
        (Named("n"), {"name": "n"}),
        (Named(), {}),
        (Whole(count=2), {"count": 2}),
        (Grow(), "Grow"),
        (Grow(2), {"Grow": {"amount": 2}}),
        (Write(KEY, "f", Set(1)), {"Write": {"target": "TheKey", "field": "f", "change": {"Set": {"value": 1}}}}),
        (_less, "_less"),
        (Opaque(), "Opaque"),
    ],
)
def test_encoded(value: Any, encoded: Any) -> None:
    assert Encoder().encoded(value) == encoded


def test_the_order_of_mappings_and_sets_does_not_show() -> None:
    one = frozendict({"a": frozenset({"x", "y"}), "b": 1})
    other = frozendict({"b": 1, "a": frozenset({"y", "x"})})
    assert json.dumps(Encoder().encoded(one)) == json.dumps(Encoder().encoded(other))
    assert canonical_text(one) == canonical_text(other)


def test_spelling_of_field_names() -> None:
    encoder = Encoder(str.upper)
    assert encoder.encoded(Whole(count=1)) == {"COUNT": 1}
    assert [each.path for each in encoder.difference(Whole(count=1), Whole(count=2))] == ["COUNT"]


@pytest.mark.parametrize(
    ("before", "after", "differences"),
    [
        (Whole(), Whole(), ()),
        (Whole(count=1), Whole(), (Difference("o.count", 1, 0),)),
        (None, Whole(count=1), (Difference("o", None, {"count": 1}),)),
        (Whole(inner=Named("a", 1)), Whole(inner=Named("a", 2)), (Difference("o.inner.value", 1, 2),)),
        (
            Whole(inner=Named("a")),
            Whole(inner=Pair(1, 2)),
            (Difference("o.inner", {"name": "a"}, {"first": 1, "second": 2}),),
        ),
        (
            Whole(labels=frozendict({"a.b/c": "x"})),
            Whole(labels=frozendict({"d": "y"})),
            (Difference('o.labels["a.b/c"]', "x", None), Difference("o.labels.d", None, "y")),
        ),
        (
            Whole(items=(Named("a", 1), Named("b", 1))),
            Whole(items=(Named("b", 2), Named("c", 1))),
            (
                Difference("o.items[a]", {"name": "a", "value": 1}, None),
                Difference("o.items[b].value", 1, 2),
                Difference("o.items[c]", None, {"name": "c", "value": 1}),
            ),
        ),
        (Whole(items=(1, 2)), Whole(items=(1, 3)), (Difference("o.items", [1, 2], [1, 3]),)),
        (Whole(items=(Pair(1, 2),)), Whole(items=(Pair(1, 3),)), (Difference("o.items[0].second", 2, 3),)),
        (Whole(items=(Named("7"),)), Whole(items=(Named("7", 1),)), (Difference('o.items[@"7"].value', 0, 1),)),
    ],
)
def test_difference(before: Any, after: Any, differences: tuple[Difference, ...]) -> None:
    assert Encoder().difference(before, after, "o") == differences


_TEXTS = st.sampled_from(["", "a", "b", "a.b/c", "7", 'q"', "[x]", "é"])
_SCALARS = st.one_of(st.none(), st.integers(-3, 3), _TEXTS)


def _composite(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(
        st.lists(inner, max_size=3).map(tuple),
        st.dictionaries(_TEXTS, inner, max_size=3).map(frozendict),
        st.builds(Named, _TEXTS, inner),
        st.lists(st.builds(Named, _TEXTS, inner), max_size=4).map(tuple),
        st.builds(Pair, inner, inner),
        st.builds(Whole, st.lists(inner, max_size=3).map(tuple), inner=inner, count=st.integers(0, 2)),
    )


_VALUES = st.recursive(_SCALARS, _composite, max_leaves=8)


def _without_nulls(document: Any) -> Any:
    """Null and absent are one."""
    if isinstance(document, dict):
        return {key: _without_nulls(item) for key, item in document.items() if item is not None}
    return [_without_nulls(item) for item in document] if isinstance(document, list) else document


@given(_VALUES, _VALUES)
def test_a_difference_applied_to_the_old_gives_the_new(before: Any, after: Any) -> None:
    encoder = Encoder(defaults=True)
    document = encoder.encoded(before)
    for each in encoder.difference(before, after):
        assert encoder.encoded(each.after) == each.after
        document = applied(document, each.path, each.after)
    assert _without_nulls(document) == _without_nulls(encoder.encoded(after))


@given(_VALUES)
def test_equal_values_differ_nowhere_and_encode_to_json(value: Any) -> None:
    assert Encoder().difference(value, value) == ()
    encoded = Encoder().encoded(value)
    assert json.loads(json.dumps(encoded)) == encoded


def test_lists_that_were_left_out_come_into_being() -> None:
    before, after = Whole(), Whole(items=(Named("a"), Named("7")))
    document = Encoder().encoded(before)
    for each in Encoder().difference(before, after):
        document = applied(document, each.path, each.after)
    assert document == Encoder().encoded(after)


def test_what_is_no_path_is_refused() -> None:
    with pytest.raises(ValueError, match=r"not a field path: 'a\[\[b'"):
        applied({}, "a[[b", 1)
