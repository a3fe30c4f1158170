"""The service account controller: every active namespace has its account ``default`` (controllers-cluster §4).

Duty: create what is missing, for ever. Until it has, no pod of the namespace that names no other account is let in;
whoever creates pods tries again. Tokens and the ConfigMap of the root CA are not modelled: nothing here reads them.
"""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from ...kinds import KUBE_CONTROLLER_MANAGER, SERVICE_ACCOUNT, process_runs
from ...language.component import Component, Key, Rule
from ...language.machine import Arrow, Machine, State
from ...language.plan import KEY, Alternative, Call
from ...language.request import ApiCall, Verb
from ...objects.metadata import ObjectMeta
from ...objects.service_account import DEFAULT_ACCOUNT, ServiceAccount

NAME = "serviceaccount-controller"


@attrs.frozen(cache_hash=True)
class Missing:
    """The account ``default`` of a namespace, which is not there."""

    namespace: str


def missing(name: str, found: ServiceAccount | None) -> Missing | None:
    """The account called NAMESPACE/NAME if the controller has to create it."""
    namespace, _, account = name.partition("/")
    return Missing(namespace) if found is None and account == DEFAULT_ACCOUNT else None


def _create(key: Missing) -> Iterable[Alternative]:
    account = ServiceAccount(ObjectMeta(name=DEFAULT_ACCOUNT, namespace=key.namespace))
    create = ApiCall(Verb.CREATE, SERVICE_ACCOUNT, account)
    yield Alternative((Call(KEY, create),), f"namespace {key.namespace} has no account {DEFAULT_ACCOUNT}")


CREATE = Rule(
    name="create default account",
    key=Key(SERVICE_ACCOUNT, ("name", "object"), missing),
    decide=_create,
    reference="controllers-cluster §4",
    meaning="a namespace without its account default gets one",
)


def component() -> Component:
    """The service account controller."""
    return Component(
        name=NAME,
        rules=(CREATE,),
        process=KUBE_CONTROLLER_MANAGER,
        guards=(process_runs(KUBE_CONTROLLER_MANAGER),),
        duty="keeps a ServiceAccount called default in every namespace",
        reference="controllers-cluster §4",
    )


MACHINE = Machine(
    name="service account",
    kind=SERVICE_ACCOUNT,
    fields=("object",),
    states=(
        State("Absent", lambda found: found is None, "pods that need it are refused"),
        State("Present", lambda found: found is not None, "pods may use it"),
    ),
    initial="Absent",
    arrows=(
        Arrow("create default", "Absent", "Present", NAME, "controllers-cluster §4"),
        Arrow("delete", "Present", "Absent", "user", "kube-apiserver §4"),
    ),
    meaning="an account that pods run under",
    reference="controllers-cluster §4",
)
