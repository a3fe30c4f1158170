"""The descheduler: every so often it evicts pods that a strategy would rather have elsewhere.

Duty: ask the API server for evictions. Where the next pod goes is the scheduler's choice alone, which knows nothing of
the descheduler's reasons: if it prefers what the strategy dislikes, the pods go round for ever.

Life of a round: it lists nodes and pods -> a strategy chooses -> each pod's eviction is asked for, once: what a budget
refuses is left until the next round (Descheduler, README).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from ..control_plane.scheduler.views import scheduling_view
from ..kinds import DESCHEDULER, NODE, POD, REQUESTED, Eviction
from ..language.component import Component, Countdown, Key, Rule
from ..language.plan import Alternative, Chosen, Set, Write
from ..language.query import MULTISET, Query, no_parameter
from ..language.scenario import Descheduler
from ..objects.conditions import condition_is_true
from ..objects.metadata import ObjectMeta
from ..objects.node import Node, NodeStatus
from ..objects.pod import Pod, is_terminal
from .descheduler_decisions import Cluster, Evictions, Placed, may_be_evicted, rounds

NAME = "descheduler"


def _ready(_parameter: None, node: Node | None) -> Node | None:
    if node is None or not condition_is_true(node.status.conditions, "Ready"):
        return None
    meta = ObjectMeta(name=node.metadata.name, namespace="", labels=node.metadata.labels)
    return Node(meta, node.spec, NodeStatus(allocatable=node.status.allocatable))


def _placed(_parameter: None, pod: Pod | None, eviction: Eviction | None) -> Placed | None:
    if pod is None or not pod.spec.node_name or is_terminal(pod):
        return None
    return Placed(scheduling_view(pod, owners=pod.metadata.owner_references), may_be_evicted(pod) and eviction is None)


NODES = Query(NODE, ("object",), _ready, MULTISET, no_parameter)
"""The nodes that are ready."""

PODS = Query(POD, ("object", "eviction"), _placed, MULTISET, no_parameter)
"""The pods that have a node and have not ended."""


def _requests(evictions: Evictions) -> tuple[Write, ...]:
    plan = []
    for number, placed in enumerate(evictions):
        asked = Eviction(REQUESTED, placed.pod.spec.node_name)
        plan.append(Write(Chosen("pods", placed, label=number), "eviction", Set(asked)))
    return tuple(plan)


def _because(strategy: str, evictions: Evictions) -> str:
    nodes = Counter(placed.pod.spec.node_name for placed in evictions)
    return f"{strategy}: " + ", ".join(f"{number} of {node}" for node, number in sorted(nodes.items()))


def _rule(strategy: str, wanted: Descheduler) -> Rule:
    def decide(
        _key: Descheduler, nodes: tuple[tuple[Node, int], ...], pods: tuple[tuple[Placed, int], ...]
    ) -> Iterable[Alternative]:
        cluster = Cluster(tuple(node for node, _ in nodes), pods)
        for evictions in sorted(rounds(cluster, strategy, soft=wanted.soft_constraints), key=repr):
            yield Alternative(_requests(evictions), _because(strategy, evictions))

    return Rule(
        name=strategy,
        key=Key(DESCHEDULER, ("policy",), lambda policy: policy),
        queries={"nodes": NODES, "pods": PODS},
        decide=decide,
        duration=wanted.interval,
        countdown=Countdown(periodic=True),
        reference="Descheduler, README, Policy and Strategies",
        meaning="a round: the pods that the strategy wants elsewhere are evicted",
    )


def component(wanted: Descheduler) -> Component:
    """The descheduler, with a rule for each strategy."""
    return Component(
        name=NAME,
        rules=tuple(_rule(strategy, wanted) for strategy in dict.fromkeys(wanted.strategies)),
        process=NAME,
        place="addons",
        duty="evicts pods that would better be elsewhere",
        reference="Descheduler, README",
    )
