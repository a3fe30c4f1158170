"""Plans: what a rule decided to do, as data (design §3.1).

The position in a plan is process memory: a crash can fall between any two requests of it.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Any, Protocol

import attrs

from .request import ApiCall, Outcome


@attrs.frozen(cache_hash=True)
class TheKey:
    """The object that the rule is keyed by."""


@attrs.frozen(cache_hash=True)
class Named:
    """The object of ``kind`` called ``name``."""

    kind: str
    name: str


@attrs.frozen(cache_hash=True)
class Chosen:
    """Some object that the rule's query ``query`` put in class ``cls``; each distinct one is an alternative.

    Every step without a ``label`` means another object; steps of one plan that share a label mean the same one. In
    what follows a response (``Call.on``) the label is needed.
    """

    query: str
    cls: Any
    label: Any = None


@attrs.frozen(cache_hash=True)
class New:
    """An object of ``kind`` that does not exist yet and gets a generated name."""

    kind: str


@attrs.frozen(cache_hash=True)
class It:
    """The object that the request before acted on; only for writes that follow it in the same step."""


@attrs.frozen(cache_hash=True)
class Marked:
    """An object that an earlier step of the same plan chose; written by the engine, never by a rule."""

    kind: str
    mark: tuple[str, str, int]


Target = TheKey | Named | Chosen | New | It | Marked
KEY = TheKey()
IT = It()


class FieldChange(Protocol):
    """A named edit of one field: a frozen value that can be called."""

    def __call__(self, value: Any, /) -> Any:
        """The field's value after the edit."""


@attrs.frozen(cache_hash=True)
class Set:
    """The edit that stores ``value`` whatever was there."""

    value: Any

    def __call__(self, _value: Any, /) -> Any:
        """The new value."""
        return self.value


@attrs.frozen(cache_hash=True)
class Call:
    """A request to the API server and, per class of response, the plan that follows.

    A response that ``on`` does not name goes on with the rest of the plan if it is a success and ends the plan
    otherwise (the controller returns the error, its key is queued again); ``tolerates`` names failures that the plan
    goes on after as after a success. A failed request that leaves everything as it was takes no step of its own: the
    next request of the plan is made in the same step. ``memory``: writes (field, change) to what the process remembers
    of the same object, made just before the request is sent.
    """

    target: Target
    request: ApiCall
    memory: tuple[tuple[str, FieldChange], ...] = ()
    on: tuple[tuple[Outcome, tuple[Any, ...]], ...] = ()
    tolerates: tuple[Outcome, ...] = ()


@attrs.frozen(cache_hash=True)
class RuntimeCall:
    """A request to the node's container runtime; takes a step of its own, as an API request does."""

    target: Target
    field: str
    change: FieldChange
    call: str


@attrs.frozen(cache_hash=True)
class Write:
    """A write to memory that happens in the same step as the request beside it."""

    target: Target
    field: str
    change: FieldChange


@attrs.frozen(cache_hash=True)
class Sweep:
    """One edit of ``fields`` for every object of ``kind``: ``change(parameter, *values)`` returns the new values."""

    kind: str
    fields: tuple[str, ...]
    change: Callable[..., tuple[Any, ...]]
    parameter: Any = None


@attrs.frozen(cache_hash=True)
class Forget:
    """A process ends: all that it kept in memory goes back to its initial value, its plans are gone."""

    process: str
    owner: Any = None


@attrs.frozen(cache_hash=True)
class Relist:
    """A client lists again: its caches become what ``source`` holds now, and it sees what ``source`` is still to see.

    ``source`` "" is the store itself: a consistent list. Otherwise it is a lagging client that stands for the watch
    cache of one API server, which may be older than what the client saw before (00-index §4, list with
    resourceVersion 0). ``kind``: of that kind alone; "": of all that it watches.
    """

    client: str
    source: str = ""
    kind: str = ""


@attrs.frozen(cache_hash=True)
class Miss:
    """The oldest event on its way to a client is lost, and the client does not notice.

    Its cache keeps the old version until another event of the same object comes, or until it lists again.
    """

    client: str
    kind: str


Step = Call | RuntimeCall | Write | Sweep | Forget | Relist | Miss


@attrs.frozen(cache_hash=True)
class Alternative:
    """One way in which a rule may go on: its plan, and why it was allowed, in Kubernetes' words."""

    plan: tuple[Step, ...]
    because: str = ""


class Loss(Enum):
    """What of a request is lost on its way; the client is told nothing and gives up waiting (``Outcome.UNKNOWN``)."""

    REQUEST = "request"
    """It was never applied."""
    REPLY = "reply"
    """It was applied."""


class Rpc(Enum):
    """How much of a plan is one step."""

    RECONCILE = "reconcile"
    """A whole plan."""
    REQUEST = "request"
    """A request with its response."""
    MESSAGE = "message"
    """A request is sent, applied and answered, each in a step of its own."""
