"""The resource quota controller: counts anew what a namespace uses (controllers-cluster §12).

Duty: ``status.used`` is what the pods that are there come to. Admission adds to it before it lets a pod in, by
compare-and-swap; this controller takes away what has gone. It counts from its cache: a late one is only stricter where
pods went, but forgets pods that it has not seen, whose creation admission had counted.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import attrs
from frozendict import frozendict

from ...kinds import KUBE_CONTROLLER_MANAGER, POD, RESOURCE_QUOTA, process_runs
from ...language.component import Component, Key, Rule
from ...language.machine import Arrow, Machine, states_by
from ...language.plan import KEY, Alternative, Call
from ...language.query import SUM_BY, Query
from ...language.request import ApiCall, Preconditions, Verb
from ...objects.pod import Pod, is_terminal
from ...objects.quantities import ResourceList
from ...objects.quota import ResourceQuota, ResourceQuotaStatus, pod_usage

NAME = "resourcequota-controller"


@attrs.frozen(cache_hash=True)
class WriteQuotaStatus:
    """The edit that stores a quota's status."""

    status: ResourceQuotaStatus

    def __call__(self, stored: ResourceQuota, /) -> ResourceQuota:
        """The quota with the new status."""
        return attrs.evolve(stored, status=self.status)


def counts(pod: Pod, namespace: str) -> bool:
    """Whether a pod counts for the quotas of ``namespace``: finished ones do not."""
    return pod.metadata.namespace == namespace and not is_terminal(pod)


def _usage(namespace: str, pod: Pod | None) -> tuple[ResourceList, int] | None:
    return (pod_usage(pod.spec), 1) if pod is not None and counts(pod, namespace) else None


USAGE = Query(POD, ("object",), _usage, SUM_BY, lambda quota: quota.metadata.namespace)
"""How many pods of each usage the namespace of a quota has."""


def used(hard: ResourceList, usage: Iterable[tuple[ResourceList, int]]) -> ResourceList:
    """What is used of each resource in ``hard``. ``usage``: what pods use, with the number of such pods."""
    found = dict.fromkeys(hard, 0)
    for each, number in usage:
        for name in found:
            found[name] += each.get(name, 0) * number
    return frozendict(found)


def _sync(quota: ResourceQuota, usage: tuple[tuple[ResourceList, int], ...]) -> Iterable[Alternative]:
    status = ResourceQuotaStatus(quota.spec.hard, used(quota.spec.hard, usage))
    if status != quota.status:
        update = ApiCall(Verb.UPDATE, RESOURCE_QUOTA, WriteQuotaStatus(status), "status", Preconditions(seen=quota))
        yield Alternative((Call(KEY, update),), "its pods come to something else than the status says")


def _live(quota: Any) -> Any:
    return quota if quota is not None and not quota.metadata.terminating else None


SYNC = Rule(
    name="recalculate usage",
    key=Key(RESOURCE_QUOTA, ("object",), _live),
    decide=_sync,
    queries={"usage": USAGE},
    reference="controllers-cluster §12",
    meaning="writes what the pods of the namespace use, as it sees them",
)


def component() -> Component:
    """The resource quota controller."""
    return Component(
        name=NAME,
        rules=(SYNC,),
        process=KUBE_CONTROLLER_MANAGER,
        guards=(process_runs(KUBE_CONTROLLER_MANAGER),),
        duty="counts what the pods of a namespace use of its quotas",
        reference="controllers-cluster §12",
    )


def _room(quota: ResourceQuota | None) -> str:
    if quota is None:
        return "Absent"
    if not quota.status.hard:
        return "Uncounted"
    full = any(quota.status.used.get(name, 0) >= amount for name, amount in quota.spec.hard.items())
    return "Full" if full else "Room"


_STATES = {
    "Absent": "no such quota",
    "Uncounted": "nobody has counted yet: every pod is refused",
    "Room": "something is left of every resource",
    "Full": "nothing is left of some resource",
}

_CREATORS = ("replicaset-controller", "daemonset-controller", "job-controller")

MACHINE = Machine(
    name="quota",
    kind=RESOURCE_QUOTA,
    fields=("object",),
    states=states_by(_room, _STATES),
    initial="Absent",
    arrows=(
        Arrow("first count", "Uncounted", "Room", NAME, "controllers-cluster §12"),
        Arrow("first count", "Uncounted", "Full", NAME, "controllers-cluster §12"),
        Arrow("pods are gone", "Full", "Room", NAME, "controllers-cluster §12"),
        *(
            Arrow("delete", source, "Absent", "namespace-controller", "controllers-cluster §5")
            for source in ("Uncounted", "Room", "Full")
        ),
        *(Arrow("charge", "Room", "Full", creator, "kube-apiserver §6") for creator in _CREATORS),
    ),
    meaning="what is left of a quota, by its status",
    reference="controllers-cluster §12",
)
