"""The report of a check as JSON; what differs from run to run stands under the key ``measured`` alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs

from ..checker.vacuity import Severity
from ..engine.traces import to_plain
from .checking import Checked, verdict_of
from .expectations import unmet
from .inputs import Request
from .report_basis import BOUND_FLAGS, basis, not_checked


def report_document(results: Sequence[tuple[Request, Sequence[Checked]]]) -> dict[str, Any]:
    """The whole report. ``verdict`` of the run, of each scenario, of each group and of each property (design §3.4)."""
    every = [one for _, checked in results for one in checked]
    return {
        "verdict": verdict_of(every).verdict.value,
        "scenarios": [_scenario(request, checked) for request, checked in results],
        "measured": [
            {"source": request.source, "group": one.job.scenario.name, **attrs.asdict(one.result.measured)}
            for request, checked in results
            for one in checked
        ],
    }


def _scenario(request: Request, checked: Sequence[Checked]) -> dict[str, Any]:
    return {
        "source": request.source,
        "verdict": verdict_of(checked).verdict.value,
        "groups": [_group(one) for one in checked],
        "notChecked": [{"name": group.name, "why": why} for group, why in not_checked(request)],
        "basis": list(basis(request, checked)),
        "notModelled": [_plain(entry) for entry in request.plan.not_modelled],
        "unmetExpectations": list(unmet(request.settings.expect, checked)),
    }


def _plain(entry: Any) -> dict[str, Any]:
    return {name: getattr(entry, name) for name in ("kind", "name", "field", "consequence", "count")}


def _group(one: Checked) -> dict[str, Any]:
    result = one.result
    return {
        "name": one.job.scenario.name,
        "why": one.job.group.explanation,
        "verdict": one.verdict.verdict.value,
        "states": result.states,
        "transitions": result.transitions,
        "depth": result.depth,
        "quiescent": result.quiescent,
        "complete": result.complete,
        "bounds": [{**attrs.asdict(bound), "raise": BOUND_FLAGS.get(bound.name)} for bound in result.bounds],
        "properties": [
            {
                "name": prop.name,
                "verdict": prop.verdict.value,
                "category": prop.category.value,
                "text": prop.text,
                "traceFile": one.files.get(prop.name),
            }
            for prop in one.vacuity.listed(result.properties)
        ],
        "suspended": [attrs.asdict(suspension) for suspension in result.suspended],
        "vacuity": {"properties": one.vacuity.properties.value, "rules": one.vacuity.rules.value},
        "idleRules": [list(rule) for rule in one.never_fired] if one.vacuity.rules is not Severity.IGNORE else [],
        "neverFired": [list(rule) for rule in result.never_fired],
        "views": [[component, rule, count] for (component, rule), count in result.views.items() if count],
        "explosion": None if result.explosion is None else attrs.asdict(result.explosion),
        "traces": {prop: to_plain(trace) for prop, trace in one.traces.items()},
    }
