"""Properties of addons: what the addon manager promises (dns-addons §4)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ..addons.addon_manager import Kept, kept
from ..language.property import HOLDS, Finding, Property, Shape, TemporalProperty, violated
from ..language.scenario import Scenario


def _as_written(key: Kept) -> Finding:
    name = key.addon.name
    if key.stored is None:
        return violated(f"addon {name} is missing")
    wanted = key.addon.wanted(key.stored)
    if wanted.replicas != key.stored.replicas:
        return violated(f"addon {name} has {key.stored.replicas} replicas, its manifest says {wanted.replicas}")
    return HOLDS if wanted == key.stored else violated(f"addon {name} is not what its manifest says")


def addons_stay_as_written(scenario: Scenario | None = None) -> TemporalProperty:
    """The addons of ``scenario`` come to be, for good, what their manifests say."""
    return TemporalProperty(
        name="addons-stay-as-written",
        statement="in the end every addon is what its manifest says, for good",
        key=kept(scenario.addons if scenario is not None else ()),
        judge=_as_written,
        shape=Shape.EVENTUALLY_ALWAYS,
        reference="dns-addons §4",
        advice="leave out of an addon's manifest what somebody else sets, such as the replicas of what is autoscaled;"
        " or let it only have to exist (EnsureExists)",
    )


TAILORED: Mapping[str, Callable[[Scenario], Property]] = {"addons-stay-as-written": addons_stay_as_written}
"""Properties that read settings of the scenario, by name."""
