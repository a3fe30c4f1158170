"""Properties of service accounts (invariants 18 and 98)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from ..control_plane.controllers.service_account import going, missing
from ..kinds import NAMESPACE, POD, SERVICE_ACCOUNT
from ..language.component import Key
from ..language.property import HOLDS, IDLE, Finding, Shape, StepProperty, TemporalProperty, violated
from ..language.query import ANY, Query
from ..objects.service_account import ServiceAccount

Change = tuple[Any, ...]


def _account(_component: str, _rule: str, before: Change, after: Change, _seen: Mapping[str, Any]) -> Finding:
    (old,), (new,) = before, after
    if old is not None or new is None:
        return IDLE
    if new.spec.service_account_name:
        return HOLDS
    return violated("a pod was let in without an account")


POD_HAS_ACCOUNT = StepProperty(
    name="pod-has-service-account",
    statement="every new pod was let in with a ServiceAccount, which was there then",
    kind=POD,
    fields=("object",),
    judge=_account,
    reference="invariants 18",
    advice="admission must look the account up, and name it in the pod",
)


@attrs.frozen(cache_hash=True)
class _Account:
    """An account by NAMESPACE/NAME, and whether the controller has to create it."""

    name: str
    missing: bool


def _view(name: str, found: ServiceAccount | None) -> _Account:
    return _Account(name, missing(name, found) is not None)


def _exists(key: _Account, going: bool = False) -> Finding:
    if going:
        return IDLE
    return violated(f"there is no account {key.name}") if key.missing else HOLDS


def default_account_exists(*, namespaces: bool = False) -> TemporalProperty:
    """invariants 98. ``namespaces``: whether they can be deleted."""
    namespace = Query(NAMESPACE, ("name", "object"), going, ANY, lambda key: key.name.partition("/")[0])
    return TemporalProperty(
        name="default-service-account-eventually-exists",
        statement="every namespace that is not being deleted ends up with its account default, for good",
        key=Key(SERVICE_ACCOUNT, ("name", "object"), _view),
        queries={"going": namespace} if namespaces else {},
        judge=_exists,
        shape=Shape.EVENTUALLY_ALWAYS,
        reference="invariants 98",
        advice="the service account controller must be running",
    )
