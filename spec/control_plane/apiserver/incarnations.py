"""Which incarnation of a name an object is: a local rank in place of the uid (design §3.2, Identity).

A uid is only compared. So an object that is created under a name gets the lowest rank that nothing of that name still
remembers: no cache, no event on its way, no request in flight, no eviction that somebody waits for. A name thus has few
incarnations at a time, however often it is used.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import Enum
from functools import lru_cache
from itertools import count
from types import FunctionType
from typing import Any

import attrs

from ...objects.metadata import ObjectMeta, OwnerReference
from ...objects.pod import Pod

FIRST = 1
"""The rank of an incarnation where no earlier one is remembered."""


@lru_cache(maxsize=8192)
def _remembered(value: Any) -> frozenset[int]:
    """Every uid of the name's own incarnations within a value; those of owners are of other names."""
    return frozenset(_found(value))


def _found(value: Any) -> Iterator[int]:
    if isinstance(value, tuple):
        for item in value:
            yield from _remembered(item)
    elif attrs.has(type(value)) and not isinstance(value, type | Enum | OwnerReference | FunctionType):
        for name in ("uid", "listed"):
            uid = getattr(value, name, None)
            if isinstance(uid, int):
                yield uid
        if not isinstance(value, ObjectMeta):
            for field in attrs.fields(type(value)):
                yield from _remembered(getattr(value, field.name))


def incarnation(created: Any, bundle: Mapping[str, Any]) -> Any:
    """The created object with its rank, given all that its bundle remembers.

    Pods alone are used again by their names so far; objects of other kinds are as they were sent.
    """
    if not isinstance(created, Pod):
        return created
    used = {uid for value in bundle.values() for uid in _remembered(value)}
    rank = next(number for number in count(FIRST) if number not in used)
    return attrs.evolve(created, metadata=attrs.evolve(created.metadata, uid=rank))
