"""A deadline is a moment of processor time: waiting for a busy machine does not use it up."""

from __future__ import annotations

import time

from kubemodel.proving.placement.clock import MOST_SECONDS, by_the_wall, now, passed


def test_what_passes_on_the_wall_does_not_count() -> None:
    deadline = now() + 0.2
    time.sleep(0.3)
    assert not passed(deadline)
    while not passed(deadline + 0.01):
        sum(range(10_000))
    assert passed(deadline)


def test_solvers_are_given_more_than_is_left_but_never_nothing() -> None:
    assert 1.0 < by_the_wall(now() + 1.0) <= MOST_SECONDS
    assert by_the_wall(now() + 1e6) == MOST_SECONDS
    assert by_the_wall(now() - 1.0) > 0
