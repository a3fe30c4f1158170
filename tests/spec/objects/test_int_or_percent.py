from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kubemodel.spec.objects.int_or_percent import percentage, scaled_value


@given(st.integers(0, 1000), st.integers(0, 10**6))
def test_percentages_round_as_told(percent: int, total: int) -> None:
    down, up = scaled_value(f"{percent}%", total, False), scaled_value(f"{percent}%", total, True)
    assert down * 100 <= percent * total <= up * 100
    assert up - down == (percent * total % 100 != 0)


@given(st.integers(0, 1000), st.integers(0, 1000), st.booleans())
def test_counts_are_taken_as_they_are(count: int, total: int, round_up: bool) -> None:
    assert scaled_value(count, total, round_up) == count


@pytest.mark.parametrize("text", ["", "5", "1.5%", "% 5", "a%"])
def test_other_text_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        percentage(text)
