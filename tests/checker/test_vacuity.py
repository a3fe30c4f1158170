"""What comes of properties without anything to say, and of rules that never fire."""

from __future__ import annotations

import pytest
from kubemodel.checker.search import search
from kubemodel.checker.vacuity import Severity, Vacuity
from kubemodel.engine.verdicts import ExitCode, RunVerdict, Verdict
from kubemodel.spec.language.property import HOLDS, IDLE, Property, violated

from .small_models import always, lights, rule

IGNORE, WARN, ERROR = Severity.IGNORE, Severity.WARN, Severity.ERROR
HOLD = RunVerdict(Verdict.HOLDS, ExitCode.HOLDS)
VACUOUS = RunVerdict(Verdict.VACUOUS, ExitCode.UNDETERMINED)
IDLE_PROPERTY = always(lambda _: IDLE, name="idle")
HELD_PROPERTY = always(lambda _: HOLDS, name="held")
BROKEN_PROPERTY = always(lambda level: violated("lit") if level else HOLDS, name="broken")


def verdict(vacuity: Vacuity, *properties: Property, never: bool = False) -> RunVerdict:
    """Of a lamp that is switched on, and perhaps has a rule for a level that it never has."""
    rules = (rule("on", 0, 1), *([rule("never", 7, 8)] if never else []))
    result = search(lights(*rules, properties=properties))
    return vacuity.verdict(result.properties, result.never_fired)


@pytest.mark.parametrize(
    ("vacuity", "expected"), [(Vacuity(), VACUOUS), (Vacuity(WARN, WARN), HOLD), (Vacuity(IGNORE, IGNORE), HOLD)]
)
def test_a_vacuous_property_counts_only_as_an_error(vacuity: Vacuity, expected: RunVerdict) -> None:
    assert verdict(vacuity, IDLE_PROPERTY, HELD_PROPERTY) == expected


@pytest.mark.parametrize(
    ("vacuity", "expected"), [(Vacuity(), HOLD), (Vacuity(WARN, WARN), HOLD), (Vacuity(ERROR, ERROR), VACUOUS)]
)
def test_a_rule_that_never_fires_counts_only_where_asked_for(vacuity: Vacuity, expected: RunVerdict) -> None:
    assert verdict(vacuity, HELD_PROPERTY, never=True) == expected
    assert verdict(vacuity, HELD_PROPERTY) == HOLD


@pytest.mark.parametrize("severity", Severity)
def test_a_run_without_anything_else_stays_vacuous(severity: Severity) -> None:
    assert verdict(Vacuity(severity, severity), IDLE_PROPERTY) == VACUOUS


@pytest.mark.parametrize("severity", Severity)
def test_a_violation_is_worse(severity: Severity) -> None:
    found = verdict(Vacuity(severity, severity), IDLE_PROPERTY, BROKEN_PROPERTY, never=True)
    assert found == RunVerdict(Verdict.VIOLATED, ExitCode.SAFETY)


def test_what_is_ignored_is_not_listed() -> None:
    properties = search(lights(rule("on", 0, 1), properties=(IDLE_PROPERTY, HELD_PROPERTY))).properties
    assert [prop.name for prop in Vacuity(IGNORE).listed(properties)] == ["held"]
    assert Vacuity(WARN).listed(properties) == properties
