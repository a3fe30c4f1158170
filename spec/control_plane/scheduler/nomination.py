"""Nominations: a pod's status names the node on which it is to be, before it is bound there.

Preemption promises a node on which others make room (kube-scheduler §6). Since v1.35 a pod is nominated besides before
steps that take time, such as the binding of its volumes, so that a scheduler that restarts meanwhile tries that node
first (§3.9). A failure takes the nomination away, and so does the binding.
"""

from __future__ import annotations

import attrs

from ...kinds import POD
from ...language.plan import KEY, Call, Step
from ...language.request import ApiCall, Outcome, Verb
from ...objects.pod import Pod


@attrs.frozen(cache_hash=True)
class Nominate:
    """The edit that nominates a pod to a node."""

    node: str

    def __call__(self, stored: Pod, /) -> Pod:
        """The pod, nominated there."""
        return attrs.evolve(stored, status=attrs.evolve(stored.status, nominated_node_name=self.node))


@attrs.frozen(cache_hash=True)
class ClearNomination:
    """The edit that takes the nominated node from a pod."""

    def __call__(self, stored: Pod, /) -> Pod:
        """The pod, nominated nowhere."""
        return attrs.evolve(stored, status=attrs.evolve(stored.status, nominated_node_name=""))


def cleared(gone: tuple[Step, ...] | None = None) -> tuple[Step, ...]:
    """The request by which a pod is nominated nowhere any more.

    ``gone``: what is done instead of all that follows where the pod is not there any more; None for no difference.
    """
    clear = ApiCall(Verb.PATCH, POD, ClearNomination(), "status")
    if gone is None:
        return (Call(KEY, clear, tolerates=(Outcome.NOT_FOUND,)),)
    return (Call(KEY, clear, on=((Outcome.NOT_FOUND, gone),)),)
