"""Probes (kubelet §6): their results are the kubelet's memory, in the pod's worker.

A startup probe holds the other two back until it has succeeded. One that fails, as a liveness probe that fails, makes
the kubelet stop the container, which starts again as its restart policy says; a readiness probe that fails takes the
pod out of its endpoints.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import attrs

from ..kinds import POD, RUNNING, SIDECAR, PodRuntime, PodWorker
from ..language.component import Key, Rule
from ..language.machine import Arrow, Machine, State
from ..language.plan import KEY, Alternative, RuntimeCall, Set, Write
from ..objects.containers import Container, Probe
from ..objects.pod import Pod, PodSpec
from .container_runtime import StopContainer, mains_run
from .heartbeat import KUBELET_RUNS
from .pod_containers import starting
from .pod_status import has_readiness_probe
from .post_start import hook_that_runs
from .startup import wanted

FAILURE = 30
"""Seconds until a failing probe counts, unless it says otherwise: three failures in a row, ten seconds apart."""

STARTUP_SUCCEEDS, STARTUP_FAILS, LIVENESS_FAILS = (
    "startup probe succeeds",
    "startup probe fails",
    "liveness probe fails",
)
"""Names of the rules of startup and liveness probes; those that fail have their seconds behind it, unless FAILURE."""

View = Callable[[Pod | None, PodRuntime | None, PodWorker | None], object]
_FIELDS = ("object", "runtime", "worker")


def has_startup_probe(spec: PodSpec) -> bool:
    """Whether any container or sidecar of the pod has a startup probe."""
    return any(container.startup_probe is not None for container in (*spec.init_containers, *spec.containers))


def has_liveness_probe(spec: PodSpec) -> bool:
    """Whether any main container of the pod has a liveness probe."""
    return any(container.liveness_probe is not None for container in spec.containers)


def failure_seconds(probe: Probe) -> int:
    """Seconds until a probe that fails counts: so many failures in a row, a period apart (kubelet §6)."""
    return max(1, probe.period_seconds * probe.failure_threshold)


def starting_seconds(probe: Probe) -> int:
    """The same of a container that has just started, which is left alone for initialDelaySeconds."""
    return probe.initial_delay_seconds + failure_seconds(probe)


def readiness_seconds(spec: PodSpec) -> int:
    """Seconds until a pod of which nothing answers any more is not ready: the shortest of its readiness probes."""
    probes = (it.readiness_probe for it in (*spec.init_containers, *spec.containers))
    return min((failure_seconds(probe) for probe in probes if probe is not None), default=FAILURE)


def named(name: str, seconds: int) -> str:
    """What the rule of a probe is called that takes so many seconds to fail."""
    return name if seconds == FAILURE else f"{name} after {seconds} s"


@attrs.frozen(cache_hash=True)
class Probed:
    """A pod of ``node`` whose readiness probe now says something else. ``started``: as its worker knows it."""

    node: str
    started: tuple[str, ...] = ()


@attrs.frozen(cache_hash=True)
class Answered:
    """The edit by which the kubelet remembers what a pod's readiness probe says."""

    result: bool

    def __call__(self, worker: PodWorker, /) -> PodWorker:
        """What it remembers afterwards."""
        return attrs.evolve(worker, ready=self.result)


def _probed(pod: Pod | None, runtime: PodRuntime | None, worker: PodWorker | None, result: bool) -> Probed | None:
    if pod is None or runtime is None or worker is None or runtime.containers != RUNNING or not wanted(pod):
        return None
    if not has_readiness_probe(pod.spec) or answers(pod.spec, runtime) is not result or worker.ready is result:
        return None
    if result and (starting(pod.spec, worker.started) or hook_that_runs(worker, runtime)):
        return None
    return Probed(worker.node, worker.started)


def answers(spec: PodSpec, runtime: PodRuntime) -> bool:
    """Whether all containers of a pod answer that have a readiness probe: the application, and each such sidecar."""
    asked = tuple(it.name for it in spec.containers if it.readiness_probe is not None)
    if not runtime.each:
        return runtime.serving
    if asked and not runtime.serving:
        return False
    sidecars = (it for it in spec.init_containers if it.readiness_probe is not None)
    return all(sidecar_answers(runtime, it.name) for it in sidecars)


def sidecar_answers(runtime: PodRuntime, name: str) -> bool:
    """Whether a sidecar runs and does not hang."""
    return any(it.name == name and it.state == RUNNING and not it.hung for it in runtime.each if it.role == SIDECAR)


def _probe(result: bool, seconds: int = 0) -> Rule:
    def view(pod: Pod | None, runtime: PodRuntime | None, worker: PodWorker | None) -> Probed | None:
        if not result and pod is not None and readiness_seconds(pod.spec) != seconds:
            return None
        return _probed(pod, runtime, worker, result)

    def decide(key: Probed) -> list[Alternative]:
        serves = "the application serves" if result else "the application does not serve"
        return [Alternative((Write(KEY, "worker", Answered(result)),), serves)]

    return Rule(
        name="readiness probe succeeds" if result else named("readiness probe fails", seconds),
        key=Key(POD, _FIELDS, view),
        decide=decide,
        guards=(KUBELET_RUNS,),
        duration=float(seconds),
        reference="kubelet §6",
        meaning="the kubelet learns whether a running pod's application serves",
    )


PROBE_SUCCEEDS = _probe(True)


def readiness_fails(seconds: int = FAILURE) -> Rule:
    """The rule by which a readiness probe fails that takes so many seconds for it."""
    return _probe(False, seconds)


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


def _main_answers(runtime: PodRuntime, name: str) -> bool:
    return runtime.serving and _runs(runtime, name)


def _is_main(spec: PodSpec, name: str) -> bool:
    return any(it.name == name for it in spec.containers)


def _started(pod: Pod | None, runtime: PodRuntime | None, worker: PodWorker | None) -> Answering | None:
    if pod is None or runtime is None or worker is None or not wanted(pod):
        return None
    if hook_that_runs(worker, runtime):
        return None
    names = tuple(
        name
        for name in starting(pod.spec, worker.started)
        if (sidecar_answers if runtime.each and not _is_main(pod.spec, name) else _main_answers)(runtime, name)
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


def _silent(applies: Callable[[Container, bool, bool], int | None], seconds: int) -> View:
    """The view of a pod whose application answers nothing: its main containers whose probe takes ``seconds`` to fail.

    ``applies``: the seconds of a container's probe, None for one without; see ``_startup`` and ``_liveness``.
    """

    def view(pod: Pod | None, runtime: PodRuntime | None, worker: PodWorker | None) -> Answering | None:
        if pod is None or runtime is None or worker is None or not wanted(pod):
            return None
        if runtime.containers != RUNNING or runtime.serving or not mains_run(runtime.each):
            return None
        if hook_that_runs(worker, runtime):
            return None
        # One that is still counted as ready has stopped answering for no longer than its readiness probe needs.
        if worker.ready and not runtime.hung:
            return None
        unstarted = starting(pod.spec, worker.started)
        names = tuple(
            it.name for it in pod.spec.containers if applies(it, it.name in unstarted, runtime.hung) == seconds
        )
        return Answering(worker.node, names, worker, bool(runtime.each)) if names else None

    return view


def _startup(container: Container, unstarted: bool, _hung: bool) -> int | None:
    probe = container.startup_probe
    return starting_seconds(probe) if unstarted and probe is not None else None


def _liveness(container: Container, unstarted: bool, hung: bool) -> int | None:
    probe = container.liveness_probe
    if unstarted or probe is None:
        return None
    return failure_seconds(probe) if hung else starting_seconds(probe)


def _kill(key: Answering) -> list[Alternative]:
    meant = key.names if key.apart else ("",)
    stop = tuple(RuntimeCall(KEY, "runtime", StopContainer(name), "StopContainer") for name in meant)
    return [Alternative(stop, f"{', '.join(key.names)} did not answer often enough")]


def startup_fails(seconds: int = FAILURE) -> Rule:
    """The rule by which a startup probe fails that takes so many seconds for it."""
    return Rule(
        name=named(STARTUP_FAILS, seconds),
        key=Key(POD, _FIELDS, _silent(_startup, seconds)),
        decide=_kill,
        guards=(KUBELET_RUNS,),
        duration=float(seconds),
        several_requests=True,
        reference="kubelet §6",
        meaning="the kubelet stops a container that does not answer its startup probe",
    )


def liveness_fails(seconds: int = FAILURE) -> Rule:
    """The rule by which a liveness probe fails that takes so many seconds for it."""
    return Rule(
        name=named(LIVENESS_FAILS, seconds),
        key=Key(POD, _FIELDS, _silent(_liveness, seconds)),
        decide=_kill,
        guards=(KUBELET_RUNS,),
        duration=float(seconds),
        several_requests=True,
        reference="kubelet §6",
        meaning="the kubelet stops a container that does not answer its liveness probe",
    )


@attrs.frozen
class ProbeSeconds:
    """How long the probes of some pods take to fail, in seconds, each ascending."""

    readiness: tuple[int, ...] = (FAILURE,)
    startup: tuple[int, ...] = ()
    liveness: tuple[int, ...] = ()


UNPROBED = ProbeSeconds()
"""Those of pods without probes."""


def probe_seconds(specs: Iterable[PodSpec]) -> ProbeSeconds:
    """How long the probes of these pods take to fail."""
    readiness, startup, liveness = set[int](), set[int](), set[int]()
    for spec in specs:
        if has_readiness_probe(spec):
            readiness.add(readiness_seconds(spec))
        for container in (*spec.init_containers, *spec.containers):
            if container.startup_probe is not None:
                startup.add(starting_seconds(container.startup_probe))
        for container in spec.containers:
            if container.liveness_probe is not None:
                liveness |= {failure_seconds(container.liveness_probe), starting_seconds(container.liveness_probe)}
    return ProbeSeconds(tuple(sorted(readiness or {FAILURE})), tuple(sorted(startup)), tuple(sorted(liveness)))


def rules(seconds: ProbeSeconds) -> tuple[Rule, ...]:
    """The kubelet's rules of probes that take these times to fail."""
    return (
        PROBE_SUCCEEDS,
        *map(readiness_fails, seconds.readiness),
        *((STARTUP_PROBE_SUCCEEDS,) if seconds.startup else ()),
        *map(startup_fails, seconds.startup),
        *map(liveness_fails, seconds.liveness),
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
