"""The kubelet, one on every node (kubelet §1-§6).

Duty: register the node and report it Ready; admit the pods that are bound to it, start them, restart them, probe them,
report their status; end them and complete their deletion. It never touches the pods of other nodes.

Life of a pod on its node: admit (or reject) -> sandbox, init containers, containers -> probe -> report status ->
(restart after an exit) -> stop -> report the end -> complete deletion. A kubelet that restarts has forgotten its
workers and adopts what the runtime holds. Every rule acts for one node; it needs that node's machine and kubelet, and
its link to the API server for all that begins with something the API says.

Not modelled: mounts of volumes, admission anew after a restart. A kubelet whose link is cut between
seeing a deletion and acting on it acts as if it had not seen it.
"""

from __future__ import annotations

from collections.abc import Mapping

import attrs
from frozendict import frozendict

from ..kinds import KUBELET, NODE, POD
from ..language.component import Component, Handler, Rule
from ..language.machine import Arrow, Machine, State
from ..objects.node import Node
from . import container_sync, crash_back_off, grace, images, node_shutdown, probes
from .admission import admit
from .critical_pods import MAKE_ROOM_FOR_CRITICAL, victims
from .node_shutdown import POST_READY_UNLESS_ENDING
from .old_lists import START_LISTED
from .pod_status import REPORT_STATUS
from .probes import UNPROBED, ProbeSeconds
from .registration import POST_READY, note_deletion, register
from .runtime_health import POST_UNHEALTHY, listing, waiting_for_runtime
from .startup import adopt, ended_pod, restart
from .termination import DELETE_POD, STOP_ENDED_POD, STOP_POD, stop_after_hook

NAME = "kubelet"


def component(
    *,
    nodes: Mapping[str, Node] = frozendict(),
    track_serving: bool = False,
    pre_stops: tuple[int, ...] = (),
    early_phase: bool = False,
    old_lists: bool = False,
    apart: bool = False,
    pulls: bool = False,
    pressure: bool = False,
    lost_replies: bool = False,
    in_steps: bool = False,
    critical_pods: bool = False,
    shutdown_grace: float = 0.0,
    silent_runtime: bool = False,
    probe_seconds: ProbeSeconds = UNPROBED,
    doubling: bool = False,
    volumes: bool = False,
    further: tuple[Rule, ...] = (),
) -> Component:
    """The kubelets of all nodes.

    ``nodes``: what the kubelets register, by node name; a node that is not in it never creates its object.
    ``track_serving``: the application's start is a step of the container runtime instead of part of StartContainer.
    ``pre_stops``: for how many seconds preStop hooks hold a deletion up.
    ``early_phase``: pods are reported finished before they are cleaned up (``admission.admit``). ``old_lists``: a
    kubelet that restarts may list from an API server that is behind. ``apart``: containers are told apart where a pod
    has several. ``pulls``: images are followed. ``pressure``: nodes may run short of something.
    ``lost_replies``: replies of the runtime may be lost. ``in_steps``: containers that end get TERM, and KILL later.
    ``critical_pods``: there are such, for which others are ended. ``silent_runtime``: the container runtime may answer
    nothing. ``shutdown_grace``: for how many seconds nodes that may be shut down wait for their kubelet, 0 where there
    are none. ``probe_seconds``: how long the probes of pods take to fail.
    ``doubling``: the back-off of containers that keep ending doubles. ``volumes``: pods wait for theirs.
    ``further``: rules that single features bring.
    """
    serving = not track_serving
    post_ready = POST_READY_UNLESS_ENDING if shutdown_grace else POST_READY
    found = Component(
        name=NAME,
        rules=(
            register(nodes),
            *((listing(post_ready), POST_UNHEALTHY) if silent_runtime else (post_ready,)),
            *(node_shutdown.of_kubelet(shutdown_grace) if shutdown_grace else ()),
            admit(
                serving=serving,
                early_phase=early_phase,
                apart=apart,
                pulls=pulls,
                pressure=pressure,
                shut_down=bool(shutdown_grace),
                lost_replies=lost_replies,
                volumes=volumes,
                makes_room=victims if critical_pods else None,
                endable_pods=MAKE_ROOM_FOR_CRITICAL.queries["endable"] if critical_pods else None,
            ),
            *((MAKE_ROOM_FOR_CRITICAL,) if critical_pods else ()),
            *(images.OF_KUBELET if pulls else ()),
            adopt(serving=serving),
            *(
                (*crash_back_off.doubling(restart(serving=serving, back_off=False), ended_pod), crash_back_off.FORGIVE)
                if doubling
                else (restart(serving=serving, back_off=False), restart(serving=serving, back_off=True))
            ),
            *(container_sync.rules(serving=serving) if apart else ()),
            *probes.rules(probe_seconds),
            REPORT_STATUS,
            *((STOP_ENDED_POD, *grace.of_kubelet(pre_stops)) if in_steps else (STOP_POD,)),
            *map(stop_after_hook, () if in_steps else pre_stops),
            DELETE_POD,
            *((START_LISTED,) if old_lists else ()),
            *further,
        ),
        process=KUBELET,
        place="node",
        handlers=(Handler(NODE, "deleted", note_deletion),),
        duty="runs the pods that are bound to its node and reports on them and on the node",
        reference="kubelet",
    )
    return attrs.evolve(found, rules=waiting_for_runtime(found.rules)) if silent_runtime else found


WORKER = Machine(
    name="pod worker",
    kind=POD,
    fields=("worker",),
    states=(
        State("Unknown", lambda worker: worker is None, "the kubelet has not seen the pod, or has forgotten it"),
        State("Syncing", lambda worker: worker is not None and not worker.ready, "no readiness probe has succeeded"),
        State("Probed", lambda worker: worker is not None and worker.ready, "the readiness probe succeeded"),
    ),
    initial="Unknown",
    arrows=(
        Arrow("admit", "Unknown", "Syncing", NAME, "kubelet §4"),
        Arrow("probe success", "Syncing", "Probed", NAME, "kubelet §6"),
        Arrow("probe failure", "Probed", "Syncing", NAME, "kubelet §6"),
        Arrow("finish", "Syncing", "Unknown", NAME, "kubelet §3"),
        Arrow("finish", "Probed", "Unknown", NAME, "kubelet §3"),
        Arrow("kubelet ends", "Syncing", "Unknown", "fault", "kubelet §3"),
        Arrow("kubelet ends", "Probed", "Unknown", "fault", "kubelet §3"),
    ),
    meaning="what the kubelet remembers of one pod",
    reference="kubelet §3",
)

MACHINES = (WORKER,)
