"""What is said of numbers, joined: the same for Python's truths and for z3's, as ``spec.language.arithmetic`` is."""

from __future__ import annotations

import z3  # type: ignore[import-untyped]

from ...spec.language.arithmetic import Truth


def every(*claims: Truth) -> Truth:
    """Whether all of the claims hold; true of none."""
    if False in map(_known, claims):
        return False
    open_ = [claim for claim in claims if _known(claim) is None]
    return z3.And(*open_) if open_ else True


def some(*claims: Truth) -> Truth:
    """Whether at least one of the claims holds."""
    if True in map(_known, claims):
        return True
    open_ = [claim for claim in claims if _known(claim) is None]
    return z3.Or(*open_) if open_ else False


def negation(claim: Truth) -> Truth:
    """Whether the claim does not hold."""
    return not claim if isinstance(claim, bool) else z3.Not(claim)


def implies(condition: Truth, claim: Truth) -> Truth:
    """Whether the claim holds where the condition does."""
    return some(negation(condition), claim)


def _known(claim: Truth) -> bool | None:
    """What the claim is; None if that depends on symbols."""
    return claim if isinstance(claim, bool) else None
