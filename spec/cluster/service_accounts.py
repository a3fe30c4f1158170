"""Service accounts: they matter where one can be missing."""

from __future__ import annotations

from ..control_plane.controllers import service_account
from ..environment.users import Delete
from ..kinds import POD, SERVICE_ACCOUNT, named
from ..language.component import Component
from ..language.model import ApiRead, Kind
from ..language.request import ApiCall, Verb
from ..language.scenario import Scenario
from ..objects.metadata import ObjectMeta
from ..objects.pod import Pod
from ..objects.service_account import DEFAULT_ACCOUNT, ServiceAccount
from .deletions import deletes_namespaces
from .over_time import templates
from .part import Bundles, Part, given


def needed(scenario: Scenario) -> bool:
    """Whether a user deletes a ServiceAccount."""
    actions = (action for todo in scenario.users for action in todo)
    return any(isinstance(action, Delete) and action.kind == SERVICE_ACCOUNT for action in actions)


def accounts(scenario: Scenario) -> tuple[str, ...]:
    """The accounts that pods of the scenario can need, NAMESPACE/NAME: those that they name, and the defaults."""
    namespaces = {item.metadata.namespace for item in scenario.objects if item.metadata.namespace}
    specs = (*(it.spec for it in templates(scenario)), *(pod.spec for pod in given(scenario, Pod)))
    wanted = {DEFAULT_ACCOUNT, *(spec.service_account_name for spec in specs if spec.service_account_name)}
    return tuple(sorted(f"{namespace}/{name}" for namespace in namespaces for name in wanted))


def reads(call: ApiCall) -> tuple[ApiRead, ...]:
    """What admission reads of accounts for a request, where they matter: the one of a new pod."""
    if call.verb is not Verb.CREATE or call.kind != POD:
        return ()
    pod: Pod = call.body
    account = pod.spec.service_account_name or DEFAULT_ACCOUNT
    return (ApiRead(SERVICE_ACCOUNT, f"{pod.metadata.namespace}/{account}"),)


def _components(scenario: Scenario) -> tuple[Component, ...]:
    return (service_account.component(namespaces=deletes_namespaces(scenario)),)


def _kinds(scenario: Scenario) -> tuple[Kind, ...]:
    return (named(SERVICE_ACCOUNT, accounts(scenario)),)


def _initial(scenario: Scenario) -> Bundles:
    found = []
    for name in accounts(scenario):
        namespace, _, account = name.partition("/")
        found.append({"name": name, "object": ServiceAccount(ObjectMeta(name=account, namespace=namespace))})
    return {SERVICE_ACCOUNT: tuple(found)}


SERVICE_ACCOUNTS = Part(
    "service accounts",
    needed,
    components=_components,
    kinds=_kinds,
    initial=_initial,
    machines=(service_account.MACHINE,),
)
