"""A trace of a cluster as a sequence diagram: each actor in its place, requests drawn to whom they are sent."""

from __future__ import annotations

from collections.abc import Mapping

from ..engine.trace_words import worded
from ..engine.traces import Trace
from ..spec.language.request import Verb
from .sequence import API_SERVER, CONTROL_PLANE, Step, sequence_dot, sequence_mermaid

_API_VERBS = frozenset(verb.value for verb in Verb)
_ON = " on "
"""What stands between a component and its node in the name of an actor."""

NODE_PLACE = "node"


class _Cast:
    """Who stands where, and who is asked. ``places``: component -> its place; others are of the control plane."""

    def __init__(self, trace: Trace, places: Mapping[str, str]) -> None:
        self._places = {step.actor: places.get(step.component, CONTROL_PLANE) for step in trace.steps}

    def place(self, participant: str) -> str:
        """The box of a participant: for what runs on nodes, the node."""
        found = self._places.get(participant, NODE_PLACE)
        return (participant.partition(_ON)[2] or "every node") if found == NODE_PLACE else found

    def receiver(self, step: Step, request: str) -> str:
        """The API server, or for its other requests the container runtime of the actor's node."""
        if request.partition(" ")[0] in _API_VERBS:
            return API_SERVER
        node = step.component.partition(_ON)[2]
        return f"container-runtime{_ON}{node}" if node else "container-runtime"


def trace_dot(trace: Trace, places: Mapping[str, str]) -> str:
    """The trace as DOT text. ``places``: "control plane", "node" or "environment" for each component by its name."""
    cast = _Cast(trace, places)
    return sequence_dot(worded(trace), cast.place, cast.receiver, trace.loop)


def trace_mermaid(trace: Trace, places: Mapping[str, str]) -> str:
    """The trace as Mermaid text; ``places`` as for ``trace_dot``."""
    cast = _Cast(trace, places)
    return sequence_mermaid(worded(trace), cast.place, cast.receiver, trace.loop)
