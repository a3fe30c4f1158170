"""Observations: what somebody saw of an execution, each a predicate over a step or over what lies between steps.

A recording is a set of observations with a partial order. It is explained by an execution in which each is seen, in an
order that does not contradict theirs; what was seen of an object is about one object all the time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import attrs

Values = Mapping[str, Any]
"""All that is kept of one object, by field."""


@attrs.frozen
class Deed:
    """What a step does to one object: by which rule of which component, and all that is kept of it before and after."""

    component: str
    rule: str
    before: Values
    after: Values


Subject = tuple[str, str]
"""Kind, and name in the recording."""

Known = Callable[[str, str], Values | None]
"""All that is kept of the object that a name in the recording, given with its kind, stands for; None if unknown yet."""


Why = Callable[[Any, Mapping[str, Any]], str]
"""What in the key of a rule and in the answers of its queries kept it from doing what was seen; "" if nothing did."""


def always(_values: Values) -> bool:
    """What may be seen of whatever object, however it stands."""
    return True


@attrs.frozen(eq=False)
class Observation:
    """One thing that was seen.

    ``subject``: the object that it is about. ``at``: whether a step, as it changes the subject, is what was seen;
    ``during``: whether it may be seen where the subject stands like that; one of both is given. ``may_be``: whether an
    object that nothing was seen of so far may be the subject. ``possible``: whether it may still be seen, now or later,
    where the subject stands like that. ``component`` and ``rules``: who does it. ``instead`` says, where the subject
    stands like that, what keeps it from being seen; ``why`` what keeps the rules from it. ``prior``: the numbers of the
    observations that came before it.
    """

    number: int
    text: str
    subject: Subject
    may_be: Callable[[Values, Known], bool]
    instead: Callable[[Values], str]
    component: str
    rules: frozenset[str] = frozenset()
    at: Callable[[Deed], bool] | None = None
    during: Callable[[Values], bool] | None = None
    possible: Callable[[Values], bool] = always
    why: Why | None = None
    prior: frozenset[int] = frozenset()
