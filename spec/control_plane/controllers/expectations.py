"""Expectations: what a controller did to a pod and has not seen yet (00-index §4).

They stand in the pod's field ``expected`` as (CREATION or DELETION, owner). The owner is the bare name of a ReplicaSet,
or kind and name of any other controller object, so that each controller knows its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from ...kinds import CREATION, POD, REPLICA_SET
from ...language.component import Countdown, Key, Rule
from ...language.plan import KEY, Alternative, Set, Write
from ...language.query import ANY, Query
from ...language.request import Outcome
from ...objects.pod import Pod

EXPECTATIONS_TIMEOUT = 300.0
"""Seconds after which unmet expectations no longer hold a controller back."""

COUNTS_AS_CREATED = (Outcome.NAMESPACE_TERMINATING,)
"""Refusals of a create that a controller takes for success, since all others would be refused, too: what it expected it
goes on expecting (00-index §4, slow start)."""

REFUSED = tuple(outcome for outcome in Outcome if not outcome.success and outcome not in COUNTS_AS_CREATED)
"""Failures after which nothing is expected any more of the request."""

Expected = tuple[str, str]


def owner(kind: str, name: str) -> str:
    """How an expectation names its owner."""
    return name if kind == REPLICA_SET else f"{kind}/{name}"


def owned_by(expected: Expected | None, kind: str) -> bool:
    """Whether the controller of objects of ``kind`` has this expectation."""
    if expected is None:
        return False
    owner_kind, slash, _ = expected[1].rpartition("/")
    return owner_kind == kind if slash else kind == REPLICA_SET


def observer(kind: str) -> Callable[[Expected | None, Pod | None, Pod | None], Expected | None]:
    """What becomes of an expectation about a pod when the controller of objects of ``kind`` sees the pod change."""

    def observe(expected: Expected | None, _before: Pod | None, after: Pod | None) -> Expected | None:
        if expected is None or not owned_by(expected, kind):
            return expected
        if expected[0] == CREATION:
            return None if after is not None else expected
        return None if after is None or after.metadata.terminating else expected

    return observe


def expiry_rule(kind: str) -> Rule:
    """The rule by which expectations of the controller of objects of ``kind`` expire."""

    def own(expected: Expected | None) -> Expected | None:
        return expected if owned_by(expected, kind) else None

    def expire(expected: Expected) -> Iterable[Alternative]:
        because = f"{expected[1]} has waited 5 minutes to see a {expected[0]}"
        yield Alternative((Write(KEY, "expected", Set(None)),), because)

    return Rule(
        name="expectation expires",
        key=Key(POD, ("expected",), own),
        decide=expire,
        duration=EXPECTATIONS_TIMEOUT,
        countdown=Countdown(since=lambda expected: expected),
        reference="00-index §4 expectations",
        meaning="an expectation older than 5 minutes no longer holds the controller back",
    )


def dropping_rule(kind: str) -> Rule:
    """The rule by which the controller of objects of ``kind`` drops the expectations of one that is gone.

    Those of pods that are there are met when they go; what is left are pods that were never created.
    """

    def never_created(pod: Pod | None, expected: Expected | None) -> Expected | None:
        return expected if pod is None and owned_by(expected, kind) else None

    def there(expected: Expected, found: Any) -> bool | None:
        return True if found is not None and owner(kind, found.metadata.name) == expected[1] else None

    def drop(expected: Expected, there: bool) -> Iterable[Alternative]:
        if not there:
            yield Alternative((Write(KEY, "expected", Set(None)),), f"{expected[1]} is gone")

    return Rule(
        name="drop expectations",
        key=Key(POD, ("object", "expected"), never_created),
        queries={"there": Query(kind, ("object",), there, ANY)},
        decide=drop,
        reference="controllers-workloads §1.1",
        meaning="what was expected for an object that is gone is expected no longer",
    )
