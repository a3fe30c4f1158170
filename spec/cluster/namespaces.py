"""Namespaces: they matter where a user deletes one."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

import attrs

from ..control_plane.apiserver.admission import AdmissionReads
from ..control_plane.controllers import namespace
from ..kinds import NAMESPACE, named
from ..language.component import Component
from ..language.model import ApiRead, Assumption, Kind, cached_field
from ..language.property import Property
from ..language.request import ApiCall, Verb
from ..language.scenario import Scenario
from ..node.old_lists import BEHIND
from ..objects.metadata import ObjectMeta
from ..objects.namespace import TERMINATING, Namespace
from ..properties.namespaces import EMPTY_BEFORE_GONE, about
from . import services
from .deletions import deleted_namespaces, deletes_namespaces
from .part import Bundles, Part

LATE = "late"
"""Field of a namespace: something was created in it when it was Terminating."""


def of_scenario(scenario: Scenario) -> tuple[Namespace, ...]:
    """The namespaces given, and those that objects name: they are taken to exist."""
    found = {item.metadata.name: item for item in scenario.objects if isinstance(item, Namespace)}
    used = sorted({item.metadata.namespace for item in scenario.objects if item.metadata.namespace} - set(found))
    return (*found.values(), *(Namespace(ObjectMeta(name=name, namespace="")) for name in used))


def components_about(found: Iterable[Component], kinds: Collection[str]) -> Iterator[Component]:
    """The components of a model that holds ``kinds``: the namespace controller deletes and lists these alone."""
    for each in found:
        yield namespace.concerning(each, kinds) if each.name == namespace.NAME else each


def properties_about(found: Iterable[Property], kinds: Collection[str]) -> tuple[Property, ...]:
    """The properties of such a model."""
    return tuple(about(EMPTY_BEFORE_GONE, kinds) if each is EMPTY_BEFORE_GONE else each for each in found)


def _stale(scenario: Scenario) -> bool:
    """Whether an instance of the API server has a cache of namespaces that lags."""
    return (BEHIND, NAMESPACE) in scenario.lag


def reads(scenario: Scenario, call: ApiCall) -> tuple[ApiRead, ...]:
    """What the API server reads of namespaces for a request: the one in which something is created.

    With several instances a request may come to the one that is behind, which admits by what its own cache shows.
    """
    there = call.verb is Verb.CREATE and call.body.metadata.namespace in deleted_namespaces(scenario)
    if not there:
        return ()
    name = call.body.metadata.namespace
    found = ApiRead(NAMESPACE, name)
    return (found, ApiRead(NAMESPACE, name, cached_field(BEHIND))) if _stale(scenario) else (found,)


def admission(before: AdmissionReads, found: Mapping[ApiRead, Any]) -> AdmissionReads:
    """What admission finds, once namespaces were read: of two versions, the older."""
    shown = {read.name: value for read, value in sorted(found.items(), key=str) if read.kind == NAMESPACE}
    shown |= {read.name: value for read, value in found.items() if read.kind == NAMESPACE and read.field != "object"}
    if not shown:
        return before
    others = tuple(item for item in before.namespaces if item.metadata.name not in shown)
    here = tuple(value for value in shown.values() if value is not None)
    return attrs.evolve(before, namespaces=(*others, *here))


def notes(found: Mapping[ApiRead, Any]) -> tuple[tuple[str, str, str, Any], ...]:
    """What is remembered where something was created: that its namespace was Terminating, by the store."""
    return tuple(
        (NAMESPACE, read.name, LATE, True)
        for read, value in found.items()
        if read.kind == NAMESPACE and read.field == "object" and (value is None or value.phase == TERMINATING)
    )


def _components(scenario: Scenario) -> tuple[Component, ...]:
    return (namespace.component(late_slices=services.late(scenario)),)


def _kinds(scenario: Scenario) -> tuple[Kind, ...]:
    return (named(NAMESPACE, deleted_namespaces(scenario)),)


def _initial(scenario: Scenario) -> Bundles:
    wanted = deleted_namespaces(scenario)
    found = (item for item in of_scenario(scenario) if item.metadata.name in wanted)
    return {NAMESPACE: tuple({"name": item.metadata.name, "object": item} for item in found)}


def _assumptions(_scenario: Scenario) -> tuple[Assumption, ...]:
    return (
        Assumption(
            "what-goes-with-a-namespace",
            "every object of the model that stands in a namespace is deleted with it; what the model leaves out,"
            " such as limit ranges, ConfigMaps and Services without clients, goes at once and holds nothing up",
            "controllers-cluster §5",
        ),
    )


NAMESPACES = Part(
    "namespaces",
    deletes_namespaces,
    components=_components,
    kinds=_kinds,
    initial=_initial,
    machines=(namespace.MACHINE,),
    assumptions=_assumptions,
)
