"""Switches: their values, and those that an older Kubernetes had."""

from __future__ import annotations

import pytest
from kubemodel.spec.constants import CONSTANTS
from kubemodel.spec.manifests.settings import Settings, of_version
from kubemodel.spec.switches import NEWEST, OLDEST, SWITCHES, Purpose, constants_of, switches_of, version_of


@pytest.mark.parametrize("name", SWITCHES)
def test_a_switch_says_what_it_is_for(name: str) -> None:
    switch = SWITCHES[name]
    assert len(set(switch.values)) == len(switch.values) >= 2
    assert switch.meaning and switch.reference
    assert switch.default == switch.values[0]


@pytest.mark.parametrize("name", [name for name, switch in SWITCHES.items() if switch.since is not None])
def test_an_older_kubernetes_had_another_value(name: str) -> None:
    since = SWITCHES[name].since
    assert since is not None
    minor, before = since
    assert SWITCHES[name].purpose is not Purpose.CHOICE
    assert before in SWITCHES[name].values[1:]
    assert OLDEST < minor <= NEWEST
    assert switches_of(minor - 1)[name] == before
    assert name not in switches_of(minor)


def test_nodes_were_given_less_time_before_1_32() -> None:
    assert constants_of(31) == {"node-monitor-grace-period": 40.0}
    assert constants_of(32) == {}
    assert CONSTANTS["node-monitor-grace-period"].default == 50.0


def test_today_nothing_is_as_before() -> None:
    assert (switches_of(NEWEST), constants_of(NEWEST)) == ({}, {})


@pytest.mark.parametrize(("text", "minor"), [("1.28", 28), ("v1.28", 28), (f"1.{OLDEST}", OLDEST)])
def test_a_version_is_read(text: str, minor: int) -> None:
    assert version_of(text) == minor


@pytest.mark.parametrize("text", ["", "1", "1.", "2.28", "1.x", "1.28.3", f"1.{OLDEST - 1}", f"1.{NEWEST + 1}"])
def test_what_is_no_version_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        version_of(text)


def test_what_a_scenario_says_itself_stays() -> None:
    said = Settings(kubernetes="1.28", constants={"node-monitor-grace-period": 10.0})
    assert of_version(said).constants == {"node-monitor-grace-period": 10.0}
    assert of_version(Settings(kubernetes="1.28")).constants == {"node-monitor-grace-period": 40.0}
    assert of_version(Settings()) == Settings()
