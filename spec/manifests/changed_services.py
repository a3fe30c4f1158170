"""What users may do to Services: only to those that somebody connects to, and only what the API server lets through."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..addons.dns.server import DNS_SERVICE
from ..environment.users import ApplySpec, Delete, Edit
from ..kinds import SERVICE
from ..language.scenario import Scenario
from ..objects.service import Service, ServiceSpec
from ..properties.catalogue import chosen_names
from ..properties.services import NETWORK
from .errors import COMMAND_LINE, InputError


def check_changed_services(scenarios: Sequence[Scenario]) -> None:
    """Raises ``InputError`` where a user acts on a Service without clients, or changes what cannot be changed of it."""
    for scenario in scenarios:
        for name in _acted_on(scenario):
            if not scenario.clients and not set(NETWORK) & set(chosen_names(scenario)):
                raise InputError(
                    f'a user changes Service "{name}", but nobody connects to Services',
                    source=COMMAND_LINE,
                    expected="clients, or a property that speaks of endpoints",
                )
        for todo in scenario.users:
            _check_in_order(scenario, todo)


def _acted_on(scenario: Scenario) -> Iterator[str]:
    for todo in scenario.users:
        yield from (it.name for it in todo if isinstance(it, Delete | Edit) and it.kind == SERVICE)


def _check_in_order(scenario: Scenario, todo: Sequence[object]) -> None:
    stands = {it.metadata.name: it.spec for it in scenario.objects if isinstance(it, Service)}
    given = dict(stands)
    for action in todo:
        if isinstance(action, Delete) and action.kind == SERVICE:
            stands.pop(action.name, None)
        if isinstance(action, Edit) and isinstance(action.change, ApplySpec):
            spec = action.change.spec
            if isinstance(spec, ServiceSpec):
                _check(action, spec, stands.get(action.name), given[action.name])


def _check(action: Edit, spec: ServiceSpec, before: ServiceSpec | None, given: ServiceSpec) -> None:
    if spec.headless != given.headless:
        raise InputError(
            f'Service "{action.name}" becomes one {"without" if spec.headless else "with"} an address',
            source=action.text.rpartition(" ")[2],
            expected="a headless Service that stays headless: the other way is not modelled",
        )
    if action.name == DNS_SERVICE and spec.cluster_ip != given.cluster_ip:
        raise InputError(
            f'Service "{DNS_SERVICE}" gets another address, while every pod keeps the one that it was started with',
            source=action.text.rpartition(" ")[2],
            expected=f"clusterIP {given.cluster_ip or 'as it is'}: what asks nobody any more is not modelled",
        )
    if before is not None and spec.cluster_ip and spec.cluster_ip != before.cluster_ip:
        raise InputError(
            f'spec.clusterIP of Service "{action.name}" may not change once set',
            source=action.text.rpartition(" ")[2],
            expected=f"{before.cluster_ip or 'none'}, or a deletion before",
        )
