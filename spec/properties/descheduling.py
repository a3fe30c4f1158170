"""Properties of the descheduler: what its users take it to promise."""

from __future__ import annotations

from ..kinds import DESCHEDULER, GRANTED, POD, REQUESTED, Eviction
from ..language.component import Key
from ..language.property import HOLDS, Finding, Shape, TemporalProperty, violated
from ..language.query import COUNT, Query, no_parameter
from ..language.scenario import Descheduler


def _under_way(_parameter: None, eviction: Eviction | None) -> bool | None:
    return True if eviction is not None and eviction.state in (REQUESTED, GRANTED) else None


def _rests(_policy: Descheduler, evictions: int) -> Finding:
    if not evictions:
        return HOLDS
    return violated("pods are evicted again and again, and their replacements do not stay either")


COMES_TO_REST = TemporalProperty(
    name="descheduler-comes-to-rest",
    statement="where nothing else changes any more, no pod is evicted any more",
    key=Key(DESCHEDULER, ("policy",), lambda policy: policy),
    queries={"evictions": Query(POD, ("eviction",), _under_way, COUNT, no_parameter)},
    judge=_rests,
    shape=Shape.EVENTUALLY_ALWAYS,
    reference="Descheduler, README, Policy and Strategies",
    advice="let the scheduler want what the strategy wants: a hard constraint, or no preference against it",
)
