"""A model: kinds, components, machines, properties, a start, and the bounds of one exploration (design §3.2)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any

import attrs

from .component import Component
from .machine import Machine
from .plan import Loss, Rpc
from .property import Property
from .request import ApiCall, Response


class Counting(Enum):
    """What the store counts in a field of each object with a name of its own: nothing reads it but properties."""

    CREATIONS = "creations"
    """How often an object has been created under the name."""
    REMOVALS = "removals"
    """How often the object of the name has gone."""


@attrs.frozen
class Field:
    """One field of the bundle of all that is keyed by one object.

    ``memory_of``: the process whose end loses it ("" for what survives). ``owner(values)`` tells, for processes of
    which there are several (one kubelet a node), whose memory it is, from the object's whole bundle as a mapping.
    ``counts``: a ghost counter, which the store keeps; ``most`` stands for more.
    """

    name: str
    initial: Any = None
    memory_of: str = ""
    owner: Callable[[Mapping[str, Any]], Any] | None = None
    counts: Counting | None = None
    most: int = 2


@attrs.frozen
class Kind:
    """The objects of one kind that a scenario can hold.

    ``names``: one bundle a name, always there (its object may be absent, and come again). ``slots``: at most so many
    interchangeable bundles with generated names beside them. A rule that creates an object of its own name writes to
    ``Named(kind, name)``, one that has a name generated to ``New(kind)``.

    ``of_incarnation``: fields that belong to one incarnation of a named object, not to whichever bears the name, and
    ``plans_of_incarnation``: components whose plans do. Where an object is created under a name and something of them
    is left of an earlier one, that moves into a bundle without a name, which takes a slot.
    """

    name: str
    fields: tuple[Field, ...]
    names: tuple[str, ...] = ()
    slots: int = 0
    of_incarnation: tuple[str, ...] = ()
    plans_of_incarnation: tuple[str, ...] = ()


INFORMER = "Informer"
"""Kind of the bookkeeping objects, one a lagging client and kind: field ``pending`` counts the changes on their way."""

BEYOND = "beyond"
"""Field of informers, where history is followed: how many changes the client has to see before the last one that it has
seen is no longer older than what is kept of history; 0: its watch can be resumed from there."""


def informer_name(client: str, kind: str) -> str:
    """Name of the informer of ``client`` for ``kind``."""
    return f"{client}/{kind}"


def cached_field(client: str) -> str:
    """Name of the field that holds what ``client``'s lagging cache shows of the object."""
    return f"object@{client}"


class TimeMode(Enum):
    """When a timer may fire (design §4)."""

    GRADED = "graded"
    """When no step, and no timer of a shorter duration, can happen."""
    PROMPT = "prompt"
    """When no step can happen and its time is over, to the second: of several the one whose time is over first."""
    ASYNCHRONOUS = "asynchronous"
    """At any moment."""


@attrs.frozen(cache_hash=True)
class Assumption:
    """A named simplification or promise on which a "holds" rests, and where it comes from."""

    name: str
    text: str
    source: str = ""


@attrs.frozen
class LossBudget:
    """How often something of a request may be lost: field ``left`` of the object ``name`` of ``kind``.

    ``used`` is a field of the same object that becomes true.
    """

    loss: Loss
    kind: str
    name: str
    left: str = "left"
    used: str = "used"


def as_created(created: Any, _bundle: Mapping[str, Any]) -> Any:
    """The incarnation of a model that never compares incarnations: the object as it was created."""
    return created


@attrs.frozen(cache_hash=True)
class ApiRead:
    """A field of a named object that the API server reads to answer a request."""

    kind: str
    name: str
    field: str = "object"


def no_api_reads(_call: ApiCall) -> tuple[ApiRead, ...]:
    """What the API server reads besides the object of a request: nothing."""
    return ()


def no_api_server(call: ApiCall, _stored: Any, *, current: bool) -> Response:
    """The API server of a model that has none; raises ``RuntimeError`` when called."""
    raise RuntimeError(f"this model has no API server, yet a rule calls it: {call}, current={current}")


@attrs.frozen(eq=False)
class Model:
    """Everything that one exploration needs. ``initial`` maps a kind to bundles: mappings of field name to value.

    ``fused``: components whose plans are one step whatever ``rpc`` says, where nothing can fall between their requests.
    ``lag``: for each lagging client and kind, how many changes it may be behind; others see every write at once.
    ``told``: of what lags, what its client can tell of an object: a change in which that stays the same is seen with
    the write, where nothing is on its way before it.
    ``history``: informers have the field ``BEYOND``, and how much is kept of history matters to them.
    ``slow``: components, and watches as "client/kind", that take as long as they like: timers do not wait for them.
    ``losses``: what may be lost of requests to the API server, by whomever they are made but the environment.
    ``incarnation(object, bundle)``: an object as it is stored that is created under a name of its own, given all fields
    of the bundle of that name: told apart from earlier incarnations that are still remembered there.
    ``interchangeable``: groups of objects that might be, each with all names that it goes by; whether anything tells
    them apart is looked at elsewhere.
    ``accepts``: the properties of quiescent states that say when stopping is all right are among ``properties``.
    """

    name: str
    kinds: tuple[Kind, ...]
    components: tuple[Component, ...]
    initial: Mapping[str, tuple[Mapping[str, Any], ...]]
    machines: tuple[Machine, ...] = ()
    properties: tuple[Property, ...] = ()
    api_server: Callable[..., Response] = no_api_server
    incarnation: Callable[[Any, Mapping[str, Any]], Any] = as_created
    api_reads: Callable[[ApiCall], tuple[ApiRead, ...]] = no_api_reads
    lag: Mapping[tuple[str, str], int] = attrs.field(factory=dict)
    told: Mapping[tuple[str, str], Callable[[Any], Any]] = attrs.field(factory=dict)
    history: bool = False
    rpc: Rpc = Rpc.REQUEST
    fused: frozenset[str] = frozenset()
    time: TimeMode = TimeMode.GRADED
    slow: frozenset[str] = frozenset()
    losses: tuple[LossBudget, ...] = ()
    interchangeable: tuple[tuple[tuple[str, ...], ...], ...] = ()
    assumptions: tuple[Assumption, ...] = ()
