"""The EndpointSlice controller: lists the pods behind each Service (controllers-cluster §3).

Duty: for each Service with a selector, keep slices that hold each selected pod with an address once, with whether it is
ready, serves and terminates. It packs endpoints into slices of bounded size and never moves them to balance these.

Life of a key: a Service, or a pod that it selects, changes -> the Service is queued -> its slices are created, updated
and deleted, in this order, one request each -> a request that fails queues it again. The controller's own writes do not
queue anything. It tracks the generations that it wrote: while its cache of slices shows older ones, it does nothing and
tries again, 15 times (#99345). The switch ``endpoint-tracker`` shows what happens without that (#92928).

The endpoints of a slice stand with their pods (design §3.2). A cache of slices that lags is at most one change behind:
the field ``unseen`` of a slice says what was changed, and ``endpoints seen`` of a pod what the cache shows of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import attrs

from ...kinds import (
    ADDED,
    CHANGED,
    ENDPOINT_SLICE,
    KUBE_CONTROLLER_MANAGER,
    NODE,
    POD,
    REMOVED,
    SERVICE,
    process_runs,
)
from ...language.component import Component, Handler, Key, Rule
from ...language.plan import KEY, Alternative, Call, Chosen, Named, Set, Step, Sweep, Target, Write
from ...language.query import DISTINCT, MULTISET, Query, no_parameter
from ...language.request import ApiCall, DeleteOptions, Outcome, Preconditions, Verb
from ...objects.endpoint_slice import Endpoint, EndpointSlice, service_of, slice_names
from ...objects.metadata import ObjectMeta
from ...objects.pod import PENDING, Pod
from ...objects.service import Service
from .endpoint_hints import Topology, hinted
from .endpointslice_decisions import (
    address_types,
    belongs_in_slice,
    endpoint_of,
    is_managed,
    selects_pod,
    slice_labels,
    slice_ports,
)
from .endpointslice_packing import MOST_ENDPOINTS, Filled, Ports, packed

NAME = "endpointslice-controller"
MANAGER = "endpointslice-controller.k8s.io"

RETRIES = 5023.0
"""Seconds that 15 tries take, with back-offs from 1 s to 1000 s between them."""

Entries = tuple[tuple[str, Endpoint], ...]
"""The entries of one pod: (slice, endpoint), ordered by slice."""

_OLDER = 0
"""The generation of a slice of which the cache shows an older version than the stored one."""


@attrs.frozen(cache_hash=True)
class Enter:
    """A slice as it is written holds ``endpoint`` for this pod, or, if None, nothing."""

    slice: str
    endpoint: Endpoint | None

    def __call__(self, entries: Entries, /) -> Entries:
        """The pod's entries after the write."""
        others = tuple(entry for entry in entries if entry[0] != self.slice)
        own = () if self.endpoint is None else ((self.slice, self.endpoint),)
        return tuple(sorted((*others, *own), key=lambda entry: entry[0]))


@attrs.frozen(cache_hash=True)
class WriteSlice:
    """The edit that writes a slice: its ports and labels; its endpoints are written with it."""

    ports: Ports
    labels: Any

    def __call__(self, stored: EndpointSlice, /) -> EndpointSlice:
        """The slice after the write."""
        return attrs.evolve(stored, ports=self.ports, metadata=attrs.evolve(stored.metadata, labels=self.labels))


@attrs.frozen(cache_hash=True)
class Selected:
    """A pod that a Service selects, or that one of its slices lists.

    ``wanted``: its entry, on ``ports``; None if it does not belong into a slice. ``seen``: its entries in this
    Service's slices, as the controller's cache shows them; ``stored``: all its entries, in the store.
    """

    wanted: Endpoint | None
    ports: Ports
    seen: Entries
    stored: Entries
    queued: bool


@attrs.frozen(cache_hash=True)
class Listed:
    """A slice of a Service. ``seen``: as the controller's cache shows it, None where that shows none."""

    name: str
    seen: EndpointSlice | None
    stale: bool


def candidate(service: Service, pod: Pod | None) -> Endpoint | None:
    """The entry of a pod in the slices of a Service, None if it belongs into none; its node is taken to be known.

    An address is a pod's from its start on: once its phase is no longer Pending.
    """
    if pod is None or not selects_pod(service, pod):
        return None
    addressed = bool(pod.spec.node_name) and pod.status.phase != PENDING
    if not belongs_in_slice(pod, addressed=addressed, node_known=True, publish_not_ready=False):
        return None
    return attrs.evolve(endpoint_of(pod, None, service), addresses=(), target="")


def selected(
    service: Service, pod: Pod | None, entries: Entries, sync: tuple[str, ...], *late: Entries | None
) -> Selected | None:
    """What the controller sees of a pod for one Service; ``late``: its entries as a cache that lags shows them."""
    mine = pod is not None and selects_pod(service, pod)
    seen = entries if not late or late[0] is None else late[0]
    name = service.metadata.name
    own = tuple(entry for entry in seen if service_of(entry[0]) == name)
    queued = name in sync
    if not (mine or own or queued or any(service_of(slice_) == name for slice_, _ in entries)):
        return None
    wanted = candidate(service, pod)
    ports = slice_ports(service, pod) if pod is not None and wanted is not None else ()
    return Selected(wanted, ports, own, entries, queued)


def _listed(service: Service, name: str, stored: EndpointSlice | None, unseen: str | None) -> Listed | None:
    if service_of(name) != service.metadata.name or (stored is None and unseen is None):
        return None
    if unseen == ADDED:
        return Listed(name, None, True)
    if unseen is None:
        return Listed(name, stored, False)
    older = stored or EndpointSlice(ObjectMeta(name, service.metadata.namespace))
    return Listed(name, attrs.evolve(older, metadata=attrs.evolve(older.metadata, generation=_OLDER)), True)


SLICES = Query(ENDPOINT_SLICE, ("name", "object", "unseen"), _listed, DISTINCT, lambda key, **_: key.service)

NODES = Query(
    NODE, ("object",), lambda _, node: node.metadata.name if node is not None else None, DISTINCT, no_parameter
)
"""The nodes whose objects exist."""


@attrs.frozen(cache_hash=True)
class Queued:
    """A Service that the controller keeps slices for; ``queued``: it is queued whatever pods do."""

    service: Service
    queued: bool


def managed(service: Service | None, queued: bool) -> Queued | None:
    """The view of a Service, None for one that the controller leaves alone."""
    return Queued(service, queued) if service is not None and is_managed(service) else None


def _waits(key: Queued, pods: tuple[tuple[Selected, int], ...]) -> bool:
    return key.queued or any(pod.queued for pod, _ in pods)


def _synced(service: str, sync: tuple[str, ...]) -> tuple[tuple[str, ...]]:
    return (tuple(name for name in sync if name != service),)


def _taken_off(service: str) -> tuple[Step, ...]:
    return (Write(KEY, "queued", Set(False)), Sweep(POD, ("sync",), _synced, service))


def known(pod: Selected, service: Service, nodes: tuple[str, ...]) -> bool:
    """Whether a pod is to be listed, now that ``nodes`` are those whose objects exist."""
    endpoint = pod.wanted
    unpublished = not service.spec.publish_not_ready_addresses
    return endpoint is not None and not (unpublished and endpoint.node_name not in nodes)


def _sync(*, tracks: bool, late: bool, most: int, topology: Topology | None) -> Callable[..., Iterable[Alternative]]:
    def decide(
        key: Queued, pods: tuple[tuple[Selected, int], ...], slices: tuple[Listed, ...], nodes: tuple[str, ...]
    ) -> Iterable[Alternative]:
        if not _waits(key, pods) or (tracks and any(it.stale for it in slices)):
            return
        service = key.service
        every = {(pod, number): pod for pod, count in pods for number in range(count)}
        wanted = {
            item: (pod.ports, pod.wanted)
            for item, pod in every.items()
            if pod.wanted is not None and known(pod, service, nodes)
        }
        if topology is not None:
            there = attrs.evolve(topology, zones={it: topology.zones.get(it, "") for it in nodes})
            meant = hinted(service, {item: endpoint for item, (_, endpoint) in wanted.items()}, there)
            wanted = {item: (ports, meant[item]) for item, (ports, _) in wanted.items()}
        seen = [it for it in slices if it.seen is not None]
        filled = [
            Filled(
                it.name,
                it.seen.ports if it.seen is not None else (),
                {item: dict(pod.seen)[it.name] for item, pod in every.items() if it.name in dict(pod.seen)},
            )
            for it in seen
        ]
        changes = packed(wanted, filled, most)
        lost = any(pod.wanted is not None and not known(pod, service, nodes) for pod, _ in pods)
        if lost and changes == type(changes)():
            return
        writer = _Writer(service, {it.name: it for it in slices}, every, late)
        plan = (*_taken_off(service.metadata.name), *writer.steps(changes))
        yield Alternative((*plan, Write(KEY, "queued", Set(True))) if lost else plan, writer.because(changes))

    return decide


@attrs.frozen
class _Writer:
    """Turns changes into requests: each writes one slice, and with it the entries of the pods that are in it."""

    service: Service
    slices: Mapping[str, Listed]
    pods: Mapping[Any, Selected]
    late: bool

    def because(self, changes: Any) -> str:
        counts = (len(changes.create), len(changes.update), len(changes.delete))
        done = [f"{n} to {verb}" for n, verb in zip(counts, ("create", "update", "delete"), strict=True) if n]
        return f"slices of {self.service.metadata.name}: {', '.join(done) or 'nothing to write'}"

    def steps(self, changes: Any) -> Iterable[Step]:
        entries = {item: pod.stored for item, pod in self.pods.items()}
        taken = set(self.slices)
        for new in changes.create:
            name = next(it for it in slice_names(self.service.metadata.name, len(taken) + 1) if it not in taken)
            taken.add(name)
            yield from self.written(attrs.evolve(new, name=name), ADDED, entries)
        for changed in changes.update:
            yield from self.written(changed, CHANGED, entries)
        for name in changes.delete:
            yield from self.written(Filled(name, (), {}), REMOVED, entries)

    def written(self, it: Filled[Any], change: str, entries: dict[Any, Entries]) -> Iterable[Step]:
        target = Named(ENDPOINT_SLICE, it.name)
        writes: list[Step] = []
        for number, (item, pod) in enumerate(self.pods.items()):
            enter = Enter(it.name, it.endpoints.get(item))
            before, entries[item] = entries[item], enter(entries[item])
            if before != entries[item]:
                chosen = Chosen("pods", pod, label=number)
                if self.late:
                    writes.append(Write(chosen, "endpoints seen", Set(before)))
                writes.append(Write(chosen, "endpoints", enter))
        request = self.request(it, change)
        seen = self.slices[it.name].seen if it.name in self.slices else None
        if change == CHANGED and not writes and request.body(seen) == seen:
            return
        yield Call(target, request, on=RETRIED)
        if self.late:
            # It sees one change late, no more: an earlier one has come by now.
            yield Sweep(ENDPOINT_SLICE, ("unseen",), _nothing)
            yield Sweep(POD, ("endpoints seen",), _nothing)
            yield Write(target, "unseen", Set(change))
        yield from writes

    def request(self, it: Filled[Any], change: str) -> ApiCall:
        listed = self.slices.get(it.name)
        seen = listed.seen if listed is not None else None
        if change == REMOVED:
            return ApiCall(Verb.DELETE, ENDPOINT_SLICE, DeleteOptions())
        labels = slice_labels(self.service, seen.metadata.labels if seen is not None else {}, MANAGER).labels
        if change == CHANGED:
            return ApiCall(
                Verb.UPDATE, ENDPOINT_SLICE, WriteSlice(it.ports, labels), preconditions=Preconditions(seen=seen)
            )
        metadata = ObjectMeta(it.name, self.service.metadata.namespace, labels=labels)
        new = EndpointSlice(metadata, address_types(self.service)[0], it.ports)
        return ApiCall(Verb.CREATE, ENDPOINT_SLICE, new)


RETRIED = tuple(
    (outcome, (Write(KEY, "queued", Set(True)),))
    for outcome in (Outcome.CONFLICT, Outcome.NOT_FOUND, Outcome.ALREADY_EXISTS, Outcome.FORBIDDEN, Outcome.UNKNOWN)
)
"""A request that fails ends the plan, and the Service is queued again."""


def _nothing(_parameter: Any, _before: Any) -> tuple[None]:
    return (None,)


def _taken(name: str, entries: Entries) -> tuple[Entries]:
    return (tuple(entry for entry in entries if entry[0] != name),)


def _taken_late(name: str, entries: Entries, _seen: Entries | None) -> tuple[Entries, Entries | None]:
    (after,) = _taken(name, entries)
    return after, entries if after != entries else None


def foreign_removal(target: Target, name: str, *, late: bool) -> tuple[Step, ...]:
    """What goes with the slice ``name``, the target, that somebody else deletes: its entries, which stand with pods.

    A deletion that is not the controller's own queues the Service. ``late``: the controller's cache of slices lags; it
    shows the slice until it comes to see that.
    """
    queues = Write(Named(SERVICE, service_of(name)), "queued", Set(True))
    if not late:
        return (Sweep(POD, ("endpoints",), _taken, name), queues)
    return (
        Sweep(ENDPOINT_SLICE, ("unseen",), _nothing),
        Sweep(POD, ("endpoints", "endpoints seen"), _taken_late, name),
        Write(target, "unseen", Set(REMOVED)),
        queues,
    )


def _give_up(key: Queued, pods: tuple[tuple[Selected, int], ...], slices: tuple[Listed, ...]) -> Iterable[Alternative]:
    if _waits(key, pods) and any(it.stale for it in slices):
        yield Alternative(_taken_off(key.service.metadata.name), "15 tries have found the cache of slices too old")


def _unseen(name: str, unseen: str | None) -> str | None:
    return name if unseen is not None else None


SEE_SLICE = Rule(
    name="see own write",
    key=Key(ENDPOINT_SLICE, ("name", "unseen"), _unseen),
    decide=lambda name: [
        Alternative(
            (Write(KEY, "unseen", Set(None)), Sweep(POD, ("endpoints seen",), _nothing)),
            f"the cache of slices shows what was written to {name}",
        )
    ],
    slow_as=f"{NAME}/{ENDPOINT_SLICE}",
    reference="00-index §4 reflector",
    meaning="the change of a slice that the controller itself has written reaches its cache",
)


def note_pod(services: tuple[Service, ...]) -> Callable[[Any, Pod | None, Pod | None], tuple[str, ...]]:
    """What the controller queues when it sees a pod change: the Services that select it, if their endpoints do."""

    def react(sync: tuple[str, ...], before: Pod | None, after: Pod | None) -> tuple[str, ...]:
        found = set(sync)
        for service in services:
            came = (before is None) != (after is None) and selects_pod(service, (before or after) or Pod())
            if came or candidate(service, before) != candidate(service, after):
                found.add(service.metadata.name)
        return tuple(sorted(found))

    return react


def note_service(_queued: bool, _before: Service | None, after: Service | None) -> bool:
    """Whether the controller has queued a Service that it sees change: not one that is gone."""
    return after is not None


def component(
    services: tuple[Service, ...],
    *,
    tracks: bool = True,
    late: bool = False,
    most: int = MOST_ENDPOINTS,
    changing: bool = False,
    topology: Topology | None = None,
) -> Component:
    """The EndpointSlice controller for ``services``, in every version that they come to have.

    ``tracks``: it waits until it has seen its own writes. ``late``: its cache of slices lags, by one change.
    ``most``: endpoints in one slice. ``changing``: Services come, go and change.
    ``topology``: the nodes, where a Service asks for hints.
    """
    fields = ("object", "endpoints", "sync", *(("endpoints seen",) if late else ()))
    pods = Query(POD, fields, selected, MULTISET, lambda key, **_: key.service)
    key = Key(SERVICE, ("object", "queued"), managed)
    sync = Rule(
        name="sync Service",
        key=key,
        decide=_sync(tracks=tracks, late=late, most=most, topology=topology),
        queries={"pods": pods, "slices": SLICES, "nodes": NODES},
        several_requests=True,
        reference="controllers-cluster §3",
        meaning="writes the slices of a Service so that they list the pods that it selects",
    )
    give_up = Rule(
        name="give up",
        key=key,
        decide=_give_up,
        queries={"pods": pods, "slices": SLICES},
        duration=RETRIES,
        reference="controllers-cluster §3",
        meaning="after 15 tries a Service is left as it is until it, or a pod of it, changes again",
    )
    return Component(
        name=NAME,
        rules=(sync, *((give_up,) if tracks and late else ()), *((SEE_SLICE,) if late else ())),
        process=KUBE_CONTROLLER_MANAGER,
        guards=(process_runs(KUBE_CONTROLLER_MANAGER),),
        handlers=(
            Handler(POD, "sync", note_pod(tuple(filter(is_managed, services)))),
            *((Handler(SERVICE, "queued", note_service),) if changing else ()),
        ),
        duty="lists the pods behind each Service, with whether they are ready",
        reference="controllers-cluster §3",
    )
