"""What must hold while etcd has no space left (etcd §5)."""

from __future__ import annotations

from ..control_plane.etcd.space import ALARM, ETCD_SPACE, WRITTEN
from ..language.component import Key
from ..language.property import HOLDS, StateProperty, violated

NO_PUTS = StateProperty(
    name="no-puts-without-space",
    statement="while etcd's space is used up no object is created or changed; reads and removals go through",
    key=Key(
        ETCD_SPACE, (ALARM, WRITTEN), lambda alarm, written: "written" if written else ("alarm" if alarm else None)
    ),
    judge=lambda key: violated("something was written while etcd had no space") if key == "written" else HOLDS,
    reference="etcd §5",
    advice="free space: compact, defragment each member, disarm the alarm NOSPACE; then raise --quota-backend-bytes",
)

__all__ = ["NO_PUTS"]
