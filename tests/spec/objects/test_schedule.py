"""Schedules, against a walk through all minutes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kubemodel.spec.objects.schedule import parse_schedule

START = datetime(2024, 2, 27, 22, 41, tzinfo=UTC)


def _at(text: str, start: datetime = START, zone: str = "") -> str:
    found = parse_schedule(text, zone).after(start.timestamp())
    assert found is not None
    return datetime.fromtimestamp(found, tz=UTC).strftime("%Y-%m-%d %H:%M")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0 * * * ?", "2024-02-27 23:00"),
        ("*/15 * * * *", "2024-02-27 22:45"),
        ("5/20 * * * *", "2024-02-27 22:45"),
        ("0 0 29 2 *", "2024-02-29 00:00"),
        ("30 4 1,15 * fri", "2024-03-01 04:30"),
        ("0 12 * jan-mar mon", "2024-03-04 12:00"),
        ("@daily", "2024-02-28 00:00"),
        ("@yearly", "2025-01-01 00:00"),
    ],
)
def test_the_next_time(text: str, expected: str) -> None:
    assert _at(text) == expected


def test_a_time_zone_moves_the_clock() -> None:
    assert _at("0 8 * * *", zone="Europe/Berlin") == "2024-02-28 07:00"


def test_where_both_kinds_of_days_are_given_either_suffices() -> None:
    assert _at("0 0 13 * wed") == "2024-02-28 00:00"
    assert _at("0 0 1 * thu", START + timedelta(days=2)) == "2024-03-01 00:00"


def test_a_day_that_never_comes_is_no_time() -> None:
    assert parse_schedule("0 0 31 2 *").after(START.timestamp()) is None


@pytest.mark.parametrize(
    "text", ["", "obvious error schedule", "60 * * * *", "* * * * 8", "*/0 * * * *", "5-1 * * * *", "x * * * *"]
)
def test_what_kubernetes_would_not_read_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        parse_schedule(text)


def test_an_unknown_time_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown time zone"):
        parse_schedule("@daily", "Nowhere/Land")


_MINUTES, _HOURS = st.sets(st.integers(0, 59), min_size=1), st.sets(st.integers(0, 23), min_size=1)


@given(_MINUTES, _HOURS, st.integers(0, 2000))
def test_it_is_the_first_minute_that_fits(minutes: set[int], hours: set[int], later: int) -> None:
    start = START + timedelta(minutes=later)
    text = f"{','.join(map(str, minutes))} {','.join(map(str, hours))} * * *"
    walk = (start + timedelta(minutes=step) for step in range(1, 2 * 24 * 60))
    first = next(it for it in walk if it.minute in minutes and it.hour in hours)
    assert _at(text, start) == first.strftime("%Y-%m-%d %H:%M")
