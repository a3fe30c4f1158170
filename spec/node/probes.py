"""Probes (kubelet §6): their results are the kubelet's memory, in the pod's worker.

A startup probe holds the other two back until it has succeeded. One that fails, as a liveness probe that fails, makes
the kubelet stop the container, which starts again as its restart policy says; a readiness probe that fails takes the
pod out of its endpoints.
"""

from __future__ import annotations

from collections.abc import Callable

import attrs

from ..kinds import POD, RUNNING, PodRuntime, PodWorker
from ..language.component import Key, Rule
from ..language.machine import Arrow, Machine, State
from ..language.plan import KEY, Alternative, RuntimeCall, Set, Write
from ..objects.containers import Container
from ..objects.pod import Pod, PodSpec
from .container_runtime import StopContainer, mains_run
from .heartbeat import KUBELET_RUNS
from .pod_containers import starting
from .pod_status import has_readiness_probe
from .startup import wanted

FAILURE = 30.0
"""Seconds until a failing probe counts: three failures in a row, ten seconds apart (kubelet §6)."""

STARTUP_SUCCEEDS, STARTUP_FAILS, LIVENESS_FAILS = (
    "startup probe succeeds",
    "startup probe fails",
    "liveness probe fails",
)
"""Names of the rules of startup and liveness probes."""

View = Callable[[Pod | None, PodRuntime | None, PodWorker | None], object]
_FIELDS = ("object", "runtime", "worker")


def has_startup_probe(spec: PodSpec) -> bool:
    """Whether any container or sidecar of the pod has a startup probe."""
    return any(container.startup_probe is not None for container in (*spec.init_containers, *spec.containers))


def has_liveness_probe(spec: PodSpec) -> bool:
    """Whether any main container of the pod has a liveness probe."""
    return any(container.liveness_probe is not None for container in spec.containers)


@attrs.frozen(cache_hash=True)
class Probed:
    """A pod of ``node`` whose readiness probe now says something else. ``started``: as its worker knows it."""

    node: str
    started: tuple[str, ...] = ()


def _probed(pod: Pod | None, runtime: PodRuntime | None, worker: PodWorker | None, result: bool) -> Probed | None:
    if pod is None or runtime is None or worker is None or runtime.containers != RUNNING or not wanted(pod):
        return None
    if not has_readiness_probe(pod.spec) or runtime.serving is not result or worker.ready is result:
        return None
    return None if result and starting(pod.spec, worker.started) else Probed(worker.node, worker.started)


def _probe(result: bool) -> Rule:
    def view(pod: Pod | None, runtime: PodRuntime | None, worker: PodWorker | None) -> Probed | None:
        return _probed(pod, runtime, worker, result)

    def decide(key: Probed) -> list[Alternative]:
        serves = "the application serves" if result else "the application does not serve"
        return [Alternative((Write(KEY, "worker", Set(PodWorker(key.node, result, key.started))),), serves)]

    return Rule(
        name="readiness probe succeeds" if result else "readiness probe fails",
        key=Key(POD, _FIELDS, view),
        decide=decide,
        guards=(KUBELET_RUNS,),
        duration=0.0 if result else FAILURE,
        reference="kubelet §6",
        meaning="the kubelet learns whether a running pod's application serves",
    )


PROBE_SUCCEEDS = _probe(True)
PROBE_FAILS = _probe(False)


@attrs.frozen(cache_hash=True)
class Answering:
    """A pod of ``node`` whose containers ``names`` answer, or do not; ``worker``: what its kubelet remembers of it.

    ``apart``: its containers are told apart.
    """

    node: str
    names: tuple[str, ...]
    worker: PodWorker
    apart: bool


def _runs(runtime: PodRuntime, name: str) -> bool:
    if not runtime.each:
        return runtime.containers == RUNNING
    return any(it.name == name and it.state == RUNNING for it in runtime.each)


def _is_main(spec: PodSpec, name: str) -> bool:
    return any(it.name == name for it in spec.containers)


def _started(pod: Pod | None, runtime: PodRuntime | None, worker: PodWorker | None) -> Answering | None:
    if pod is None or runtime is None or worker is None or not wanted(pod):
        return None
    names = tuple(
        name
        for name in starting(pod.spec, worker.started)
        if _runs(runtime, name) and (runtime.serving or (runtime.each and not _is_main(pod.spec, name)))
    )
    return Answering(worker.node, names, worker, bool(runtime.each)) if names else None


def _learn(key: Answering) -> list[Alternative]:
    def known(*names: str) -> Write:
        return Write(KEY, "worker", Set(attrs.evolve(key.worker, started=(*key.worker.started, *names))))

    if not key.apart:
        return [Alternative((known(*key.names),), "the application serves")]
    return [Alternative((known(name),), f"{name} answers") for name in key.names]


STARTUP_PROBE_SUCCEEDS = Rule(
    name=STARTUP_SUCCEEDS,
    key=Key(POD, _FIELDS, _started),
    decide=_learn,
    guards=(KUBELET_RUNS,),
    reference="kubelet §6",
    meaning="the kubelet learns that a container has started; only now its other probes begin",
)


def _silent(applies: Callable[[Container, bool], bool]) -> View:
    """The view of a pod whose application answers nothing: its main containers to which a probe ``applies``.

    The second argument of ``applies`` says whether the container's startup probe has yet to succeed.
    """

    def view(pod: Pod | None, runtime: PodRuntime | None, worker: PodWorker | None) -> Answering | None:
        if pod is None or runtime is None or worker is None or not wanted(pod):
            return None
        if runtime.containers != RUNNING or runtime.serving or not mains_run(runtime.each):
            return None
        # One that is still counted as ready has stopped answering for no longer than its readiness probe needs.
        if worker.ready and not runtime.hung:
            return None
        unstarted = starting(pod.spec, worker.started)
        names = tuple(it.name for it in pod.spec.containers if applies(it, it.name in unstarted))
        return Answering(worker.node, names, worker, bool(runtime.each)) if names else None

    return view


def _kill(key: Answering) -> list[Alternative]:
    meant = key.names if key.apart else ("",)
    stop = tuple(RuntimeCall(KEY, "runtime", StopContainer(name), "StopContainer") for name in meant)
    return [Alternative(stop, f"{', '.join(key.names)} did not answer three times in a row")]


STARTUP_PROBE_FAILS = Rule(
    name=STARTUP_FAILS,
    key=Key(POD, _FIELDS, _silent(lambda container, unstarted: unstarted)),
    decide=_kill,
    guards=(KUBELET_RUNS,),
    duration=FAILURE,
    several_requests=True,
    reference="kubelet §6",
    meaning="the kubelet stops a container that does not answer its startup probe",
)

LIVENESS_PROBE_FAILS = Rule(
    name=LIVENESS_FAILS,
    key=Key(POD, _FIELDS, _silent(lambda container, unstarted: container.liveness_probe is not None and not unstarted)),
    decide=_kill,
    guards=(KUBELET_RUNS,),
    duration=FAILURE,
    several_requests=True,
    reference="kubelet §6",
    meaning="the kubelet stops a container that does not answer its liveness probe",
)


STARTED = Machine(
    name="startup probe",
    kind=POD,
    fields=("worker",),
    states=(
        State("Unanswered", lambda worker: worker is None or not worker.started, "no startup probe has succeeded"),
        State("Answered", lambda worker: worker is not None and bool(worker.started), "a startup probe has succeeded"),
    ),
    initial="Unanswered",
    arrows=(
        Arrow("succeed", "Unanswered", "Answered", "kubelet", "kubelet §6"),
        Arrow("start again", "Answered", "Unanswered", "kubelet", "kubelet §6"),
        Arrow("kubelet ends", "Answered", "Unanswered", "fault", "kubelet §3"),
    ),
    meaning="the startup probes of one pod, as its kubelet knows them",
    reference="kubelet §6",
)
