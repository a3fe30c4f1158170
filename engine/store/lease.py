"""Leases: keys that vanish together unless somebody keeps them alive (reference etcd §2).

Instants and periods are seconds on the etcd leader's clock, which the caller passes in.
"""

from __future__ import annotations

import attrs

from .revisioned_map import KeyValue, Lease, Store, one_key
from .transaction import Delete, LeaseNotFound, Transaction, commit

ELECTION_TIMEOUT_SECONDS = 1.0
"""etcd §5: the default election timeout."""

MINIMUM_TTL_SECONDS = 2.0
"""etcd §2: ceil(1.5 x election timeout); a shorter ttl is raised to this."""


@attrs.frozen
class LeaseExists:
    """Refusal: a lease of that name is already granted."""

    lease: int


@attrs.frozen
class Ended:
    """A lease ended. ``keys`` holds what was deleted with it, in key order, all in ``revision``."""

    lease: int
    revision: int
    keys: tuple[tuple[str, KeyValue], ...]


def grant(store: Store, lease: int, ttl: float, now: float) -> tuple[Store, Lease | LeaseExists]:
    """Grants ``lease`` for ``ttl`` seconds, at least the minimum. The revision stays."""
    if lease in store.leases:
        return store, LeaseExists(lease)
    period = max(ttl, MINIMUM_TTL_SECONDS)
    granted = Lease(period, now + period)
    return attrs.evolve(store, leases={**store.leases, lease: granted}), granted


def keep_alive(store: Store, lease: int, now: float) -> tuple[Store, Lease | LeaseNotFound]:
    """Makes ``lease`` last a full ttl from ``now``. The revision stays."""
    if lease not in store.leases:
        return store, LeaseNotFound(lease)
    renewed = attrs.evolve(store.leases[lease], expiry=now + store.leases[lease].ttl)
    return attrs.evolve(store, leases={**store.leases, lease: renewed}), renewed


def attached_keys(store: Store, lease: int) -> tuple[str, ...]:
    """The keys whose last put named ``lease``, in key order."""
    return tuple(sorted(key for key, stored in store.objects.items() if stored.lease == lease))


def _end(store: Store, lease: int) -> tuple[Store, Ended]:
    deletes = tuple(Delete(one_key(key)) for key in attached_keys(store, lease))
    deleted = tuple((key, store.objects[key]) for key in attached_keys(store, lease))
    after, _ = commit(store, Transaction(then=deletes))
    remaining = {name: granted for name, granted in store.leases.items() if name != lease}
    return attrs.evolve(after, leases=remaining), Ended(lease, after.revision, deleted)


def revoke(store: Store, lease: int) -> tuple[Store, Ended | LeaseNotFound]:
    """Ends ``lease`` now: deletes all attached keys in one revision; without any, the revision stays."""
    return _end(store, lease) if lease in store.leases else (store, LeaseNotFound(lease))


def expire(store: Store, now: float) -> tuple[Store, tuple[Ended, ...]]:
    """Ends every lease whose ttl ran out by ``now``, the longest overdue first; one revision a lease.

    Only the etcd leader does this: without a leader no lease ends (etcd §2).
    """
    due = sorted((granted.expiry, name) for name, granted in store.leases.items() if granted.expiry <= now)
    endings = []
    for _, name in due:
        store, ending = _end(store, name)
        endings.append(ending)
    return store, tuple(endings)


def extend_all(store: Store, now: float) -> Store:
    """What a new leader does: every lease lasts a full ttl and an election timeout from ``now`` (etcd §2).

    So a lease never ends early because of an outage; it may live longer.
    """
    extended = {
        name: attrs.evolve(granted, expiry=max(granted.expiry, now + granted.ttl + ELECTION_TIMEOUT_SECONDS))
        for name, granted in store.leases.items()
    }
    return attrs.evolve(store, leases=extended)
