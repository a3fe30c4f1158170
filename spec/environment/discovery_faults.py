"""What can go wrong with the list of APIs that a cluster serves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ..control_plane.controllers.namespace import DISCOVERY_FAILED
from ..kinds import FAULT
from ..language.component import Key, Rule
from ..language.plan import Alternative
from .budgets import spend

DISCOVERY_FAULTS: Mapping[str, str] = {
    DISCOVERY_FAILED: "the server behind an aggregated API is gone for good, so that nobody can list its objects",
}
"""Faults of discovery."""


def _left(name: str, left: int) -> str | None:
    return name if name == DISCOVERY_FAILED and left > 0 else None


def _fail(name: str) -> Iterable[Alternative]:
    yield Alternative(spend(name), "an aggregated API is no longer served")


def rules(budgets: Mapping[str, int]) -> tuple[Rule, ...]:
    """The rule by which discovery fails, if it may."""
    if not budgets.get(DISCOVERY_FAILED, 0):
        return ()
    key = Key(FAULT, ("name", "left"), _left)
    meaning = DISCOVERY_FAULTS[DISCOVERY_FAILED]
    return (Rule(DISCOVERY_FAILED, key, _fail, reference="controllers-cluster §5", meaning=meaning),)
