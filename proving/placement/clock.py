"""Time as it counts here: processor time of this process, so that what else a machine does changes no answer.

A deadline is a moment of this clock. Solvers that count by the wall are given more than is left by it: their own limits
end them nearly always, and the wall only where something is wrong.
"""

from __future__ import annotations

import time

MOST_SECONDS = 60.0
"""By the wall, for one question to a solver."""

BUSY = 8.0
"""How many seconds by the wall one of the processor may take on a busy machine."""


def now() -> float:
    """This moment, in seconds of processor time."""
    return time.process_time()


def passed(deadline: float) -> bool:
    """Whether the deadline is over."""
    return now() > deadline


def by_the_wall(deadline: float) -> float:
    """Seconds that a solver may take by the wall where so much is left until the deadline."""
    return max(0.01, min(MOST_SECONDS, BUSY * (deadline - now())))
