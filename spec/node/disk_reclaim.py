"""What a kubelet gives up of its node where the disk is short, before it evicts anybody (kubelet §7, §8).

At each pass it first removes the containers that have ended, and then the images that no container uses any more. That
may be enough. Where images are followed, one that was removed has to be pulled again for the next start.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import attrs

from ..kinds import CREATED, NODE, POD, PRESENT, RUNNING, UNCHECKED, PodRuntime
from ..language.component import Countdown, Key, Rule
from ..language.plan import KEY, Alternative, Named, Step, Sweep, Target, Write
from ..language.query import DISTINCT, Query
from ..objects.pod import Pod
from .heartbeat import heartbeats
from .images import named
from .node_pressure import DISK_PRESSURE, PASS, Relief, enough_again

RECLAIM = "reclaim disk"
"""The name of the rule."""


def _used(node: str, pod: Pod | None, runtime: PodRuntime | None) -> tuple[str, ...] | None:
    """The images of the containers of a pod on a node that have not ended."""
    if pod is None or runtime is None or runtime.node != node:
        return None
    declared = (*pod.spec.init_containers, *pod.spec.containers)
    together = (runtime.containers,) * len(declared)
    states = tuple(it.state for it in runtime.each) or together
    pairs = zip(declared, states, strict=True)
    found = {named(container.image) for container, state in pairs if state in (CREATED, RUNNING)}
    return tuple(sorted(found)) or None


def in_use(node_of: Any) -> Query:
    """The query for the images that containers on a node use; ``node_of``: the node of a key's view."""
    return Query(POD, ("object", "runtime"), _used, DISTINCT, node_of)


@attrs.frozen(cache_hash=True)
class Collect:
    """The edit by which a node loses all images but those called ``kept``."""

    kept: frozenset[str]

    def __call__(self, images: frozenset[str], /) -> frozenset[str]:
        """What the node holds afterwards."""
        return images & self.kept


def _look_again(node: str, runtime: PodRuntime | None) -> tuple[PodRuntime | None]:
    if runtime is None or runtime.node != node or runtime.pull != PRESENT:
        return (runtime,)
    return (attrs.evolve(runtime, pull=UNCHECKED),)


def collect(target: Target, node: str, used: Iterable[tuple[str, ...]]) -> tuple[Step, ...]:
    """The steps by which a node loses the images that are not in use, and its kubelet has to look for them anew."""
    kept = frozenset(name for names in used for name in names)
    return (Write(target, "images", Collect(kept)), Sweep(POD, ("runtime",), _look_again, node))


def collect_on(node: str, used: Iterable[tuple[str, ...]]) -> tuple[Step, ...]:
    """As ``collect``, for the node of that name."""
    return collect(Named(NODE, node), node, used)


def _pressed(name: str, machine: str, kubelet: str, link: str, pressure: str, pressed: str) -> str | None:
    return name if pressure == pressed == DISK_PRESSURE and heartbeats(machine, kubelet, link) else None


_FIELDS = ("name", "machine", "kubelet", "link", "pressure", "pressed")


def reclaim(*, relief: Relief = enough_again, images: bool = False, key: Key | None = None) -> Rule:
    """The rule by which what nobody needs makes room enough; ``images``: they are followed.

    ``key``: of the nodes whose kubelet may do so, by name; those that say that their disk is short, unless given.
    """

    def decide(node: str, in_use: tuple[tuple[str, ...], ...] = ()) -> list[Alternative]:
        gone = collect(KEY, node, in_use) if images else ()
        return [Alternative((*relief(KEY), *gone), "dead containers and unused images made room enough")]

    return Rule(
        name=RECLAIM,
        key=key or Key(NODE, _FIELDS, _pressed),
        decide=decide,
        queries={"in_use": in_use(lambda node: node)} if images else {},
        duration=PASS,
        countdown=Countdown(periodic=True),
        reference="kubelet §7",
        meaning="where the disk is short the kubelet first removes dead containers and images that nobody uses",
    )
