"""An API server for small models: reads and writes whole objects, and leaves deletion and binding to the model."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kubemodel.spec.language.request import ApiCall, Outcome, Response, Verb


def serve(
    delete: Callable[[Any, Any], Any] = lambda _stored, _options: None,
    bind: Callable[[Any, str], Any] | None = None,
) -> Callable[..., Response]:
    """The API server whose DELETE leaves ``delete(stored, options)`` and whose BIND leaves ``bind(stored, node)``.

    ``bind`` returns None where the pod may not be bound: conflict. An object that a change turns into None is removed.
    """

    def handle(call: ApiCall, stored: Any, *, current: bool) -> Response:
        if call.verb is Verb.CREATE:
            if stored is not None:
                return Response(Outcome.ALREADY_EXISTS, stored)
            return Response(Outcome.DONE, call.body)
        if stored is None:
            return Response(Outcome.NOT_FOUND, None)
        uid = call.preconditions.uid
        if not current or (uid is not None and uid != stored.uid):
            return Response(Outcome.CONFLICT, stored)
        if call.verb is Verb.DELETE:
            after = delete(stored, call.body)
        elif call.verb is Verb.BIND:
            assert bind is not None, "this model binds nothing"
            after = bind(stored, call.body.node_name)
            if after is None:
                return Response(Outcome.CONFLICT, stored)
        else:
            after = call.body(stored)
        return Response(Outcome.UNCHANGED if after == stored else Outcome.DONE, after)

    return handle
