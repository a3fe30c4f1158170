"""What aggregates say of themselves is so: searches fold queries by it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kubemodel.spec.language import query
from kubemodel.spec.language.query import Aggregate

AGGREGATES = [value for value in vars(query).values() if isinstance(value, Aggregate)]


@pytest.mark.parametrize("aggregate", AGGREGATES, ids=lambda aggregate: aggregate.name)
@given(st.data())
def test_only_what_it_says_matters(aggregate: Aggregate, data: st.DataObject) -> None:
    number = st.integers(0, 3)
    pairs = st.tuples(number, number)
    drawn = st.lists(pairs if aggregate is query.SUM_BY else number, max_size=1 if aggregate is query.ONLY else 5)
    classes = data.draw(drawn)
    assert aggregate.of(data.draw(st.permutations(classes))) == aggregate.of(classes)
    if not aggregate.repeats:
        assert aggregate.of(list(dict.fromkeys(classes))) == aggregate.of(classes)
    if not aggregate.distinguishes:
        assert aggregate.of([None] * len(classes)) == aggregate.of(classes)
