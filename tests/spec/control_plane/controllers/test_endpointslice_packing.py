"""Endpoints in slices: each once, none too many in one, nothing left to write after a write."""

from __future__ import annotations

from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st
from kubemodel.spec.control_plane.controllers.endpointslice_packing import Filled, SliceChanges, packed
from kubemodel.spec.objects.endpoint_slice import Endpoint, EndpointPort

HTTP, HTTPS = (EndpointPort("http", 80),), (EndpointPort("https", 443),)
READY, UNREADY = Endpoint(), Endpoint(ready=False, serving=False)

Slices = Mapping[str, Filled[int]]

ENDPOINTS = st.sampled_from((READY, UNREADY))
PORTS = st.sampled_from((HTTP, HTTPS))
WANTED = st.dictionaries(st.integers(1, 9), st.tuples(PORTS, ENDPOINTS), max_size=9)
SLICES = st.lists(st.tuples(PORTS, st.dictionaries(st.integers(1, 9), ENDPOINTS, max_size=3)), max_size=4).map(
    lambda found: {f"s-{n}": Filled(f"s-{n}", ports, held) for n, (ports, held) in enumerate(found)}
)


def written(slices: Slices, changes: SliceChanges[int]) -> Slices:
    """The slices after the changes, the new ones with names of their own."""
    new = {f"new-{number}": it for number, it in enumerate(changes.create)}
    kept = {name: it for name, it in slices.items() if name not in changes.delete}
    made = {name: Filled(name, it.ports, it.endpoints) for name, it in new.items()}
    return {**kept, **{it.name: it for it in changes.update}, **made}


@given(WANTED, SLICES)
def test_each_endpoint_stands_once_as_it_is_wanted(
    wanted: Mapping[int, tuple[tuple[EndpointPort, ...], Endpoint]], slices: Slices
) -> None:
    after = written(slices, packed(wanted, tuple(slices.values()), 3))
    found = [(item, (it.ports, endpoint)) for it in after.values() for item, endpoint in it.endpoints.items()]
    assert sorted(item for item, _ in found) == sorted(wanted)
    assert dict(found) == dict(wanted)


@given(WANTED, SLICES)
def test_no_slice_holds_more_than_it_may(
    wanted: Mapping[int, tuple[tuple[EndpointPort, ...], Endpoint]], slices: Slices
) -> None:
    after = written(slices, packed(wanted, tuple(slices.values()), 3))
    assert all(len(it.endpoints) <= 3 for it in after.values())
    assert len(after) >= 1


@given(WANTED, SLICES)
def test_what_is_written_needs_no_further_write(
    wanted: Mapping[int, tuple[tuple[EndpointPort, ...], Endpoint]], slices: Slices
) -> None:
    after = written(slices, packed(wanted, tuple(slices.values()), 3))
    assert packed(wanted, tuple(after.values()), 3) == SliceChanges()


def test_endpoints_stay_where_they_are() -> None:
    full = Filled("a", HTTP, {1: READY, 2: READY})
    half = Filled("b", HTTP, {3: READY})
    changes = packed(dict.fromkeys((1, 2, 3, 4), (HTTP, READY)), (full, half), 2)
    assert changes.update == (Filled("b", HTTP, {3: READY, 4: READY}),)
    assert (changes.create, changes.delete) == ((), ())


def test_slices_are_not_balanced() -> None:
    slices = (Filled("a", HTTP, {1: READY, 2: READY}), Filled("b", HTTP, {3: READY}))
    assert packed({1: (HTTP, READY), 3: (HTTP, READY)}, slices, 2).update == (Filled("a", HTTP, {1: READY}),)


def test_a_service_without_endpoints_has_one_empty_slice() -> None:
    nothing: Mapping[int, tuple[tuple[EndpointPort, ...], Endpoint]] = {}
    assert packed(nothing, (), 3).create == (Filled("", (), {}),)
    assert packed(nothing, (Filled("a", HTTP, {1: READY}),), 3).update == (Filled("a", (), {}),)
    assert packed(nothing, (Filled("a", (), {}),), 3) == SliceChanges()


def test_an_empty_slice_takes_the_place_of_one_to_be_created() -> None:
    changes = packed({1: (HTTP, READY)}, (Filled("a", (), {}),), 3)
    assert changes == SliceChanges(update=(Filled("a", HTTP, {1: READY}),))
