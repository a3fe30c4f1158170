"""Schedules of CronJobs: five fields, or a name such as ``@hourly``, in the dialect that Kubernetes reads.

Fields are minute, hour, day of month, month and day of week. ``?`` is ``*``. Where days of month and of week are both
restricted, either suffices.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import attrs

_NAMED = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
_RANGES = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 6))
_MONTH_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTHS = {name: place for place, name in enumerate(_MONTH_NAMES, 1)}
_DAYS = {name: place for place, name in enumerate(("sun", "mon", "tue", "wed", "thu", "fri", "sat"))}
_WORDS: tuple[dict[str, int], ...] = ({}, {}, {}, _MONTHS, _DAYS)
_MOST_YEARS = 5


@attrs.frozen(cache_hash=True)
class Schedule:
    """The minutes at which something is due; ``any_day_of_month``, ``any_day_of_week``: the field is a star."""

    minutes: frozenset[int]
    hours: frozenset[int]
    days_of_month: frozenset[int]
    months: frozenset[int]
    days_of_week: frozenset[int]
    any_day_of_month: bool
    any_day_of_week: bool
    zone: str = "UTC"

    def _on(self, day: datetime) -> bool:
        if day.month not in self.months:
            return False
        by_month = day.day in self.days_of_month
        by_week = day.isoweekday() % 7 in self.days_of_week
        if self.any_day_of_month or self.any_day_of_week:
            return by_month and by_week
        return by_month or by_week

    def after(self, instant: float) -> float | None:
        """The first time after ``instant`` (seconds since the epoch); None if there is none for years."""
        zone = ZoneInfo(self.zone)
        moment = datetime.fromtimestamp(instant, tz=UTC).astimezone(zone)
        last = moment.year + _MOST_YEARS
        for each in self._minutes(moment):
            if each.year > last:
                return None
            found = each.replace(tzinfo=zone).timestamp()
            if found > instant:
                return found
        return None

    def _minutes(self, start: datetime) -> Iterator[datetime]:
        """The wall-clock minutes that are due, from the day of ``start`` on."""
        day = start.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
        while True:
            if self._on(day):
                for hour in sorted(self.hours):
                    for minute in sorted(self.minutes):
                        yield day.replace(hour=hour, minute=minute)
            day += timedelta(days=1)
            if day.year > start.year + _MOST_YEARS:
                yield day
                return


def _value(text: str, place: int) -> int:
    value = _WORDS[place].get(text.lower())
    if value is None:
        if not text.isdigit():
            raise ValueError(f"{text!r} is no number")
        value = int(text)
    least, most = _RANGES[place]
    if not least <= value <= most:
        raise ValueError(f"{value} is not between {least} and {most}")
    return value


def _part(text: str, place: int) -> frozenset[int]:
    span, slash, step_text = text.partition("/")
    least, most = _RANGES[place]
    if span in ("*", "?"):
        first, last = least, most
    else:
        low, dash, high = span.partition("-")
        first = _value(low, place)
        last = _value(high, place) if dash else (most if slash else first)
    if first > last:
        raise ValueError(f"{text!r} runs backwards")
    step = int(step_text) if step_text.isdigit() else 1
    if slash and (not step_text.isdigit() or step == 0):
        raise ValueError(f"{step_text!r} is no step")
    return frozenset(range(first, last + 1, step))


def _field(text: str, place: int) -> frozenset[int]:
    return frozenset().union(*(_part(part, place) for part in text.split(",")))


@lru_cache(maxsize=256)
def parse_schedule(text: str, time_zone: str = "") -> Schedule:
    """The schedule that a text stands for, in a time zone. Raises ValueError for what Kubernetes would not read."""
    try:
        ZoneInfo(time_zone or "UTC")
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError(f"unknown time zone {time_zone!r}") from error
    fields = _NAMED.get(text, text).split()
    if len(fields) != len(_RANGES):
        raise ValueError(f"expected 5 fields, found {len(fields)}: {text!r}")
    minutes, hours, days, months, weekdays = (_field(field, place) for place, field in enumerate(fields))
    return Schedule(
        minutes, hours, days, months, weekdays, fields[2][0] in "*?", fields[4][0] in "*?", time_zone or "UTC"
    )
