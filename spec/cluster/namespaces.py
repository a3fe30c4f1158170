"""Namespaces: they matter where a user deletes one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from ..control_plane.apiserver.admission import AdmissionReads
from ..control_plane.controllers import namespace
from ..kinds import NAMESPACE, SERVICE_ACCOUNT, named
from ..language.component import Component
from ..language.model import ApiRead, Assumption, Kind, cached_field
from ..language.request import ApiCall, Verb
from ..language.scenario import Scenario
from ..node.old_lists import BEHIND
from ..objects.metadata import ObjectMeta
from ..objects.namespace import TERMINATING, Namespace
from ..properties.namespaces import contents
from . import service_accounts
from .deletions import deleted_namespaces, deletes_namespaces
from .part import Bundles, Part

LATE = "late"
"""Field of a namespace: something was created in it when it was Terminating."""


def of_scenario(scenario: Scenario) -> tuple[Namespace, ...]:
    """The namespaces given, and those that objects name: they are taken to exist."""
    found = {item.metadata.name: item for item in scenario.objects if isinstance(item, Namespace)}
    used = sorted({item.metadata.namespace for item in scenario.objects if item.metadata.namespace} - set(found))
    return (*found.values(), *(Namespace(ObjectMeta(name=name, namespace="")) for name in used))


def content_kinds(scenario: Scenario) -> tuple[str, ...]:
    """The kinds of what is deleted with a namespace."""
    accounts = (SERVICE_ACCOUNT,) if service_accounts.needed(scenario) else ()
    return (*contents(scenario), *accounts)


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
    return (namespace.component(content_kinds(scenario)),)


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
            "workloads, their pods and their accounts are deleted with their namespace; budgets, quotas, autoscalers"
            " and Services are taken to stand until it is gone, and never to hold it",
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
