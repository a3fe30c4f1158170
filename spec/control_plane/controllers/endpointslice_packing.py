"""How the endpoints of a Service fill slices: kept where they are, not balanced (controllers-cluster §3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Generic, TypeVar

import attrs

from ...objects.endpoint_slice import Endpoint, EndpointPort

Item = TypeVar("Item")
Ports = tuple[EndpointPort, ...]

MOST_ENDPOINTS = 100
"""Endpoints in one slice, unless a flag of the controller says otherwise."""


@attrs.frozen
class Filled(Generic[Item]):
    """A slice with its endpoints, by whose they are; ``name`` "" for one that does not exist yet."""

    name: str
    ports: Ports
    endpoints: Mapping[Item, Endpoint]


@attrs.frozen
class SliceChanges(Generic[Item]):
    """What is written, in this order. An update may empty a slice: the last one stays, as a placeholder."""

    create: tuple[Filled[Item], ...] = ()
    update: tuple[Filled[Item], ...] = ()
    delete: tuple[str, ...] = ()


def packed(
    wanted: Mapping[Item, tuple[Ports, Endpoint]], slices: Sequence[Filled[Item]], most: int = MOST_ENDPOINTS
) -> SliceChanges[Item]:
    """The changes after which ``slices`` hold what is ``wanted``: by item, on which ports it answers, and its entry.

    There is one set of slices for each list of ports. A slice that becomes empty is deleted, or takes the place of one
    that is to be created; without any endpoint one empty slice without ports stays.
    """
    create: list[Filled[Item]] = []
    update: list[Filled[Item]] = []
    delete: list[str] = []
    ports = dict.fromkeys([*(each for each, _ in wanted.values()), *(it.ports for it in slices if it.endpoints)])
    for each in ports:
        desired = {item: endpoint for item, (its, endpoint) in wanted.items() if its == each}
        found = _packed_ports(each, desired, [it for it in slices if it.ports == each and it.endpoints], most)
        create += found.create
        update += found.update
        delete += found.delete
    delete += [it.name for it in slices if not it.endpoints]
    if len(delete) == len(slices) and not create:
        placeholders = [it.name for it in slices if not it.endpoints and not it.ports]
        if len(delete) == 1 and placeholders:
            delete = []
        else:
            create.append(Filled("", (), {}))
    reused = [attrs.evolve(new, name=name) for new, name in zip(create, delete, strict=False)]
    return SliceChanges(tuple(create[len(reused) :]), (*update, *reused), tuple(delete[len(reused) :]))


def _packed_ports(
    ports: Ports, desired: Mapping[Item, Endpoint], slices: Sequence[Filled[Item]], most: int
) -> SliceChanges[Item]:
    left = dict(desired)
    unchanged: list[Filled[Item]] = []
    update: list[Filled[Item]] = []
    delete: list[str] = []
    for it in slices:
        kept = {item: left.pop(item) for item in it.endpoints if item in left}
        if kept == it.endpoints:
            unchanged.append(it)
        elif kept:
            update.append(attrs.evolve(it, endpoints=kept))
        else:
            delete.append(it.name)
    # Those that are written anyway take what they can, the fullest first.
    update = [_filled(it, left, most) for it in sorted(update, key=lambda it: len(it.endpoints), reverse=True)]
    fitting = [it for it in unchanged if len(it.endpoints) + len(left) <= most]
    if left and fitting:
        update.append(_filled(max(fitting, key=lambda it: len(it.endpoints)), left, most))
    create = []
    while left:
        create.append(_filled(Filled("", ports, {}), left, most))
    return SliceChanges(tuple(create), tuple(update), tuple(delete))


def _filled(it: Filled[Item], left: dict[Item, Endpoint], most: int) -> Filled[Item]:
    """The slice with as many endpoints of ``left``, which loses them, as it takes."""
    taken = list(left)[: most - len(it.endpoints)]
    return attrs.evolve(it, endpoints={**it.endpoints, **{item: left.pop(item) for item in taken}})
