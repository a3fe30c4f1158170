"""The service account controller: every active namespace has its account ``default`` (controllers-cluster §4).

Duty: create what is missing, for ever. Until it has, no pod of the namespace that names no other account is let in;
whoever creates pods tries again. Tokens and the ConfigMap of the root CA are not modelled: nothing here reads them.
"""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from ...kinds import KUBE_CONTROLLER_MANAGER, NAMESPACE, SERVICE_ACCOUNT, process_runs
from ...language.component import Component, Key, Rule
from ...language.machine import Arrow, Machine, State
from ...language.plan import KEY, Alternative, Call
from ...language.query import ANY, Query
from ...language.request import ApiCall, Verb
from ...objects.metadata import ObjectMeta
from ...objects.namespace import Namespace
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


def going(namespace: str, name: str, found: Namespace | None) -> bool | None:
    """Whether the namespace called ``name`` is the one that is meant, and is being deleted, or gone."""
    return True if name == namespace and (found is None or found.metadata.terminating) else None


GOING = Query(NAMESPACE, ("name", "object"), going, ANY, lambda key: key.namespace)
"""Whether the namespace is being deleted, or is gone: the controller has nothing to do there."""


def _unless_going(key: Missing, going: bool) -> Iterable[Alternative]:
    return () if going else _create(key)


def component(*, namespaces: bool = False) -> Component:
    """The service account controller. ``namespaces``: whether they can be deleted."""
    heedful = attrs.evolve(CREATE, decide=_unless_going, queries={"going": GOING})
    return Component(
        name=NAME,
        rules=(heedful if namespaces else CREATE,),
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
        Arrow("delete with its namespace", "Present", "Absent", "namespace-controller", "controllers-cluster §5"),
    ),
    meaning="an account that pods run under",
    reference="controllers-cluster §4",
)
