"""Names put in place of names, in whatever a state holds."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import attrs
import pytest
from frozendict import frozendict
from kubemodel.engine.renaming import NamedWithin, Renaming, mentions, naming
from kubemodel.spec.language.component import Key
from kubemodel.spec.language.plan import KEY, Named, Set, Write

SWAP = Renaming({"a": "b", "b": "a"})


@pytest.mark.parametrize(
    ("value", "renamed"),
    [
        ("a", "b"),
        (("a", 1, None), ("b", 1, None)),
        (frozendict({"a": ("b",)}), frozendict({"b": ("a",)})),
        (frozenset({"a", "c"}), frozenset({"b", "c"})),
        (Write(Named("Node", "a"), "field", Set("b")), Write(Named("Node", "b"), "field", Set("a"))),
        ("ab", "ab"),
    ],
)
def test_names_are_replaced_wherever_they_stand(value: Any, renamed: Any) -> None:
    assert SWAP(value) == renamed
    assert SWAP(renamed) == value


def test_what_holds_no_name_stays_the_very_same() -> None:
    value = Write(KEY, "field", Set(("c", frozendict({"d": 1}))))
    assert SWAP(value) is value


@pytest.mark.parametrize("value", ["from a", "a/b", ("x", "a:1")])
def test_a_name_inside_of_a_text_is_refused(value: Any) -> None:
    with pytest.raises(NamedWithin, match="is named within"):
        SWAP(value)


def test_names_must_be_permuted() -> None:
    with pytest.raises(ValueError, match="no permutation"):
        Renaming({"a": "b"})


def _closing_over(value: Any) -> Callable[[], Any]:
    return lambda: value


@pytest.mark.parametrize(
    "value",
    [
        _closing_over("a"),
        _closing_over(_closing_over(("x", "a"))),
        functools.partial(print, "a"),
        functools.partial(print, sep="a"),
        Key("Node", ("name",), _closing_over({"a": 1})),
        [attrs.make_class("Odd", ["held"], eq=False)("a")],
        lambda: "from a",
    ],
)
def test_what_a_rule_closes_over_is_found(value: Any) -> None:
    assert mentions(value, naming(["a"]))
    assert not mentions(value, naming(["b"]))


def test_data_is_found_as_a_whole() -> None:
    held = {"a": 1, "b": 2}
    assert mentions(_closing_over(held), naming(["a", "b"])) == [held]
    assert Renaming({"a": "b", "b": "a"}).fixes({"a": 1, "b": 1})
    assert not Renaming({"a": "b", "b": "a"}).fixes(held)
