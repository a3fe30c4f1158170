"""Probes of sidecars: one that stops answering is stopped and started again alone, whatever its pod does (kubelet §6).

A sidecar, an init container with restartPolicy Always, has the probes of a main container, from its own start on: also
while the init containers after it have yet to run. A startup probe holds back what comes after the sidecar, and a
readiness probe counts for the pod's condition Ready; those are in ``probes``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import attrs

from ..kinds import POD, RUNNING, SANDBOX_READY, SIDECAR, PodRuntime, PodWorker
from ..language.component import Key, Rule
from ..language.machine import Arrow, Machine, State
from ..language.plan import KEY, Alternative, RuntimeCall
from ..objects.containers import Container
from ..objects.pod import Pod, PodSpec
from .container_runtime import StopContainer
from .heartbeat import KUBELET_RUNS
from .pod_containers import starting
from .post_start import hook_that_runs
from .probes import failure_seconds, named, starting_seconds
from .startup import wanted

KUBELET, FAULT = "kubelet", "fault"

SIDECAR_STARTUP_FAILS, SIDECAR_LIVENESS_FAILS = "sidecar's startup probe fails", "sidecar's liveness probe fails"
"""Names of the rules; those that take other than 30 s have their seconds behind it."""


def _asked(container: Container) -> bool:
    probes = (container.startup_probe, container.liveness_probe, container.readiness_probe)
    return container.sidecar and any(probe is not None for probe in probes)


def has_probed_sidecars(spec: PodSpec) -> bool:
    """Whether some sidecar of a pod has a probe."""
    return any(map(_asked, spec.init_containers))


def has_lively_sidecars(spec: PodSpec) -> bool:
    """Whether some sidecar of a pod has a liveness probe."""
    return any(it.sidecar and it.liveness_probe is not None for it in spec.init_containers)


def sidecars_to_hang(spec: PodSpec, runtime: PodRuntime) -> tuple[str, ...]:
    """The sidecars that run, answer, and have a probe: that another one hangs would show nowhere."""
    if not runtime.each:
        return ()
    pairs = zip(spec.init_containers, runtime.each, strict=False)
    return tuple(it.name for declared, it in pairs if _asked(declared) and it.state == RUNNING and not it.hung)


@attrs.frozen(cache_hash=True)
class Silent:
    """A pod of ``node`` whose sidecars ``names`` have not answered for as long as their probe takes to fail."""

    node: str
    names: tuple[str, ...]


Seconds = Callable[[Container, bool], int | None]
"""The seconds that a probe of a sidecar takes to fail, by whether its startup probe is still on; None: it has none."""


def _startup(container: Container, unstarted: bool) -> int | None:
    return starting_seconds(container.startup_probe) if unstarted and container.startup_probe is not None else None


def _liveness(container: Container, unstarted: bool) -> int | None:
    return failure_seconds(container.liveness_probe) if not unstarted and container.liveness_probe is not None else None


def _stop(key: Silent) -> list[Alternative]:
    return [
        Alternative(
            (RuntimeCall(KEY, "runtime", StopContainer(name), "StopContainer"),), f"{name} did not answer often enough"
        )
        for name in key.names
    ]


def _rule(name: str, takes: Seconds, seconds: int, meaning: str) -> Rule:
    def view(pod: Pod | None, runtime: PodRuntime | None, worker: PodWorker | None) -> Silent | None:
        if pod is None or runtime is None or worker is None or not wanted(pod) or runtime.sandbox != SANDBOX_READY:
            return None
        if not runtime.each or hook_that_runs(worker, runtime):
            return None
        unstarted = starting(pod.spec, worker.started)
        names = tuple(
            it.name
            for declared, it in zip(pod.spec.init_containers, runtime.each, strict=False)
            if it.role == SIDECAR and it.state == RUNNING and it.hung
            if takes(declared, it.name in unstarted) == seconds
        )
        return Silent(runtime.node, names) if names else None

    return Rule(
        name=named(name, seconds),
        key=Key(POD, ("object", "runtime", "worker"), view),
        decide=_stop,
        guards=(KUBELET_RUNS,),
        duration=float(seconds),
        reference="kubelet §6",
        meaning=meaning,
    )


def rules(specs: Iterable[PodSpec]) -> tuple[Rule, ...]:
    """The rules for the sidecars of these pods."""
    sidecars = [it for spec in specs for it in spec.init_containers if it.sidecar]
    startup = {starting_seconds(it.startup_probe) for it in sidecars if it.startup_probe is not None}
    liveness = {failure_seconds(it.liveness_probe) for it in sidecars if it.liveness_probe is not None}
    return (
        *(
            _rule(SIDECAR_STARTUP_FAILS, _startup, seconds, "the kubelet stops a sidecar that does not start to answer")
            for seconds in sorted(startup)
        ),
        *(
            _rule(SIDECAR_LIVENESS_FAILS, _liveness, seconds, "the kubelet stops a sidecar that does not answer")
            for seconds in sorted(liveness)
        ),
    )


def _hangs(runtime: PodRuntime | None) -> bool:
    return runtime is not None and any(it.hung for it in runtime.each)


SIDECAR_HEALTH = Machine(
    name="sidecars",
    kind=POD,
    fields=("runtime",),
    states=(
        State("Sound", lambda runtime: not _hangs(runtime), "no sidecar hangs"),
        State("Hung", _hangs, "a sidecar runs and answers nothing"),
    ),
    initial="Sound",
    arrows=(
        Arrow("hang", "Sound", "Hung", FAULT, "kubelet §6"),
        Arrow("stop", "Hung", "Sound", KUBELET, "kubelet §6"),
        Arrow("end", "Hung", "Sound", FAULT, "container-runtime §2"),
    ),
    meaning="whether a sidecar of one pod can answer probes at all",
    reference="kubelet §6",
)
