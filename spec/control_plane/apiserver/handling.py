"""The API server as a pure function: a call and the object stored under its key in, a response out (kube-apiserver §3).

If the outcome is DONE the caller stores ``Response.stored`` under the key (None: removes it); else nothing changes.
"""

from __future__ import annotations

from typing import Any

from ...language.arithmetic import Number, Truth, select
from ...language.request import ApiCall, Outcome, Preconditions, Response, Verb
from .admission import AdmissionReads
from .binding import bind
from .creation import create
from .deletion import delete
from .namespaces import delete_namespace, update_namespace
from .strategies import NAMESPACE, POD, Strategy, strategy_of
from .updating import update, update_scale, update_status
from .webhooks import webhook_fault

NO_READS = AdmissionReads()
"""A cluster with the namespaces and priority classes that every cluster has, at instant 0."""


def handle(call: ApiCall, stored: Any, *, current: bool, admission: AdmissionReads = NO_READS) -> Response:
    """The response to ``call``.

    ``stored``: the object under the target's key, None if there is none. ``current``: whether the version that the
    client saw (``preconditions.seen``) is the stored one; without one the call is unconditional. Raises ``ValueError``
    for calls that no client can make: an unknown kind or subresource, a binding of something else than a pod.
    """
    strategy = strategy_of(call.kind)
    if call.subresource not in _served(strategy) or (call.verb is Verb.BIND and strategy is not POD):
        raise ValueError(f"the API server serves no {call.verb.value} of {call.kind}/{call.subresource}")
    if call.verb is Verb.CREATE:
        if call.preconditions.seen is not None:
            return Response(Outcome.INVALID, stored, "resourceVersion should not be set on objects to be created")
        return create(call.body, stored, strategy, admission)
    if stored is None:
        return Response(Outcome.NOT_FOUND, None, f"{call.kind} not found")
    mismatch = precondition_mismatch(call.preconditions, stored, current=current)
    if mismatch:
        return Response(Outcome.CONFLICT, stored, mismatch)
    if call.verb is Verb.BIND:
        return bind(stored, call.body)
    if not call.subresource:
        operation = "DELETE" if call.verb is Verb.DELETE else "UPDATE"
        namespace = admission.namespace(stored.metadata.namespace)
        fault = webhook_fault(admission.webhooks, operation, call.kind, stored, namespace)
        if fault:
            return Response(Outcome.FORBIDDEN, stored, fault)
    if call.verb is Verb.DELETE:
        if strategy is NAMESPACE:
            return delete_namespace(stored, admission.now)
        return delete(stored, call.body, strategy, admission.now)
    sent = call.body(stored)
    if strategy is NAMESPACE:
        return update_namespace(sent, stored, call.subresource)
    if call.subresource == "scale":
        return update_scale(sent, stored, strategy)
    return update_status(sent, stored) if call.subresource else update(sent, stored, strategy)


def _served(strategy: Strategy) -> tuple[str, ...]:
    """The subresources of a kind, the object itself included."""
    more = ("scale",) if strategy.scalable else ("finalize",) if strategy is NAMESPACE else ()
    return ("", "status", *more)


def conflicts(names_version: Truth, current: Truth) -> Number:
    """1 if a request that names a version fails because the object is at another one by now, else 0.

    ``names_version``: whether it names one; ``current``: whether that is the stored one (kube-apiserver §3).
    """
    return select(names_version, select(current, 0, 1), 0)


def precondition_mismatch(preconditions: Preconditions, stored: Any, *, current: bool) -> str:
    """Which guard of the call does not hold, "" if all do.

    Update and delete compare the version that they name; a patch, which the server retries itself, conflicts only if
    it names one (kube-apiserver §3, §4.1).
    """
    if preconditions.uid is not None and preconditions.uid != stored.metadata.uid:
        return f"the uid in the precondition ({preconditions.uid}) is not the uid of the object ({stored.metadata.uid})"
    if conflicts(preconditions.seen is not None, current):
        return "the object has been modified; please apply your changes to the latest version and try again"
    return ""
