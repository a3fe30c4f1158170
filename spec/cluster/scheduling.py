"""The scheduler."""

from __future__ import annotations

from collections.abc import Mapping

from ..control_plane.scheduler import component as scheduler
from ..control_plane.scheduler.back_off import INITIAL_BACKOFF, LONGEST_BACKOFF, BackOff, delays
from ..control_plane.scheduler.component import PREEMPTION_IN_ONE_GO, Setup
from ..control_plane.scheduler.profiles import SchedulerProfile, all_profiles, profiles_of
from ..control_plane.scheduler.queue import MACHINE
from ..control_plane.scheduler.sampling import LEAST_TO_FIND
from ..control_plane.scheduler.snapshot import Alike
from ..control_plane.scheduler.views import BUDGETS
from ..environment.outages import OUTAGES
from ..environment.watch_faults import REQUEST_FAULTS
from ..kinds import ATTEMPTS_FIELDS, KUBE_SCHEDULER
from ..language.component import Component
from ..language.model import Assumption
from ..language.plan import Rpc
from ..language.scenario import Scenario
from ..objects.disruption import PodDisruptionBudget
from ..objects.namespace import Namespace
from ..objects.pod import Pod, PodSpec
from ..objects.priority import PriorityClass
from ..objects.selectors import LabelSelector
from ..objects.service import Service
from ..objects.storage import CSINode, Storage
from ..properties.attachments_followed import follows_attachments
from ..properties.standing_storage import standing_storage
from ..properties.storage_classes import classes
from . import claims, persistent_volumes
from .over_time import templates, versions
from .part import Part, given, names


def _unserved(scenario: Scenario) -> list[str]:
    specs = (*(it.spec for it in templates(scenario)), *(pod.spec for pod in versions(scenario, Pod)))
    return sorted({spec.scheduler_name for spec in specs} - set(all_profiles(scenario)))


def _how_many(scenario: Scenario) -> str:
    return "the schedulers serve" if scenario.schedulers else "there is one scheduler, which serves"


def _priority(spec: PodSpec) -> tuple[str, int]:
    return spec.priority_class_name, spec.priority or 0


def several_priorities(scenario: Scenario) -> bool:
    """Whether some pod may be more urgent than another: only then can one make another go."""
    specs = (*(it.spec for it in templates(scenario)), *(pod.spec for pod in versions(scenario, Pod)))
    named = {item.metadata.name: item.value for item in given(scenario, PriorityClass)}
    default = next((item.value for item in given(scenario, PriorityClass) if item.global_default), 0)
    found = {named.get(name, priority) if name else priority or default for name, priority in map(_priority, specs)}
    return len(found) > 1


def setup(scenario: Scenario, served: Mapping[str, SchedulerProfile]) -> Setup:
    """How a scheduler is set up that serves these profiles."""
    services = (
        Alike(it.metadata.namespace, LabelSelector(it.spec.selector))
        for it in given(scenario, Service)
        if any(profile.reads_owners for profile in served.values())
    )
    preempts = several_priorities(scenario)
    budgets = BUDGETS if preempts and names(scenario, PodDisruptionBudget) else None
    moving = persistent_volumes.needed(scenario)
    return Setup(
        served,
        preempts,
        tuple(services),
        given(scenario, Namespace),
        budgets,
        _standing(scenario) if moving else standing_storage(scenario),
        moving,
        hints_missed(scenario),
        _back_off(scenario),
        scenario.switches.get("nomination-before-binding", "on") == "on",
    )


def _standing(scenario: Scenario) -> Storage:
    """What stands of the storage where claims and volumes come and go."""
    return Storage(classes=classes(scenario), csi_nodes=given(scenario, CSINode))


def _doubles(scenario: Scenario) -> bool:
    return scenario.switches.get("scheduling-back-off") == "doubling"


def _back_off(scenario: Scenario) -> BackOff:
    if not _doubles(scenario):
        return BackOff()
    initial = scenario.constants.get("pod-initial-backoff", INITIAL_BACKOFF)
    longest = scenario.constants.get("pod-max-backoff", LONGEST_BACKOFF)
    early = scenario.switches.get("pop-from-back-off", "on") == "on"
    return BackOff(doubles=True, pops_early=early, delays=delays(initial, longest))


def hints_missed(scenario: Scenario) -> bool:
    """Whether no event is found to help a pod that could not be scheduled."""
    return scenario.switches.get("queueing-hints") == "missed"


ATTACHED_WITH_PODS = Assumption(
    "attached-with-pods",
    "a volume counts against what a node can attach while a pod that uses it is there, and no longer: neither attaching"
    " nor detaching takes time",
    "kube-scheduler §4, controllers-cluster §12",
)

COUNTED_WITH_PODS = Assumption(
    "counted-with-pods",
    "a volume counts against what a node can attach while a pod that uses it is there, and no longer, whether it is"
    " attached or not",
    "kube-scheduler §4",
)

NO_PERMIT = Assumption(
    "no-permit-plugins",
    "no plug-in of any profile lets a pod wait for a permit, or rejects it, once its node is chosen",
    "kube-scheduler §3.8",
)

BACK_OFF_CONSTANT = Assumption(
    "scheduling-back-off-constant",
    "a pod that an event has helped waits for the first back-off from then on, and nobody takes it earlier, unless"
    " scheduling-back-off says that back-offs double from attempt to attempt, and count from the last",
    "kube-scheduler §2",
)

ERRORS_UNREPORTED = Assumption(
    "scheduling-errors-unreported",
    "an attempt that an error ended leaves no condition at its pod (PodScheduled=False, reason SchedulerError), which"
    " nobody would read",
    "kube-scheduler §2",
)

HINTS_EXACT = Assumption(
    "queueing-hints-exact",
    "an unschedulable pod is tried again exactly when a node has become feasible for it",
    "kube-scheduler §2",
)

HINTS_MISSED = Assumption(
    "queueing-hints-missed",
    "no event is found to help an unschedulable pod: it is tried again when it has waited for five minutes, in which"
    " everything that is faster has happened; that the scheduler looks for such pods every 30 s adds nothing to that",
    "kube-scheduler §2, edge cases 5",
)


BIG_CLUSTER = (
    Assumption(
        "nodes-in-turn",
        f"among more than {LEAST_TO_FIND} nodes the scheduler looks for feasible ones in the order of their names, from"
        " any node on; which zone they are in does not change that order",
        "kube-scheduler §3.5",
    ),
    Assumption(
        "all-candidates",
        "preemption looks at every node on which it might help",
        "kube-scheduler §6",
    ),
)
"""What is left out where the scheduler looks at some of the nodes only."""


def _binding_may_fail(scenario: Scenario) -> bool:
    """Whether a request of the scheduler may be lost, or come too late for what it saw."""
    lost = any(scenario.faults.get(fault, 0) for fault in (*REQUEST_FAULTS, *OUTAGES))
    late = any(client == KUBE_SCHEDULER for client, _ in scenario.lag) or bool(scenario.schedulers)
    return lost or late or scenario.rpc is Rpc.MESSAGE


def _components(scenario: Scenario) -> tuple[Component, ...]:
    return (scheduler.component(setup(scenario, profiles_of(scenario))),)


def _assumptions(scenario: Scenario) -> tuple[Assumption, ...]:
    found = [PREEMPTION_IN_ONE_GO] if several_priorities(scenario) else []
    if not persistent_volumes.needed(scenario):
        found += claims.assumptions(scenario)
    if scenario.profiles or scenario.schedulers:
        found.append(NO_PERMIT)
    if given(scenario, CSINode):
        found.append(COUNTED_WITH_PODS if follows_attachments(scenario) else ATTACHED_WITH_PODS)
    if _binding_may_fail(scenario):
        found.append(ERRORS_UNREPORTED)
    found.append(HINTS_MISSED if hints_missed(scenario) else HINTS_EXACT)
    if not _doubles(scenario):
        found.append(BACK_OFF_CONSTANT)
    if len(scenario.nodes) > LEAST_TO_FIND:
        found += BIG_CLUSTER
    unserved = _unserved(scenario)
    if unserved:
        found.append(
            Assumption(
                "schedulers",
                f"nobody schedules pods for {', '.join(unserved)}: {_how_many(scenario)}"
                f" {', '.join(all_profiles(scenario))}",
                "kube-scheduler §1",
            )
        )
    if any(profile.scores is None for profile in all_profiles(scenario).values()):
        found.append(Assumption("any-feasible-node", "the scheduler may choose any feasible node, whatever its score"))
    return tuple(found)


SCHEDULING = Part(
    "scheduling",
    components=_components,
    machines=(MACHINE,),
    assumptions=_assumptions,
)

SCHEDULING_BACK_OFF = Part("scheduling back-off that doubles", _doubles, pod_fields=ATTEMPTS_FIELDS)
"""Pods that could not be scheduled, and wait longer each time."""
