"""The assumptions under which properties are required, as queries over what the environment did (design §5)."""

from __future__ import annotations

from ..control_plane.controllers.horizontal_pod_autoscaler import RESCALED
from ..environment.faults import (
    APPLICATION_HANG,
    CONTAINER_COMPLETION,
    CONTAINER_EXIT,
    CONTROL_PLANE_CUT,
    CONTROLLER_MANAGER_CRASH,
    DISK_SHORTAGE,
    KUBELET_CRASH,
    LINK_CUT,
    MEMORY_SHORTAGE,
    NODE_CRASH,
    PID_SHORTAGE,
    PROBE_FAILURE,
    SANDBOX_EXIT,
)
from ..environment.leader_faults import CLOCK_SKEW, LEADER_PAUSE
from ..environment.users import DISRUPTION
from ..environment.watch_faults import REPLY_LOST
from ..kinds import EVICTION, FAULT
from ..language.query import DISTINCT, Query, no_parameter
from ..node.node_shutdown import SHUTDOWN
from ..node.runtime_health import SILENT


def seen(*names: str) -> Query:
    """The query for those of ``names`` that have happened so far: faults, and a user's disruption."""

    def classify(_parameter: None, name: str, used: bool) -> str | None:
        return name if used and name in names else None

    return Query(FAULT, ("name", "used"), classify, DISTINCT, no_parameter)


DISRUPTED = seen(DISRUPTION, EVICTION, RESCALED)
"""Whether a user, an evictor or an autoscaler took something away, or changed what a rollout has to keep to."""

RESTARTED = seen(CONTROLLER_MANAGER_CRASH, REPLY_LOST, LEADER_PAUSE, CLOCK_SKEW, DISRUPTION, EVICTION, RESCALED)
"""As ``DISRUPTED``, and whether controllers lost their memory, were not told what they did, or were two at once."""

DISRUPTED_OR_TWO_LEADERS = seen(DISRUPTION, EVICTION, RESCALED, LEADER_PAUSE, CLOCK_SKEW)
"""As ``DISRUPTED``, and whether there may have been two leaders at once."""

_LOSSES = (
    NODE_CRASH,
    SHUTDOWN,
    SILENT,
    LINK_CUT,
    CONTROL_PLANE_CUT,
    KUBELET_CRASH,
    CONTAINER_EXIT,
    CONTAINER_COMPLETION,
    PROBE_FAILURE,
    APPLICATION_HANG,
    DISK_SHORTAGE,
    MEMORY_SHORTAGE,
    PID_SHORTAGE,
    SANDBOX_EXIT,
    DISRUPTION,
)

PODS_LOST = seen(*_LOSSES, EVICTION)
"""What takes pods away, or their readiness, without any controller's doing."""

PODS_LOST_OR_RESCALED = seen(*_LOSSES, EVICTION, RESCALED)
"""As ``PODS_LOST``, and whether an autoscaler asked for another number of them."""

PODS_LOST_OTHERWISE = seen(*_LOSSES)
"""As ``PODS_LOST``, evictions apart."""

NODES_LOST = seen(NODE_CRASH, SHUTDOWN, SILENT, LINK_CUT, CONTROL_PLANE_CUT, KUBELET_CRASH)
"""What makes nodes silent."""

NODES_LOST_ONE_BY_ONE = seen(NODE_CRASH, SHUTDOWN, LINK_CUT, KUBELET_CRASH)
"""What makes nodes silent, but not all at once."""


def disturbed(events: tuple[str, ...]) -> str:
    """The sentence that says what broke an assumption."""
    return f"after {' and '.join(events)}"
