"""What goes with a namespace: every kind whose objects stand in namespaces (controllers-cluster §5).

The namespace controller asks discovery for these kinds; here the list is written out, and a test holds it equal to
what the API server serves. Of what else belongs to an object, and stands with pods in this model (design §3.2), its
deletion takes that along: the endpoints of a slice, the evictions that a budget has listed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import Any

import attrs

from ...kinds import (
    CRON_JOB,
    DAEMON_SET,
    DEPLOYMENT,
    ENDPOINT_SLICE,
    HORIZONTAL_POD_AUTOSCALER,
    JOB,
    NAMESPACE,
    PERSISTENT_VOLUME_CLAIM,
    POD,
    POD_DISRUPTION_BUDGET,
    REPLICA_SET,
    REPLICATION_CONTROLLER,
    RESOURCE_QUOTA,
    SERVICE,
    SERVICE_ACCOUNT,
    STATEFUL_SET,
)
from ...language.component import Key, Rule
from ...language.plan import KEY, Alternative, Call, Step, Sweep
from ...language.query import ANY, Query
from ...language.request import ApiCall, DeleteOptions, Verb
from ...objects.disruption import PodDisruptionBudget
from ...objects.endpoint_slice import EndpointSlice
from ...objects.namespace import KUBERNETES, Namespace
from ..apiserver.strategies import BACKGROUND
from .endpointslice import foreign_removal

CONTENTS = (
    DEPLOYMENT,
    REPLICA_SET,
    DAEMON_SET,
    STATEFUL_SET,
    REPLICATION_CONTROLLER,
    CRON_JOB,
    JOB,
    POD,
    SERVICE_ACCOUNT,
    SERVICE,
    ENDPOINT_SLICE,
    POD_DISRUPTION_BUDGET,
    HORIZONTAL_POD_AUTOSCALER,
    RESOURCE_QUOTA,
    PERSISTENT_VOLUME_CLAIM,
)
"""The kinds whose objects stand in namespaces, as far as the API server of this model serves them."""


def is_doomed(found: Namespace | None) -> bool:
    """Whether the namespace is to be emptied."""
    return found is not None and found.metadata.terminating and KUBERNETES in found.finalizers


@attrs.frozen(cache_hash=True)
class Doomed:
    """An object to be deleted with its namespace. ``takes``: what of it stands elsewhere."""

    namespace: str
    takes: Any


def _namespace_of(key: str | Doomed) -> str:
    return key.namespace if isinstance(key, Doomed) else key


def _is_due(name: str, found: Namespace | None, due: bool) -> bool | None:
    return True if found is not None and found.metadata.name == name and due and is_doomed(found) else None


DUE = Query(NAMESPACE, ("object", "due"), _is_due, ANY, _namespace_of)
"""Whether the namespace of the key has been Terminating for long enough."""


def _live(found: Any) -> str | None:
    return found.metadata.namespace if found is not None and not found.metadata.terminating else None


def _slice(found: EndpointSlice | None) -> Doomed | None:
    return Doomed(found.metadata.namespace, found.metadata.name) if _live(found) and found is not None else None


def _budget(found: PodDisruptionBudget | None) -> Doomed | None:
    if found is None or not _live(found):
        return None
    return Doomed(found.metadata.namespace, tuple(sorted(found.status.disrupted_pods)))


def _unlisted(entries: tuple[str, ...], disruption: str | None) -> tuple[str | None]:
    return (None if disruption in entries else disruption,)


def _of_budget(key: Doomed) -> tuple[Step, ...]:
    return (Sweep(POD, ("disruption",), _unlisted, key.takes),) if key.takes else ()


def _nothing(_key: Any) -> tuple[Step, ...]:
    return ()


def deleting(kind: str, *, late_slices: bool = False) -> Rule:
    """The rule that deletes the objects of one kind. ``late_slices``: their controller's cache of slices lags."""
    views: dict[str, Callable[[Any], Any]] = {ENDPOINT_SLICE: _slice, POD_DISRUPTION_BUDGET: _budget}
    taking: dict[str, Callable[[Any], tuple[Step, ...]]] = {
        ENDPOINT_SLICE: lambda key: foreign_removal(KEY, key.takes, late=late_slices),
        POD_DISRUPTION_BUDGET: _of_budget,
    }
    takes = taking.get(kind, _nothing)

    def decide(key: str | Doomed, due: bool) -> Iterable[Alternative]:
        if due:
            request = ApiCall(Verb.DELETE, kind, DeleteOptions(propagation_policy=BACKGROUND))
            yield Alternative((Call(KEY, request), *takes(key)), f"namespace {_namespace_of(key)} is being terminated")

    return Rule(
        name=f"delete {kind}",
        key=Key(kind, ("object",), views.get(kind, _live)),
        queries={"due": DUE},
        decide=decide,
        reference="controllers-cluster §5",
        meaning="deletes what stands in a namespace that is being terminated",
    )


def there(queries: dict[str, Query], kinds: Collection[str]) -> dict[str, Query]:
    """Those of the queries that ask for kinds which a model holds."""
    return {name: query for name, query in queries.items() if query.kind in kinds}
