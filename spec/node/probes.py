"""Readiness probes (kubelet §6): their result is the kubelet's memory, in the pod's worker."""

from __future__ import annotations

import attrs

from ..kinds import POD, RUNNING, PodRuntime, PodWorker
from ..language.component import Key, Rule
from ..language.plan import KEY, Alternative, Set, Write
from ..objects.pod import Pod
from .heartbeat import KUBELET_RUNS
from .pod_status import has_readiness_probe
from .startup import wanted

FAILURE = 30.0
"""Seconds until a failing probe counts: three failures in a row, ten seconds apart (kubelet §6)."""


@attrs.frozen(cache_hash=True)
class Probed:
    """A pod of ``node`` whose readiness probe now says something else."""

    node: str


def _probed(pod: Pod | None, runtime: PodRuntime | None, worker: PodWorker | None, result: bool) -> Probed | None:
    if pod is None or runtime is None or worker is None or runtime.containers != RUNNING or not wanted(pod):
        return None
    if not has_readiness_probe(pod.spec) or runtime.serving is not result or worker.ready is result:
        return None
    return Probed(worker.node)


def _probe(result: bool) -> Rule:
    def view(pod: Pod | None, runtime: PodRuntime | None, worker: PodWorker | None) -> Probed | None:
        return _probed(pod, runtime, worker, result)

    def decide(key: Probed) -> list[Alternative]:
        serves = "the application serves" if result else "the application does not serve"
        return [Alternative((Write(KEY, "worker", Set(PodWorker(key.node, result))),), serves)]

    return Rule(
        name="readiness probe succeeds" if result else "readiness probe fails",
        key=Key(POD, ("object", "runtime", "worker"), view),
        decide=decide,
        guards=(KUBELET_RUNS,),
        duration=0.0 if result else FAILURE,
        reference="kubelet §6",
        meaning="the kubelet learns whether a running pod's application serves",
    )


PROBE_SUCCEEDS = _probe(True)
PROBE_FAILS = _probe(False)
