"""Static pods: PodSpecs from a folder of files or from an HTTP endpoint, run without any API server (kubelet §2).

A kubelet reads its source again every 20 seconds. What the source declares it runs, under a uid that follows from the
manifest, its node and the kind of source; a changed manifest is another uid, and the pod of the old one ends before the
new one starts. What the runtime holds and no source declares is ended, once the source has been read; containers that
Kubernetes did not create bear no uid of a pod and are never touched.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any

import attrs

from ..kinds import EXITED, KUBELET, NODE, RUNNING, STATIC_POD
from ..language.component import Countdown, Key, Rule
from ..language.machine import Arrow, Machine, states_by
from ..language.model import Field
from ..language.plan import KEY, Alternative, RuntimeCall, Set, Write
from ..objects.metadata import OwnerReference
from ..objects.pod import Pod
from .container_runtime import RemoveSandbox
from .heartbeat import KUBELET_RUNS

NAME = "kubelet"

SOURCE_ANNOTATION = "kubernetes.io/config.source"
"""Annotation of a static pod: where its kubelet has it from, file or http."""

MIRROR_ANNOTATION = "kubernetes.io/config.mirror"
"""Annotation of a mirror pod: the uid of the static pod that it shows."""

FILE, HTTP = "file", "http"

READ = 20.0
"""Seconds after which a kubelet reads its source again (kubelet §2)."""

UNREAD = "unread"
"""What a kubelet knows of a static pod before it has read its source for the first time."""

GONE = "gone"
"""A source that does not declare the pod (any more)."""

FOREIGN_FIELDS = (Field("foreign", RUNNING),)
"""One more field of nodes where there are static pods: a container that somebody runs there without Kubernetes.

RUNNING, or EXITED with its machine."""

FIELDS = (
    Field("place", ""),
    Field("written"),
    Field("source", GONE),
    Field("known", UNREAD, memory_of=KUBELET, owner=lambda values: values["place"]),
    Field("runtime"),
)
"""``place``: the node. ``written``: the manifest as it was given. ``source``: what the file or the URL declares now.
``known``: what the kubelet has read of that. ``runtime``: a StaticRuntime."""


def is_static(pod: Pod) -> bool:
    """Whether a manifest is that of a static pod: its kubelet has it from a file or from HTTP."""
    return pod.metadata.annotations.get(SOURCE_ANNOTATION) in (FILE, HTTP) and bool(pod.spec.node_name)


def is_mirror(pod: Pod) -> bool:
    """Whether an API object is the mirror of a static pod, which its kubelet alone makes and takes away."""
    return MIRROR_ANNOTATION in pod.metadata.annotations


def without_static_pods(objects: Iterable[Any]) -> tuple[tuple[Any, ...], tuple[Pod, ...]]:
    """The objects that stand in the API, and the static pods among them."""
    objects = tuple(objects)
    static = tuple(item for item in objects if isinstance(item, Pod) and is_static(item))
    return tuple(item for item in objects if not any(item is other for other in static)), static


def full_name(pod: Pod) -> str:
    """The name of a static pod in the API: that of the manifest with the name of the node behind it."""
    behind = f"-{pod.spec.node_name}"
    return pod.metadata.name if pod.metadata.name.endswith(behind) else pod.metadata.name + behind


def name_in_api(pod: Pod) -> str:
    """The name of a pod in the API: its own, or that of its mirror if it is static."""
    return full_name(pod) if is_static(pod) else pod.metadata.name


def static_uid(pod: Pod, revision: int) -> str:
    """The uid of a static pod: a hash of its manifest, its node and its source. ``revision``: of the manifest."""
    source = pod.metadata.annotations[SOURCE_ANNOTATION]
    seed = f"{full_name(pod)} {pod.spec.node_name} {source} {pod.spec!r} {revision}"
    return hashlib.sha256(seed.encode()).hexdigest()[:8]


@attrs.frozen(cache_hash=True)
class Manifest:
    """A static pod as its source declares it: node, name in the API, uid; ``pod`` is what its mirror becomes."""

    node: str
    name: str
    uid: str
    pod: Pod


def manifest(pod: Pod, revision: int = 0) -> Manifest:
    """What a source declares. ``revision`` 1: after somebody has changed the file."""
    uid = static_uid(pod, revision)
    annotations = pod.metadata.annotations.set(MIRROR_ANNOTATION, uid)
    owner = OwnerReference(NODE, pod.spec.node_name, controller=True)
    metadata = attrs.evolve(
        pod.metadata, name=full_name(pod), annotations=annotations, uid=None, owner_references=(owner,)
    )
    return Manifest(pod.spec.node_name, full_name(pod), uid, attrs.evolve(pod, metadata=metadata))


Source = Manifest | str
"""What a source declares of one pod, or what a kubelet knows of that: a Manifest, GONE or UNREAD."""


@attrs.frozen(cache_hash=True)
class StaticRuntime:
    """What the runtime of ``node`` holds of a static pod, by its uid: RUNNING, or EXITED after its machine failed."""

    node: str
    uid: str
    state: str = RUNNING


@attrs.frozen(cache_hash=True)
class StartStatic:
    """RunPodSandbox, CreateContainer and StartContainer for a static pod."""

    node: str
    uid: str

    def __call__(self, _runtime: StaticRuntime | None, /) -> StaticRuntime:
        """What the runtime holds afterwards."""
        return StaticRuntime(self.node, self.uid)


def static_machine_lost(node: str, runtime: StaticRuntime | None) -> tuple[StaticRuntime | None]:
    """What a node's disk still shows of a static pod after the machine of ``node`` failed."""
    lost = runtime is not None and runtime.node == node
    return (attrs.evolve(runtime, state=EXITED) if lost and runtime is not None else runtime,)


@attrs.frozen(cache_hash=True)
class _Read:
    node: str
    source: Source


def _unread(place: str, source: Source, known: Source, *, first: bool) -> _Read | None:
    if source == known or (known == UNREAD) is not first:
        return None
    return _Read(place, source)


def _read(key: _Read) -> list[Alternative]:
    said = "is gone from its source" if isinstance(key.source, str) else f"is declared with uid {key.source.uid}"
    return [Alternative((Write(KEY, "known", Set(key.source)),), f"the pod {said}")]


def _reading(*, first: bool) -> Rule:
    return Rule(
        name="read static pods" if first else "read static pods again",
        key=Key(
            STATIC_POD,
            ("place", "source", "known"),
            lambda place, source, known: _unread(place, source, known, first=first),
        ),
        decide=_read,
        guards=(KUBELET_RUNS,),
        duration=0.0 if first else READ,
        countdown=Countdown(periodic=True),
        reference="kubelet §2",
        meaning="the kubelet reads the folder or asks the URL"
        + (" as it starts" if first else f", every {READ:g} seconds"),
    )


@attrs.frozen(cache_hash=True)
class _Starts:
    node: str
    uid: str


def _to_start(known: Source, runtime: StaticRuntime | None) -> _Starts | None:
    if not isinstance(known, Manifest):
        return None
    if runtime is not None and (runtime.state == RUNNING or runtime.uid != known.uid):
        return None
    return _Starts(known.node, known.uid)


def _start(key: _Starts) -> list[Alternative]:
    call = RuntimeCall(KEY, "runtime", StartStatic(key.node, key.uid), "StartContainer")
    return [Alternative((call,), "its source declares the pod")]


START_STATIC = Rule(
    name="start static pod",
    key=Key(STATIC_POD, ("known", "runtime"), _to_start),
    decide=_start,
    guards=(KUBELET_RUNS,),
    reference="kubelet §2",
    meaning="the kubelet runs what its source declares, whether or not it reaches an API server",
)


def _to_stop(known: Source, runtime: StaticRuntime | None) -> _Starts | None:
    if runtime is None or known == UNREAD:
        return None
    declared = isinstance(known, Manifest) and known.uid == runtime.uid
    return None if declared else _Starts(runtime.node, runtime.uid)


def _stop(_key: _Starts) -> list[Alternative]:
    return [Alternative((RuntimeCall(KEY, "runtime", RemoveSandbox(), "RemovePodSandbox"),), "no source declares it")]


STOP_STATIC = Rule(
    name="stop static pod",
    key=Key(STATIC_POD, ("known", "runtime"), _to_stop),
    decide=_stop,
    guards=(KUBELET_RUNS,),
    reference="kubelet §2",
    meaning="the kubelet ends what bears the uid of a pod that its source, which it has read, does not declare",
)


@attrs.frozen(cache_hash=True)
class Edited:
    """The edit by which somebody changes the manifest in a source: to its other revision, or ``away``."""

    pod: Pod
    away: bool

    def __call__(self, source: Source, /) -> Source:
        """What the source declares afterwards."""
        if self.away:
            return GONE
        first, second = manifest(self.pod), manifest(self.pod, revision=1)
        return second if source == first else first


RULES = (_reading(first=True), _reading(first=False), STOP_STATIC, START_STATIC)


def _life(known: Source, runtime: StaticRuntime | None) -> str:
    if runtime is None:
        return "Absent"
    if runtime.state != RUNNING:
        return "Down"
    if known == UNREAD:
        return "Found"
    return "Running" if isinstance(known, Manifest) and known.uid == runtime.uid else "Undeclared"


STATIC_POD_LIFE = Machine(
    name="static pod",
    kind=STATIC_POD,
    fields=("known", "runtime"),
    states=states_by(
        _life,
        {
            "Absent": "nothing of it is on the node",
            "Running": "its containers run, as its source declares",
            "Found": "its containers run, and its kubelet has not read its source yet",
            "Undeclared": "its containers run, but its source declares another pod, or none",
            "Down": "its containers have ended with their machine",
        },
    ),
    initial="Absent",
    arrows=(
        Arrow("start", "Absent", "Running", NAME, "kubelet §2"),
        Arrow("change or remove the manifest", "Running", "Undeclared", NAME, "kubelet §2"),
        Arrow("put the manifest back", "Undeclared", "Running", NAME, "kubelet §2"),
        Arrow("stop", "Undeclared", "Absent", NAME, "kubelet §2"),
        Arrow("kubelet ends", "Running", "Found", "fault", "kubelet §3"),
        Arrow("kubelet ends", "Undeclared", "Found", "fault", "kubelet §3"),
        Arrow("read", "Found", "Running", NAME, "kubelet §2"),
        Arrow("read", "Found", "Undeclared", NAME, "kubelet §2"),
        Arrow("lose machine", "Running", "Down", "fault", "container-runtime §8"),
        Arrow("lose machine", "Undeclared", "Down", "fault", "container-runtime §8"),
        Arrow("lose machine", "Found", "Down", "fault", "container-runtime §8"),
        Arrow("start again", "Down", "Running", NAME, "kubelet §2"),
        Arrow("clean up", "Down", "Absent", NAME, "kubelet §2"),
    ),
    meaning="a pod that its kubelet has from a file or from HTTP",
    reference="kubelet §2",
)
