"""The container runtime of a node: sandboxes and containers, moved by the kubelet (container-runtime §1, §2).

Its machines: a sandbox is absent, ready or not ready; the main containers of a pod, taken together, are absent,
created, running or exited. Nothing moves by itself but what the environment does (a process ends, a machine fails)
and, where the model tracks it, the application: it serves some time after its container runs. Init containers
are part of CreateContainer: the model does not see them on their own.
"""

from __future__ import annotations

import attrs

from ..kinds import ABSENT, CREATED, EXITED, JOB, POD, RUNNING, SANDBOX_NOT_READY, SANDBOX_READY, PodRuntime, PodWorker
from ..language.component import Component, Key, Rule
from ..language.machine import Arrow, Machine, State
from ..language.plan import KEY, Alternative, Write
from ..objects.pod import Pod
from .heartbeat import MACHINE_RUNS

NAME = "container-runtime"

KILLED = 137
"""Exit code of a container that was killed, or whose end nobody saw (kubelet §3)."""


@attrs.frozen(cache_hash=True)
class RunSandbox:
    """RunPodSandbox: a new sandbox on ``node`` with its network; containers of an earlier one are removed.

    ``name``: the pod's, "" where it was generated.
    """

    node: str
    name: str = ""

    def __call__(self, _runtime: PodRuntime | None, /) -> PodRuntime:
        """What the runtime holds afterwards."""
        return PodRuntime(self.node, name=self.name)


@attrs.frozen(cache_hash=True)
class CreateContainer:
    """CreateContainer for every main container; ``attempt`` 1 where it takes the place of one that exited."""

    attempt: int = 0

    def __call__(self, runtime: PodRuntime, /) -> PodRuntime:
        """What the runtime holds afterwards."""
        return attrs.evolve(runtime, containers=CREATED, exit_code=0, restarts=max(runtime.restarts, self.attempt))


@attrs.frozen(cache_hash=True)
class StartContainer:
    """StartContainer; ``serving``: the application serves as soon as it runs."""

    serving: bool = True

    def __call__(self, runtime: PodRuntime, /) -> PodRuntime:
        """What the runtime holds afterwards."""
        return attrs.evolve(runtime, containers=RUNNING, serving=self.serving)


@attrs.frozen(cache_hash=True)
class Exit:
    """The containers' processes end with ``exit_code``, by themselves; nothing happens to those that do not run."""

    exit_code: int

    def __call__(self, runtime: PodRuntime, /) -> PodRuntime:
        """What the runtime holds afterwards."""
        if runtime.containers != RUNNING:
            return runtime
        return attrs.evolve(runtime, containers=EXITED, exit_code=self.exit_code, serving=False)


@attrs.frozen(cache_hash=True)
class StopContainer:
    """StopContainer: TERM, and KILL once the grace period is over; the exit code is that of KILL."""

    def __call__(self, runtime: PodRuntime, /) -> PodRuntime:
        """What the runtime holds afterwards."""
        return Exit(KILLED)(runtime)


@attrs.frozen(cache_hash=True)
class StopSandbox:
    """StopPodSandbox: what still runs is killed, the network is released."""

    def __call__(self, runtime: PodRuntime, /) -> PodRuntime | None:
        """What the runtime holds afterwards."""
        return machine_lost(runtime)


@attrs.frozen(cache_hash=True)
class RemoveSandbox:
    """RemovePodSandbox: the sandbox and its containers are gone."""

    def __call__(self, _runtime: PodRuntime | None, /) -> None:
        """What the runtime holds afterwards."""


@attrs.frozen(cache_hash=True)
class Serve:
    """The application begins to answer requests."""

    def __call__(self, runtime: PodRuntime, /) -> PodRuntime:
        """What the runtime holds afterwards."""
        return attrs.evolve(runtime, serving=True)


@attrs.frozen(cache_hash=True)
class StopServing:
    """The application no longer answers requests, although it runs."""

    def __call__(self, runtime: PodRuntime, /) -> PodRuntime:
        """What the runtime holds afterwards."""
        return attrs.evolve(runtime, serving=False)


def machine_lost(runtime: PodRuntime) -> PodRuntime | None:
    """What the node's disk still shows of the pod after its machine failed (container-runtime §8).

    The sandbox is not ready; containers that were created or running have exited, with a code that nobody saw. A
    sandbox without containers might as well never have been: the kubelet would make a new one all the same.
    """
    if runtime.containers == ABSENT:
        return None
    if runtime.containers in (CREATED, RUNNING):
        runtime = attrs.evolve(runtime, containers=EXITED, exit_code=KILLED)
    return attrs.evolve(runtime, sandbox=SANDBOX_NOT_READY, serving=False, restarts=0)


def stopped(runtime: PodRuntime | None) -> bool:
    """Whether nothing of the pod runs, or can still run, in its sandbox."""
    return runtime is None or runtime.sandbox == SANDBOX_NOT_READY


@attrs.frozen(cache_hash=True)
class _Starting:
    node: str


def _starting(runtime: PodRuntime | None, worker: PodWorker | None) -> _Starting | None:
    if runtime is None or runtime.containers != RUNNING or runtime.serving:
        return None
    # An application that stopped answering goes on so until its probe has noticed: less is no failure.
    noticed = worker is None or not worker.ready
    return _Starting(runtime.node) if noticed else None


def _serve(_key: _Starting) -> list[Alternative]:
    return [Alternative((Write(KEY, "runtime", Serve()),), "the application has started")]


APPLICATION_SERVES = Rule(
    name="application serves",
    key=Key(POD, ("runtime", "worker"), _starting),
    decide=_serve,
    guards=(MACHINE_RUNS,),
    reference="container-runtime §1",
    meaning="a running container's application begins to answer requests, or does so again",
)


@attrs.frozen
class _Running:
    node: str


def _working(pod: Pod | None, runtime: PodRuntime | None) -> _Running | None:
    reference = pod.metadata.controller_reference if pod is not None else None
    if runtime is None or runtime.containers != RUNNING or reference is None or reference.kind != JOB:
        return None
    return _Running(runtime.node)


PROGRAM_FINISHES = Rule(
    name="program finishes",
    key=Key(POD, ("object", "runtime"), _working),
    decide=lambda _key: [Alternative((Write(KEY, "runtime", Exit(0)),), "the program has done its work")],
    guards=(MACHINE_RUNS,),
    reference="container-runtime §2",
    meaning="the program of a Job's pod ends with exit code 0",
)


def component(*, track_serving: bool = False, programs_finish: bool = False) -> Component:
    """The runtime of every node. ``track_serving``: an application's start is a step after its container's.

    ``programs_finish``: there are Jobs, whose programs end by themselves.
    """
    serves = (APPLICATION_SERVES,) if track_serving else ()
    return Component(
        name=NAME,
        rules=(*serves, PROGRAM_FINISHES) if programs_finish else serves,
        place="node",
        duty="runs sandboxes and containers as the kubelet asks",
        reference="container-runtime",
    )


def _containers(state: str) -> State:
    return State(state, lambda runtime: runtime is not None and runtime.containers == state.lower())


def _sandbox(name: str, sandbox: str) -> State:
    return State(name, lambda runtime: runtime is not None and runtime.sandbox == sandbox)


CONTAINER = Machine(
    name="container",
    kind=POD,
    fields=("runtime",),
    states=(
        State("Absent", lambda runtime: runtime is None or runtime.containers == ABSENT),
        _containers("Created"),
        _containers("Running"),
        _containers("Exited"),
    ),
    initial="Absent",
    arrows=(
        Arrow("create", "Absent", "Created", "kubelet", "container-runtime §2"),
        Arrow("start", "Created", "Running", "kubelet", "container-runtime §2"),
        Arrow("start what an old list shows", "Absent", "Running", "kubelet", "00-index §4"),
        Arrow("stop", "Running", "Exited", "kubelet", "container-runtime §5"),
        Arrow("stop sandbox", "Created", "Exited", "kubelet", "container-runtime §2"),
        Arrow("restart", "Exited", "Created", "kubelet", "kubelet §6"),
        Arrow("remove", "Exited", "Absent", "kubelet", "container-runtime §7"),
        Arrow("remove", "Created", "Absent", "kubelet", "container-runtime §7"),
        Arrow("exit", "Running", "Exited", "fault", "container-runtime §2"),
        Arrow("finish", "Running", "Exited", NAME, "container-runtime §2"),
        Arrow("lose machine", "Created", "Exited", "fault", "container-runtime §8"),
    ),
    meaning="the main containers of one pod, taken together",
    reference="container-runtime §1",
)

SANDBOX = Machine(
    name="sandbox",
    kind=POD,
    fields=("runtime",),
    states=(
        State("Absent", lambda runtime: runtime is None),
        _sandbox("Ready", SANDBOX_READY),
        _sandbox("NotReady", SANDBOX_NOT_READY),
    ),
    initial="Absent",
    arrows=(
        Arrow("run", "Absent", "Ready", "kubelet", "container-runtime §2"),
        Arrow("stop", "Ready", "NotReady", "kubelet", "container-runtime §2"),
        Arrow("run again", "NotReady", "Ready", "kubelet", "container-runtime §3"),
        Arrow("remove", "NotReady", "Absent", "kubelet", "container-runtime §7"),
        Arrow("remove", "Ready", "Absent", "kubelet", "container-runtime §7"),
        Arrow("lose machine", "Ready", "NotReady", "fault", "container-runtime §8"),
        Arrow("lose machine", "Ready", "Absent", "fault", "container-runtime §8"),
    ),
    meaning="the environment in which the containers of one pod run",
    reference="container-runtime §1",
)

MACHINES = (CONTAINER, SANDBOX)
