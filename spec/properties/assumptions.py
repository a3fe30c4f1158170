"""The assumptions under which properties are required, as queries over what the environment did (design §5)."""

from __future__ import annotations

from ..kinds import FAULT, USER
from ..language.query import ANY, DISTINCT, Query, no_parameter

FAULTS_SEEN = Query(
    FAULT, ("name", "used"), lambda _parameter, name, used: name if used else None, DISTINCT, no_parameter
)
"""The faults that have come so far, by name."""

USERS_BUSY = Query(USER, ("todo",), lambda _parameter, todo: True if todo else None, ANY, no_parameter)
"""Whether some user still has something to do."""


def disturbed(faults: tuple[str, ...]) -> str:
    """The sentence that says which faults broke an assumption."""
    return f"after {' and '.join(faults)}"
