"""Requests: what a component asks of the API server, of the runtime or of its own memory (design §3.1).

A request is data: an alternative of a rule carries it, a process keeps the rest of its plan as such data in memory,
and a trace prints it.
"""

from __future__ import annotations

from enum import Enum
from typing import Any, Protocol

import attrs


class Verb(Enum):
    """What is asked of the API server."""

    CREATE = "create"
    UPDATE = "update"
    PATCH = "patch"
    BIND = "bind"
    DELETE = "delete"


class Outcome(Enum):
    """Class of a response; a plan names the step that follows each of them.

    NAMESPACE_TERMINATING is a FORBIDDEN whose cause clients tell from others (kube-apiserver §6).
    """

    DONE = "done"
    UNCHANGED = "unchanged"
    CONFLICT = "conflict"
    NOT_FOUND = "not found"
    ALREADY_EXISTS = "already exists"
    FORBIDDEN = "forbidden"
    NAMESPACE_TERMINATING = "namespace terminating"
    INVALID = "invalid"
    UNKNOWN = "unknown"

    @property
    def success(self) -> bool:
        """Whether the API server answered 2xx."""
        return self in (Outcome.DONE, Outcome.UNCHANGED)


class Change(Protocol):
    """A named edit of an object: a frozen value that can be called, so that plans stay data."""

    def __call__(self, stored: Any, /) -> Any:
        """The object after the edit."""


@attrs.frozen(cache_hash=True)
class Preconditions:
    """Guards that the API server checks before it acts (reference kube-apiserver §3, §4).

    ``uid``: the incarnation that is meant. ``seen``: the object as the client saw it; stands for its
    resourceVersion, so the request conflicts if the stored object is another version.
    """

    uid: int | str | None = None
    seen: Any = None


@attrs.frozen(cache_hash=True)
class DeleteOptions:
    """Body of a DELETE. ``grace_period_seconds`` None means: the object's own default."""

    grace_period_seconds: int | None = None
    propagation_policy: str | None = None


@attrs.frozen(cache_hash=True)
class Binding:
    """Body of a POST to pods/binding."""

    node_name: str


@attrs.frozen(cache_hash=True)
class ApiCall:
    """The API-server part of a request.

    ``body``: the whole object for CREATE, a ``Change`` for UPDATE and PATCH, ``Binding`` for BIND,
    ``DeleteOptions`` for DELETE. ``subresource``: "" or "status".
    """

    verb: Verb
    kind: str
    body: Any = None
    subresource: str = ""
    preconditions: Preconditions = Preconditions()


@attrs.frozen(cache_hash=True)
class Response:
    """Answer of the API server: its class, the object it leaves stored (None: removed or never there), and why.

    ``besides``: what it writes besides, as (kind, name, object): the usage of a quota. ``notes``: what is remembered of
    the request, as (kind, name, field, value), for properties alone.
    """

    outcome: Outcome
    stored: Any
    reason: str = ""
    besides: tuple[tuple[str, str, Any], ...] = ()
    notes: tuple[tuple[str, str, str, Any], ...] = ()
