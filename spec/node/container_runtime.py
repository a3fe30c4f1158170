"""The container runtime of a node: sandboxes and containers, moved by the kubelet (container-runtime §1, §2).

Its machines: a sandbox is absent, ready or not ready; the containers of a pod, taken together, are absent, created,
running or exited, and so is each of them where a pod has several. Nothing moves by itself but what the environment
does (a process ends, a machine fails), what ends when its work is done (an init container, the program of a Job), and,
where the model tracks it, the application: it serves some time after its container runs.
"""

from __future__ import annotations

from collections.abc import Callable

import attrs

from ..kinds import (
    ABSENT,
    CREATED,
    EXITED,
    INIT,
    JOB,
    MAIN,
    POD,
    PRESENT,
    RUNNING,
    SANDBOX_NOT_READY,
    SANDBOX_READY,
    SIDECAR,
    UNCHECKED,
    ContainerRuntime,
    PodRuntime,
    PodWorker,
)
from ..language.component import Component, Key, Rule
from ..language.machine import Arrow, Machine, State
from ..language.plan import KEY, Alternative, Write
from ..objects.pod import Pod
from .heartbeat import MACHINE_RUNS

NAME = "container-runtime"

KILLED = 137
"""Exit code of a container that was killed, or whose end nobody saw (kubelet §3)."""


def as_a_whole(each: tuple[ContainerRuntime, ...]) -> str:
    """What the containers of a pod, told apart, are taken together: running as long as any of them runs."""
    states = {container.state for container in each}
    return next((state for state in (RUNNING, EXITED, CREATED) if state in states), ABSENT)


def mains_run(each: tuple[ContainerRuntime, ...]) -> bool:
    """Whether all main containers run."""
    return all(container.state == RUNNING for container in each if container.role == MAIN)


def _with_each(
    runtime: PodRuntime,
    meant: Callable[[ContainerRuntime], bool],
    change: Callable[[ContainerRuntime], ContainerRuntime],
    *,
    serving: bool = False,
) -> PodRuntime:
    each = tuple(change(container) if meant(container) else container for container in runtime.each)
    run = mains_run(each)
    hung = runtime.hung and run
    serves = (runtime.serving or serving) and run and not hung
    return attrs.evolve(runtime, each=each, containers=as_a_whole(each), serving=serves, hung=hung)


@attrs.frozen(cache_hash=True)
class RunSandbox:
    """RunPodSandbox: a new sandbox on ``node`` with its network; containers of an earlier one are removed.

    ``name``: the pod's, "" where it was generated. ``each``: the pod's containers, where they are told apart.
    ``pull``: UNCHECKED where images are followed.
    """

    node: str
    name: str = ""
    each: tuple[ContainerRuntime, ...] = ()
    pull: str = ""

    def __call__(self, _runtime: PodRuntime | None, /) -> PodRuntime:
        """What the runtime holds afterwards."""
        return PodRuntime(self.node, containers=as_a_whole(self.each), name=self.name, each=self.each, pull=self.pull)


@attrs.frozen(cache_hash=True)
class CreateContainer:
    """CreateContainer for every main container, or for the one called ``name`` where they are told apart.

    ``attempt`` is 1 where it takes the place of one that exited.
    """

    attempt: int = 0
    name: str = ""

    def __call__(self, runtime: PodRuntime, /) -> PodRuntime:
        """What the runtime holds afterwards."""
        if runtime.pull:
            runtime = attrs.evolve(runtime, pull=UNCHECKED)
        if self.name:
            return _with_each(runtime, lambda container: container.name == self.name, self._created)
        return attrs.evolve(runtime, containers=CREATED, exit_code=0, restarts=max(runtime.restarts, self.attempt))

    def _created(self, container: ContainerRuntime) -> ContainerRuntime:
        return attrs.evolve(container, state=CREATED, exit_code=0, restarts=max(container.restarts, self.attempt))


@attrs.frozen(cache_hash=True)
class StartContainer:
    """StartContainer, for the one called ``name`` where they are told apart.

    ``serving``: the application serves as soon as it runs, which it does once all main containers run.
    """

    serving: bool = True
    name: str = ""

    def __call__(self, runtime: PodRuntime, /) -> PodRuntime:
        """What the runtime holds afterwards."""
        if self.name:
            return _with_each(
                runtime,
                lambda container: container.name == self.name,
                lambda container: attrs.evolve(container, state=RUNNING),
                serving=self.serving,
            )
        return attrs.evolve(runtime, containers=RUNNING, serving=self.serving)


@attrs.frozen(cache_hash=True)
class Exit:
    """The containers' processes end with ``exit_code``, by themselves; nothing happens to those that do not run.

    ``name``: the one that ends, where they are told apart.
    """

    exit_code: int
    name: str = ""

    def __call__(self, runtime: PodRuntime, /) -> PodRuntime:
        """What the runtime holds afterwards."""
        if self.name:
            return _ended(runtime, self.exit_code, lambda container: container.name == self.name)
        if runtime.each:
            return _ended(runtime, self.exit_code, lambda _container: True)
        if runtime.containers != RUNNING:
            return runtime
        return attrs.evolve(
            runtime, containers=EXITED, exit_code=self.exit_code, serving=False, hung=False, signalled=""
        )


def _ended(runtime: PodRuntime, exit_code: int, meant: Callable[[ContainerRuntime], bool]) -> PodRuntime:
    return _with_each(
        runtime,
        lambda container: container.state == RUNNING and meant(container),
        lambda container: attrs.evolve(container, state=EXITED, exit_code=exit_code, hung=False),
    )


@attrs.frozen(cache_hash=True)
class StopContainer:
    """StopContainer: TERM, and KILL once the grace period is over; the exit code is that of KILL.

    For all containers at the same time but sidecars, or for the one called ``name``.
    """

    name: str = ""

    def __call__(self, runtime: PodRuntime, /) -> PodRuntime:
        """What the runtime holds afterwards."""
        if runtime.each and not self.name:
            return _ended(runtime, KILLED, lambda container: container.role != SIDECAR)
        return Exit(KILLED, self.name)(runtime)


@attrs.frozen(cache_hash=True)
class StopSandbox:
    """StopPodSandbox: what still runs is killed, the network is released; without a sandbox there is nothing to do."""

    def __call__(self, runtime: PodRuntime | None, /) -> PodRuntime | None:
        """What the runtime holds afterwards."""
        return machine_lost(runtime) if runtime is not None else None


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


@attrs.frozen(cache_hash=True)
class Hang:
    """The application hangs: it runs on and answers nothing, until it is started anew. ``name``: of a sidecar."""

    name: str = ""

    def __call__(self, runtime: PodRuntime, /) -> PodRuntime:
        """What the runtime holds afterwards."""
        if self.name:
            each = tuple(attrs.evolve(it, hung=True) if it.name == self.name else it for it in runtime.each)
            return attrs.evolve(runtime, each=each)
        return attrs.evolve(runtime, serving=False, hung=True)


@attrs.frozen(cache_hash=True)
class Known:
    """The kubelet learns of ``sandboxes`` ready sandboxes."""

    sandboxes: int = 1

    def __call__(self, runtime: PodRuntime, /) -> PodRuntime:
        """What the runtime holds afterwards."""
        return attrs.evolve(runtime, doubted=False, sandboxes=self.sandboxes)


def machine_lost(runtime: PodRuntime) -> PodRuntime | None:
    """What the node's disk still shows of the pod after its machine failed (container-runtime §8).

    The sandbox is not ready; containers that were created or running have exited, with a code that nobody saw. A
    sandbox without containers might as well never have been: the kubelet would make a new one all the same.
    """
    if runtime.containers == ABSENT:
        return None
    if runtime.each:
        lost = _with_each(
            runtime,
            lambda container: container.state in (CREATED, RUNNING),
            lambda container: attrs.evolve(container, state=EXITED, exit_code=KILLED, hung=False),
        )
        each = tuple(attrs.evolve(container, restarts=0) for container in lost.each)
        return attrs.evolve(lost, sandbox=SANDBOX_NOT_READY, serving=False, each=each)
    if runtime.containers in (CREATED, RUNNING):
        runtime = attrs.evolve(runtime, containers=EXITED, exit_code=KILLED, hung=False, signalled="")
    return attrs.evolve(runtime, sandbox=SANDBOX_NOT_READY, serving=False, restarts=0, sandboxes=1, doubted=False)


@attrs.frozen(cache_hash=True)
class SandboxLost:
    """The sandbox goes down by itself, and its containers with it (container-runtime §2)."""

    def __call__(self, runtime: PodRuntime, /) -> PodRuntime | None:
        """What the runtime holds afterwards."""
        return machine_lost(runtime)


def has_images(runtime: PodRuntime) -> bool:
    """Whether containers can be created: their images are known to be on the node, or are not followed."""
    return runtime.pull in ("", PRESENT)


def stopped(runtime: PodRuntime | None) -> bool:
    """Whether nothing of the pod runs, or can still run, in its sandbox."""
    return runtime is None or runtime.sandbox == SANDBOX_NOT_READY


@attrs.frozen(cache_hash=True)
class _Starting:
    node: str


def _starting(runtime: PodRuntime | None, worker: PodWorker | None) -> _Starting | None:
    if runtime is None or runtime.containers != RUNNING or runtime.serving or not mains_run(runtime.each):
        return None
    if runtime.hung:
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
    """Programs that run on ``node`` and end when their work is done; ``names``: theirs, where they are told apart."""

    node: str
    names: tuple[str, ...] = ()


def _finish(key: _Running) -> list[Alternative]:
    if not key.names:
        return [Alternative((Write(KEY, "runtime", Exit(0)),), "the program has done its work")]
    return [Alternative((Write(KEY, "runtime", Exit(0, name)),), f"{name} has done its work") for name in key.names]


def running_containers(runtime: PodRuntime, *roles: str) -> tuple[str, ...]:
    """The names of the containers that run, of these roles or of any; empty where they are not told apart."""
    return tuple(it.name for it in runtime.each if it.state == RUNNING and (not roles or it.role in roles))


def _working(pod: Pod | None, runtime: PodRuntime | None) -> _Running | None:
    reference = pod.metadata.controller_reference if pod is not None else None
    if runtime is None or runtime.containers != RUNNING or reference is None or reference.kind != JOB:
        return None
    names = running_containers(runtime, MAIN)
    return _Running(runtime.node, names) if names or not runtime.each else None


PROGRAM_FINISHES = Rule(
    name="program finishes",
    key=Key(POD, ("object", "runtime"), _working),
    decide=_finish,
    guards=(MACHINE_RUNS,),
    reference="container-runtime §2",
    meaning="the program of a Job's pod ends with exit code 0",
)


def _preparing(runtime: PodRuntime | None) -> _Running | None:
    names = running_containers(runtime, INIT) if runtime is not None else ()
    return _Running(runtime.node, names) if runtime is not None and names else None


INIT_CONTAINER_FINISHES = Rule(
    name="init container finishes",
    key=Key(POD, ("runtime",), _preparing),
    decide=_finish,
    guards=(MACHINE_RUNS,),
    reference="kubelet §5",
    meaning="an init container that is no sidecar ends with exit code 0",
)


def component(
    *,
    track_serving: bool = False,
    programs_finish: bool = False,
    init_containers: bool = False,
    further: tuple[Rule, ...] = (),
) -> Component:
    """The runtime of every node. ``track_serving``: an application's start is a step after its container's.

    ``programs_finish``: there are Jobs, whose programs end by themselves. ``init_containers``: there are such, told
    apart. ``further``: rules that single features bring.
    """
    return Component(
        name=NAME,
        rules=(
            *((APPLICATION_SERVES,) if track_serving else ()),
            *((PROGRAM_FINISHES,) if programs_finish else ()),
            *((INIT_CONTAINER_FINISHES,) if init_containers else ()),
            *further,
        ),
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
        Arrow("start another one", "Exited", "Running", "kubelet", "container-runtime §3"),
        Arrow("remove", "Exited", "Absent", "kubelet", "container-runtime §7"),
        Arrow("remove", "Created", "Absent", "kubelet", "container-runtime §7"),
        Arrow("exit", "Running", "Exited", "fault", "container-runtime §2"),
        Arrow("finish", "Running", "Exited", NAME, "container-runtime §2"),
        Arrow("lose machine", "Created", "Exited", "fault", "container-runtime §8"),
    ),
    meaning="the containers of one pod, taken together: they run as long as one of them does",
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

APPLICATION = Machine(
    name="application",
    kind=POD,
    fields=("runtime",),
    states=(
        State("Sound", lambda runtime: runtime is None or not runtime.hung, "it answers, starts, or does not run"),
        State("Hung", lambda runtime: runtime is not None and runtime.hung, "it runs and answers nothing"),
    ),
    initial="Sound",
    arrows=(
        Arrow("hang", "Sound", "Hung", "fault", "kubelet §6"),
        Arrow("stop", "Hung", "Sound", "kubelet", "kubelet §6"),
        Arrow("end", "Hung", "Sound", "fault", "container-runtime §2"),
    ),
    meaning="whether the application of one pod can answer probes at all",
    reference="kubelet §6",
)

MACHINES = (CONTAINER, SANDBOX)
