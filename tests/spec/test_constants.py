"""Constants that a scenario can override."""

from __future__ import annotations

import pytest
from kubemodel.cli.list_command import constants
from kubemodel.cli.whole_cluster import all_components
from kubemodel.spec.constants import CONSTANTS, NUMBERS, with_constants


def test_every_constant_is_the_duration_of_its_rule() -> None:
    durations = {(c.name, rule.name): rule.duration for c in all_components() for rule in c.rules}
    found = {(name, durations[k.component, rule]) for name, k in CONSTANTS.items() for rule in (k.rule, *k.also)}
    assert found == {(name, constant.default) for name, constant in CONSTANTS.items()}


def test_what_is_no_timer_is_listed_with_the_timers() -> None:
    listed = {item["name"]: item["default"] for item in constants()}
    assert listed == {name: it.default for name, it in (*CONSTANTS.items(), *NUMBERS.items())}


def test_an_override_changes_its_rule_alone() -> None:
    before = {(c.name, rule.name): rule.duration for c in all_components() for rule in c.rules}
    components = with_constants(all_components(), {"node-monitor-grace-period": 40})
    after = {(c.name, rule.name): rule.duration for c in components for rule in c.rules}
    assert {key for key in after if after[key] != before[key]} == {("node-lifecycle-controller", "mark node unknown")}
    assert after["node-lifecycle-controller", "mark node unknown"] == 40.0


def test_an_unknown_constant_is_named() -> None:
    with pytest.raises(KeyError, match="node-monitor"):
        with_constants(all_components(), {"node-monitor": 1})
