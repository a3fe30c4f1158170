"""Nodes that run short of memory, disk or process ids, and the thresholds of their kubelets."""

from __future__ import annotations

from ..environment import faults
from ..language.component import Rule
from ..language.model import Assumption, Field
from ..language.scenario import Scenario
from ..node import node_pressure, soft_eviction
from ..node.disk_reclaim import collect_on, in_use, reclaim
from ..node.heartbeat import node_of
from .over_time import pod_specs
from .part import Part


def pulls(scenario: Scenario) -> bool:
    """Whether images are followed: their pull may fail."""
    return bool(scenario.faults.get(faults.IMAGE_PULL_ERROR, 0))


def runs_short(scenario: Scenario) -> bool:
    """Whether nodes may run short of something."""
    return any(scenario.faults.get(fault, 0) for fault in faults.PRESSURES)


def _disk(scenario: Scenario) -> bool:
    return bool(scenario.faults.get(faults.DISK_SHORTAGE, 0))


def has_soft_thresholds(scenario: Scenario) -> bool:
    """Whether nodes that may run short have soft thresholds."""
    return runs_short(scenario) and scenario.constants.get(soft_eviction.SOFT_GRACE, 0) > 0


def pressure_fields(scenario: Scenario) -> tuple[Field, ...]:
    """What is kept of nodes besides."""
    if not runs_short(scenario):
        return ()
    return (*node_pressure.PRESSURE_FIELDS, *(soft_eviction.SOFT_FIELDS if has_soft_thresholds(scenario) else ()))


def pressure_rules(scenario: Scenario) -> tuple[Rule, ...]:
    """The rules that kubelets have for that."""
    if not runs_short(scenario):
        return ()
    disk = _disk(scenario)
    images = disk and pulls(scenario)
    if has_soft_thresholds(scenario):
        grace = float(scenario.constants[soft_eviction.SOFT_GRACE])
        most = float(scenario.constants.get(soft_eviction.MAX_POD_GRACE, 0))
        return soft_eviction.rules(pod_specs(scenario), grace=grace, most=most, disk=disk, images=images)
    evict = node_pressure.EVICT
    if images:
        evict = node_pressure.evicting(
            node_pressure.EVICT_NAME, node_pressure.EVICTS_AT_ONCE, reclaim=collect_on, in_use=in_use(node_of)
        )
    return (
        node_pressure.POST_PRESSURE,
        node_pressure.POST_RELIEF,
        evict,
        *((reclaim(images=images),) if disk else ()),
    )


def _assumptions(scenario: Scenario) -> tuple[Assumption, ...]:
    soft = has_soft_thresholds(scenario)
    thresholds = "a node comes past its soft threshold first" if soft else "thresholds are hard"
    return (
        Assumption(
            "use-of-pods-unknown",
            "how much a pod uses of its node is left open: one without requests uses more than that, one whose limits"
            " are its requests does not, others may; an eviction may free enough or not",
            "kubelet §7",
        ),
        Assumption(
            "evicts-while-connected",
            f"a kubelet evicts for node pressure while it reaches the API server; {thresholds}; a node is short"
            " of one thing at a time",
            "kubelet §7",
        ),
    )


def _soft_assumptions(_scenario: Scenario) -> tuple[Assumption, ...]:
    return (
        Assumption(
            "soft-evictions-in-time",
            "a container that is evicted past a soft threshold ends as soon as its preStop hook has slept, at most for"
            " eviction-max-pod-grace-period",
            "kubelet §7",
        ),
    )


NODE_PRESSURE = Part("node pressure", runs_short, machines=(node_pressure.PRESSURE,), assumptions=_assumptions)
"""Nodes that run short of memory, disk or process ids."""

SOFT_THRESHOLDS = Part(
    "soft thresholds", has_soft_thresholds, machines=(soft_eviction.MACHINE,), assumptions=_soft_assumptions
)
"""Nodes that run short in two steps."""
