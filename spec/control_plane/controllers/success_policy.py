"""Success policies: when an Indexed Job has succeeded before all its indexes have (controllers-workloads §6)."""

from __future__ import annotations

from collections.abc import Set as AbstractSet

from ...objects.job import SuccessPolicy
from .job_indexes import indexes_of


def met_by(policy: SuccessPolicy | None, succeeded: AbstractSet[int], completions: int) -> int | None:
    """The number of the first rule that the ``succeeded`` indexes meet, None if they meet none.

    A rule with indexes asks for all of them, or for as many of them as its count says; one without, for that many
    of any.
    """
    for number, rule in enumerate(policy.rules if policy is not None else ()):
        if rule.succeeded_indexes is None:
            if rule.succeeded_count is not None and len(succeeded) >= rule.succeeded_count:
                return number
            continue
        asked = indexes_of(rule.succeeded_indexes, completions)
        needed = len(asked) if rule.succeeded_count is None else rule.succeeded_count
        if asked and len(asked & succeeded) >= needed:
            return number
    return None
