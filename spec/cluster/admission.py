"""What admission finds in other objects: quotas, limit ranges, webhooks and who stands behind them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from ..control_plane.apiserver import webhook_backends
from ..control_plane.apiserver.webhooks import RESOURCES
from ..control_plane.controllers import resource_quota
from ..control_plane.etcd import space
from ..kinds import POD, RESOURCE_QUOTA, WEBHOOK_BACKEND, named
from ..language.component import Component
from ..language.model import ApiRead, Assumption, Kind
from ..language.request import ApiCall, Verb
from ..language.scenario import Scenario
from ..objects.quota import ResourceQuota
from ..objects.service import Service
from ..objects.webhooks import FAIL, MutatingWebhookConfiguration, ValidatingWebhookConfiguration, Webhook
from . import etcd_space, namespaces, service_accounts
from .deletions import deleted_namespaces
from .part import Bundles, Part, bundles, given, names


def backends(scenario: Scenario) -> Mapping[str, Service]:
    """The Services behind webhooks that refuse what they cannot be asked about, by NAMESPACE/NAME.

    A webhook behind anything else is taken to answer always.
    """
    services = {(it.metadata.namespace, it.metadata.name): it for it in given(scenario, Service)}
    wanted = sorted({it.service for it in webhooks(scenario) if it.service in services})
    return {"/".join(where): services[where] for where in wanted if where is not None}


def webhooks(scenario: Scenario) -> tuple[Webhook, ...]:
    """The webhooks whose silence keeps a request from being carried out."""
    mutating = [it for each in given(scenario, MutatingWebhookConfiguration) for it in each.webhooks]
    validating = [it for each in given(scenario, ValidatingWebhookConfiguration) for it in each.webhooks]
    return tuple(it for it in (*mutating, *validating) if it.failure_policy == FAIL)


def api_reads(scenario: Scenario) -> Callable[[ApiCall], tuple[ApiRead, ...]]:
    """What the API server reads besides the object of a request: quotas, accounts, and whether webhooks answer."""
    quotas = tuple(ApiRead(RESOURCE_QUOTA, name) for name in names(scenario, ResourceQuota))
    callable_ = tuple(ApiRead(WEBHOOK_BACKEND, name, "reachable") for name in backends(scenario))
    # What does not matter is left out of what the function closes over: whatever a scenario names stands apart in it.
    accounts_matter = service_accounts.needed(scenario)
    of_namespaces = partial(namespaces.reads, scenario) if deleted_namespaces(scenario) else None
    of_etcd = (space.READ,) if etcd_space.needed(scenario) else ()

    def reads(call: ApiCall) -> tuple[ApiRead, ...]:
        creates_pod = call.verb is Verb.CREATE and call.kind == POD
        asks = call.kind in RESOURCES and not call.subresource and call.verb is not Verb.BIND
        found = (*(quotas if creates_pod else ()), *(callable_ if asks else ()))
        namespaced = of_namespaces(call) if of_namespaces is not None else ()
        return (*found, *(service_accounts.reads(call) if accounts_matter else ()), *namespaced, *of_etcd)

    return reads


def _has_quotas(scenario: Scenario) -> bool:
    return bool(names(scenario, ResourceQuota))


QUOTAS = Part(
    "quotas",
    _has_quotas,
    components=lambda _scenario: (resource_quota.component(),),
    kinds=lambda scenario: (named(RESOURCE_QUOTA, names(scenario, ResourceQuota)),),
    initial=lambda scenario: {RESOURCE_QUOTA: bundles(scenario, ResourceQuota)},
    machines=(resource_quota.MACHINE,),
)


def _has_webhooks(scenario: Scenario) -> bool:
    return bool(backends(scenario))


def _components(scenario: Scenario) -> tuple[Component, ...]:
    return (webhook_backends.component(backends(scenario)),)


def _kinds(scenario: Scenario) -> tuple[Kind, ...]:
    return (named(WEBHOOK_BACKEND, tuple(backends(scenario))),)


def _initial(scenario: Scenario) -> Bundles:
    return {WEBHOOK_BACKEND: tuple({"name": name} for name in backends(scenario))}


def _assumptions(_scenario: Scenario) -> tuple[Assumption, ...]:
    return (
        Assumption(
            "webhooks-admit",
            "a webhook admits everything unchanged, and answers as soon as a pod behind its Service is ready",
            "kube-apiserver §6",
        ),
    )


WEBHOOKS = Part(
    "webhooks",
    _has_webhooks,
    components=_components,
    kinds=_kinds,
    initial=_initial,
    machines=(webhook_backends.MACHINE,),
    assumptions=_assumptions,
)
