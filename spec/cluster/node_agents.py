"""What runs on each node: the kubelet and the container runtime."""

from __future__ import annotations

from collections.abc import Callable

from ..control_plane.apiserver.admission import SYSTEM_PRIORITY_CLASSES
from ..environment import faults
from ..kinds import NODE, POD, named
from ..language.component import Component, Rule
from ..language.model import Assumption, Kind
from ..language.scenario import Scenario
from ..node import (
    active_deadline,
    container_runtime,
    container_sync,
    crash_back_off,
    cri_replies,
    grace,
    images,
    kubelet,
    probes,
)
from ..node.node_shutdown import SHUTDOWN_FIELDS
from ..node.old_lists import OLD_LIST_FIELDS, servers_behind
from ..node.pod_containers import told_apart
from ..node.pod_life import POD_LIFE
from ..node.post_start import POST_START_ERROR
from ..node.probes import has_liveness_probe, has_startup_probe
from ..node.runtime_health import SILENT
from ..node.static_pods import FOREIGN_FIELDS
from ..node.termination import longest_sleep
from ..objects.pod import CRITICAL_PRIORITY, Pod, PodSpec
from ..objects.priority import PriorityClass
from ..properties.deployments import DEPLOYMENT_MIN_SERVING
from . import attachments, container_health, jobs, static_pods
from .container_health import POST_START, SIDECARS_HANG, apart, hangs
from .node_pressures import NODE_PRESSURE, SOFT_THRESHOLDS, pressure_fields, pressure_rules, pulls, runs_short
from .node_shutdowns import ends_gracefully, may_shut_down, shutdown_grace
from .over_time import pod_specs, templates, versions
from .part import Bundles, Part, given
from .silent_runtimes import SILENT_RUNTIMES, may_be_silent, runtime_fields
from .static_pods import STATIC_PODS

APPLICATION_START = "application-start"
"""The constant that says how long an application takes to start; where a scenario names it, that is a step."""


def _tracks_serving(scenario: Scenario) -> bool:
    asked = DEPLOYMENT_MIN_SERVING.name in (*scenario.properties, *scenario.extra_properties)
    return asked or APPLICATION_START in scenario.constants


def fused(scenario: Scenario) -> frozenset[str]:
    """The components whose plans are one step, because nothing can fall between their requests that shows.

    What a runtime holds of a pod is read by its own kubelet alone. A node crash leaves the same behind halfway through
    a start as after it; only a kubelet that ends, or is cut off, in between makes a difference.
    """
    between = (
        faults.KUBELET_CRASH,
        faults.LINK_CUT,
        faults.CONTROL_PLANE_CUT,
        faults.CONTAINER_EXIT,
        faults.CONTAINER_COMPLETION,
        SILENT,
    )
    return frozenset() if any(scenario.faults.get(name, 0) for name in between) else frozenset({kubelet.NAME})


def _pre_stops(scenario: Scenario) -> tuple[int, ...]:
    """For how many seconds preStop hooks of the scenario's pods hold their deletion up, ascending."""
    specs = (*(template.spec for template in templates(scenario)), *(pod.spec for pod in versions(scenario, Pod)))
    found = {min(longest_sleep(spec), spec.termination_grace_period_seconds) for spec in specs}
    return tuple(sorted(found - {0}))


def probed(scenario: Scenario, has: Callable[[PodSpec], bool]) -> bool:
    """Whether some pod of the scenario has a probe of a kind."""
    return any(map(has, pod_specs(scenario)))


def _deadlines(scenario: Scenario) -> tuple[int, ...]:
    """Every active deadline that some pod of the scenario has, in seconds, ascending."""
    found = {spec.active_deadline_seconds for spec in pod_specs(scenario)}
    return tuple(sorted(seconds for seconds in found if seconds is not None))


def _deadline_rules(scenario: Scenario) -> tuple[Rule, ...]:
    return tuple(map(active_deadline.deadline_rule, _deadlines(scenario)))


def _loses_replies(scenario: Scenario) -> bool:
    return bool(scenario.faults.get(cri_replies.LOST, 0))


def _reply_rules(scenario: Scenario) -> tuple[Rule, ...]:
    runtime = scenario.switches.get("container-runtime", cri_replies.CONTAINERD)
    serving = not _tracks_serving(scenario)
    return cri_replies.rules(runtime, serving=serving) if _loses_replies(scenario) else ()


def _ends_in_steps(scenario: Scenario) -> bool:
    return scenario.switches.get("termination", "one-step") == "in-steps"


def _grace_rules(scenario: Scenario) -> tuple[Rule, ...]:
    if not _ends_in_steps(scenario):
        return ()
    graces = {max(grace.LEAST, spec.termination_grace_period_seconds - _hook(spec)) for spec in pod_specs(scenario)}
    return grace.of_runtime(tuple(graces | {grace.LEAST}))


def _hook(spec: PodSpec) -> int:
    return min(longest_sleep(spec), spec.termination_grace_period_seconds)


def has_critical_pods(scenario: Scenario) -> bool:
    """Whether the scenario has critical pods beside others that may have to make room for them."""
    classes = {it.metadata.name: it.value for it in (*SYSTEM_PRIORITY_CLASSES, *given(scenario, PriorityClass))}
    defaults = [it.value for it in given(scenario, PriorityClass) if it.global_default]
    found = {
        spec.priority or classes.get(spec.priority_class_name, min(defaults, default=0)) for spec in pod_specs(scenario)
    }
    return min(found, default=0) < CRITICAL_PRIORITY <= max(found, default=0)


def old_lists(scenario: Scenario) -> tuple[str, ...]:
    """The API servers that are behind from which a kubelet that restarts may list pods."""
    restarts = scenario.faults.get(faults.KUBELET_CRASH, 0)
    anywhere = scenario.switches.get("kubelet-list", "any-server") == "any-server"
    return servers_behind(scenario.lag, POD) if restarts and anywhere else ()


def _prepares(spec: PodSpec) -> bool:
    return any(not container.sidecar for container in spec.init_containers)


def _components(scenario: Scenario) -> tuple[Component, ...]:
    serving = _tracks_serving(scenario)
    stops = (faults.PROBE_FAILURE, faults.APPLICATION_HANG)
    tracked = serving or any(scenario.faults.get(fault, 0) for fault in stops)
    return (
        kubelet.component(
            old_lists=bool(old_lists(scenario)),
            nodes={s.node.metadata.name: s.node for s in scenario.nodes},
            track_serving=serving,
            pre_stops=_pre_stops(scenario),
            apart=apart(scenario),
            pulls=pulls(scenario),
            doubling=_doubles(scenario),
            probe_seconds=probes.probe_seconds(pod_specs(scenario)),
            pressure=runs_short(scenario),
            lost_replies=_loses_replies(scenario),
            in_steps=_ends_in_steps(scenario),
            critical_pods=has_critical_pods(scenario),
            silent_runtime=may_be_silent(scenario),
            shutdown_grace=shutdown_grace(scenario) if ends_gracefully(scenario) else 0.0,
            volumes=attachments.needed(scenario),
            further=(
                *attachments.rules_of_kubelet(
                    scenario,
                    serving=serving,
                    apart=apart(scenario),
                    pulls=pulls(scenario),
                    lost_replies=_loses_replies(scenario),
                ),
                *static_pods.rules(scenario),
                *pressure_rules(scenario),
                *_reply_rules(scenario),
                *_deadline_rules(scenario),
                *container_health.rules(scenario),
            ),
            early_phase=scenario.switches.get("terminal-phase", "after-clean-up") == "before-clean-up",
        ),
        container_runtime.component(
            track_serving=tracked,
            programs_finish=jobs.needed(scenario),
            init_containers=apart(scenario) and any(map(_prepares, pod_specs(scenario))),
            further=(*((images.PULLED,) if pulls(scenario) else ()), *_grace_rules(scenario)),
        ),
    )


def _kinds(scenario: Scenario) -> tuple[Kind, ...]:
    names = tuple(setup.node.metadata.name for setup in scenario.nodes)
    further = (
        *(images.NODE_IMAGES if pulls(scenario) else ()),
        *(FOREIGN_FIELDS if static_pods.needed(scenario) else ()),
        *pressure_fields(scenario),
        *runtime_fields(scenario),
        *(SHUTDOWN_FIELDS if may_shut_down(scenario) else ()),
    )
    return (named(NODE, names, further),)


def _pods(scenario: Scenario) -> int:
    return len(given(scenario, Pod))


def _initial(scenario: Scenario) -> Bundles:
    return {
        NODE: tuple(
            {
                "name": setup.node.metadata.name,
                "object": setup.node if setup.registered else None,
                **({"images": images.held(setup.node)} if pulls(scenario) else {}),
            }
            for setup in scenario.nodes
        ),
    }


def _assumptions(scenario: Scenario) -> tuple[Assumption, ...]:
    found = []
    if _ends_in_steps(scenario):
        found.append(
            Assumption(
                "sidecars-stopped-by-force",
                "containers that are told apart end with exit code 137 when the kubelet stops them; others handle TERM,"
                " and end with exit code 0, or ignore it",
                "kubelet §5",
            )
        )
    else:
        found.append(
            Assumption(
                "stopped-by-force",
                "containers that the kubelet stops end with exit code 137, so their pod ends as Failed",
                "kubelet §5",
            )
        )
    together = scenario.switches.get("containers", "apart") == "together" and any(map(told_apart, pod_specs(scenario)))
    if together:
        found.append(
            Assumption(
                "containers-together",
                "the main containers of a pod start and stop together; init containers succeed",
                "container-runtime §3",
            )
        )
    if not pulls(scenario):
        found.append(
            Assumption("images-present", "the images of all containers are on every node", "container-runtime §4")
        )
    if fused(scenario):
        found.append(
            Assumption(
                "runtime-calls-together",
                "a kubelet's calls to its runtime for one pod are one step: no fault asked for falls between them",
                "container-runtime §3",
            )
        )
    if not _tracks_serving(scenario):
        found.append(Assumption("serving-when-started", "an application answers requests as soon as it has started"))
    return tuple(found)


NODE_AGENTS = Part(
    "node agents",
    components=_components,
    kinds=_kinds,
    pods=_pods,
    initial=_initial,
    machines=(POD_LIFE, *container_runtime.MACHINES, *kubelet.MACHINES),
    assumptions=_assumptions,
)

CONTAINERS_APART = Part("containers told apart", apart, machines=container_sync.MACHINES)
"""Pods with init containers, sidecars or several main containers."""

STARTUP_PROBES = Part(
    "startup probes", lambda scenario: probed(scenario, has_startup_probe), machines=(probes.STARTED,)
)
"""Pods whose start is probed."""


def _doubles(scenario: Scenario) -> bool:
    return scenario.switches.get("crash-back-off", "constant") == "doubling"


def _crash_assumptions(_scenario: Scenario) -> tuple[Assumption, ...]:
    return (
        Assumption(
            "crashes-of-a-pod",
            "how often containers were started again is counted for all containers of a pod together, and not in a new"
            " sandbox; those that are told apart wait for 10 s each time",
            "kubelet §6",
        ),
    )


def _constant_assumptions(_scenario: Scenario) -> tuple[Assumption, ...]:
    return (
        Assumption(
            "crash-back-off-constant",
            "containers that keep ending wait for 10 s each time, unless crash-back-off says that this doubles",
            "kubelet §6",
        ),
    )


def _instance_assumptions(_scenario: Scenario) -> tuple[Assumption, ...]:
    return (
        Assumption(
            "one-dead-instance",
            "of a container that ended, its newest instance is kept until its pod goes, and no older one; how often it"
            " was started again is counted as never or at least once, and from the beginning in a new sandbox",
            "container-runtime §3, §7",
        ),
    )


def _restarts(scenario: Scenario) -> bool:
    ends = (faults.CONTAINER_EXIT, faults.CONTAINER_COMPLETION, faults.APPLICATION_HANG, POST_START_ERROR)
    return any(scenario.faults.get(fault, 0) for fault in ends) or probed(scenario, _kills)


INSTANCES = Part("dead containers", _restarts, assumptions=_instance_assumptions)
"""Containers that end and start again, so that there are several instances of them."""


def _ends_again(scenario: Scenario) -> bool:
    ends = (faults.CONTAINER_EXIT, faults.CONTAINER_COMPLETION, faults.APPLICATION_HANG)
    return any(scenario.faults.get(fault, 0) > 1 for fault in ends) or probed(scenario, _kills)


CRASH_BACK_OFF = Part(
    "crash back-off that doubles", _doubles, machines=(crash_back_off.MACHINE,), assumptions=_crash_assumptions
)
"""Containers that keep ending, and wait longer each time."""

CONSTANT_BACK_OFF = Part(
    "crash back-off that stays",
    lambda scenario: _ends_again(scenario) and not _doubles(scenario),
    assumptions=_constant_assumptions,
)
"""Containers that keep ending, and wait as long each time."""


def _kills(spec: PodSpec) -> bool:
    return has_startup_probe(spec) or has_liveness_probe(spec)


def _probe_assumptions(_scenario: Scenario) -> tuple[Assumption, ...]:
    return (
        Assumption(
            "probe-seconds",
            "a startup or liveness probe fails failureThreshold times periodSeconds after its container stopped"
            " answering, or, as long as it has never answered, after initialDelaySeconds more; one that succeeds does"
            " so at once",
            "kubelet §6",
        ),
    )


PROBE_TIMES = Part(
    "probes that stop containers", lambda scenario: probed(scenario, _kills), assumptions=_probe_assumptions
)
"""Pods whose containers are stopped where probes fail."""


def _hang_assumptions(_scenario: Scenario) -> tuple[Assumption, ...]:
    return (
        Assumption(
            "hangs-as-a-whole",
            "where an application hangs, all main containers of its pod do, until one of them is stopped; a sidecar"
            " hangs by itself, if it has a probe",
        ),
    )


def _pull_assumptions(scenario: Scenario) -> tuple[Assumption, ...]:
    collected = "only where the disk is short" if scenario.faults.get(faults.DISK_SHORTAGE, 0) else "never"
    return (
        Assumption(
            "images-of-a-pod-together",
            "the images of a pod are pulled together, before any of its containers is created, and no pull waits for"
            " that of another pod; credentials are right; a node that says"
            f" nothing of its images holds those with imagePullPolicy Never; images that nobody uses are collected"
            f" {collected}",
            "container-runtime §4, §7",
        ),
    )


IMAGES = Part("images", pulls, machines=(images.IMAGE_PULL,), assumptions=_pull_assumptions)
"""Images that have to be pulled."""

HANGING = Part(
    "applications that hang", hangs, machines=(container_runtime.APPLICATION,), assumptions=_hang_assumptions
)
"""Applications that run and answer nothing."""

OLD_LISTS = Part("old lists", lambda scenario: bool(old_lists(scenario)), pod_fields=OLD_LIST_FIELDS)
"""What a kubelet keeps of a list that was old."""


LOST_REPLIES = Part("lost replies of the runtime", _loses_replies, machines=(cri_replies.SANDBOX_KNOWLEDGE,))
"""Sandboxes of which their kubelet was not told."""

TERMINATION = Part("termination in steps", _ends_in_steps, machines=(grace.TERMINATION,))
"""Containers that get TERM, and KILL later."""

NODE_FEATURES = (
    CONTAINERS_APART,
    STARTUP_PROBES,
    PROBE_TIMES,
    CRASH_BACK_OFF,
    CONSTANT_BACK_OFF,
    INSTANCES,
    HANGING,
    SIDECARS_HANG,
    POST_START,
    IMAGES,
    STATIC_PODS,
    NODE_PRESSURE,
    SOFT_THRESHOLDS,
    SILENT_RUNTIMES,
    LOST_REPLIES,
    TERMINATION,
    OLD_LISTS,
)
"""What some scenarios need of nodes besides."""
