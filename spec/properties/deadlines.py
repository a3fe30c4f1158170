"""Properties of pods that may be active for a limited time only (kube-scheduler §4, deadlines)."""

from __future__ import annotations

from ..kinds import POD
from ..language.component import Key
from ..language.property import HOLDS, Finding, Shape, TemporalProperty, suspended, violated
from ..objects.pod import Pod, is_terminal
from .assumptions import NODES_LOST, disturbed


def _limited(pod: Pod | None) -> int | None:
    """The deadline in seconds of a pod that has a node, 0 where it is over: nothing is owed to one without a node."""
    if pod is None or pod.spec.active_deadline_seconds is None or not pod.spec.node_name:
        return None
    return 0 if is_terminal(pod) else pod.spec.active_deadline_seconds


def _ends(seconds: int, losses: tuple[str, ...]) -> Finding:
    if not seconds:
        return HOLDS
    return suspended(disturbed(losses)) if losses else violated(f"a pod goes on beyond the {seconds} s that it may")


ACTIVE_DEADLINE_ENFORCED = TemporalProperty(
    name="active-deadline-enforced",
    statement="a pod with activeDeadlineSeconds that has a node ends, whatever its program does",
    key=Key(POD, ("object",), _limited),
    queries={"losses": NODES_LOST},
    judge=_ends,
    shape=Shape.INFINITELY_OFTEN,
    reference="kube-scheduler §4, deadlines",
    assumes="the pod's node and kubelet stay, and can be reached",
    advice="look at the kubelet of the pod's node: nobody else ends a single pod for its deadline",
)
