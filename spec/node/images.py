"""Images: whether a pod's containers find theirs on the node, and how they are pulled (container-runtime §4).

Before each start the kubelet makes sure of the image: with imagePullPolicy Always it pulls, with IfNotPresent it pulls
what is not on the node, with Never it waits. A pull that fails is ErrImagePull, then ImagePullBackOff until the kubelet
tries again. The images of one pod are pulled together. Only where pulls may fail does the model follow any of this.
"""

from __future__ import annotations

from functools import lru_cache

import attrs

from ..kinds import (
    ABSENT,
    ERR_IMAGE_NEVER_PULL,
    ERR_IMAGE_PULL,
    EXITED,
    IMAGE_PULL_BACK_OFF,
    NODE,
    POD,
    PRESENT,
    PULLING,
    SANDBOX_READY,
    UNCHECKED,
    PodRuntime,
    PodWorker,
)
from ..language.component import Key, Rule
from ..language.machine import Arrow, Machine, states_by
from ..language.model import Field
from ..language.plan import KEY, Alternative, Named, Write
from ..language.query import ONLY, Query
from ..objects.containers import Container
from ..objects.node import Node
from ..objects.pod import Pod, PodSpec
from .heartbeat import KUBELET_RUNS, MACHINE_RUNS, node_of
from .pod_containers import next_to_start, starting, to_restart
from .restart_policy import pod_restarts
from .startup import wanted

KUBELET, RUNTIME, FAULT = "kubelet", "container-runtime", "fault"

ALWAYS, IF_NOT_PRESENT, NEVER = "Always", "IfNotPresent", "Never"

BACK_OFF = 10.0
"""Seconds until the kubelet tries a pull again that has failed (container-runtime §4; doubling up to 300)."""

NODE_IMAGES = (Field("images", frozenset()),)
"""One more field of nodes where images are followed: the names of those that the node holds."""


def named(image: str) -> str:
    """An image's name with its tag, which is "latest" where none is given."""
    plain = image.partition("@")[0] == image
    return f"{image}:latest" if plain and image.rfind(":") <= image.rfind("/") else image


def pull_policy(container: Container) -> str:
    """When a container's image is pulled: Always by default for the tag latest, else IfNotPresent."""
    given = container.uninterpreted.get("imagePullPolicy")
    if given:
        return str(given)
    return ALWAYS if named(container.image).endswith(":latest") else IF_NOT_PRESENT


def held(node: Node) -> frozenset[str]:
    """The images that a node's status says are there."""
    return frozenset(name for image in node.status.images for name in image.names)


@attrs.frozen(cache_hash=True)
class Images:
    """The images of a pod of ``node`` by when they are pulled, and how far that is (``pull``)."""

    node: str
    pull: str
    always: tuple[str, ...]
    missing: tuple[str, ...]
    never: tuple[str, ...]

    @property
    def all(self) -> tuple[str, ...]:
        """Those that a pull brings."""
        return tuple(sorted({*self.always, *self.missing}))


@lru_cache(maxsize=1024)
def _images(node: str, pull: str, spec: PodSpec) -> Images:
    declared = (*spec.init_containers, *spec.containers)

    def having(policy: str) -> tuple[str, ...]:
        return tuple(sorted({named(it.image) for it in declared if pull_policy(it) == policy}))

    return Images(node, pull, having(ALWAYS), having(IF_NOT_PRESENT), having(NEVER))


def ensured(images: Images, there: frozenset[str]) -> str:
    """How far the images of a pod are once the kubelet has looked: PRESENT, PULLING or ERR_IMAGE_NEVER_PULL.

    A node that says nothing of its images is taken to hold those that are never pulled.
    """
    if there and not there.issuperset(images.never):
        return ERR_IMAGE_NEVER_PULL
    return PULLING if images.always or not there.issuperset(images.missing) else PRESENT


@attrs.frozen(cache_hash=True)
class Pull:
    """The edit by which the pulling of a pod's images comes to another state."""

    state: str

    def __call__(self, runtime: PodRuntime, /) -> PodRuntime:
        """What is known of the pod afterwards."""
        return attrs.evolve(runtime, pull=self.state)


@attrs.frozen(cache_hash=True)
class Keep:
    """The edit by which a node gets images."""

    names: tuple[str, ...]

    def __call__(self, images: frozenset[str], /) -> frozenset[str]:
        """What the node holds afterwards."""
        return images.union(self.names)


def _starts(spec: PodSpec, runtime: PodRuntime, worker: PodWorker) -> bool:
    """Whether some container is to be created next."""
    if runtime.each:
        again = (*to_restart(spec, runtime.each, again=False), *to_restart(spec, runtime.each, again=True))
        return bool(again or next_to_start(runtime.each, starting(spec, worker.started)))
    return runtime.containers == ABSENT or (runtime.containers == EXITED and pod_restarts(spec, runtime.exit_code))


_FIELDS = ("object", "runtime", "worker")


def _unsure(pod: Pod | None, runtime: PodRuntime | None, worker: PodWorker | None) -> Images | None:
    if pod is None or runtime is None or worker is None or runtime.pull not in (UNCHECKED, ERR_IMAGE_NEVER_PULL):
        return None
    if runtime.doubted or runtime.sandboxes > 1:
        return None
    if runtime.sandbox != SANDBOX_READY or not wanted(pod) or not _starts(pod.spec, runtime, worker):
        return None
    return _images(runtime.node, runtime.pull, pod.spec)


def _there(node: str, name: str, images: frozenset[str]) -> frozenset[str] | None:
    return images if name == node else None


def _ensure(key: Images, images: frozenset[str]) -> list[Alternative]:
    found = ensured(key, images)
    if found == key.pull:
        return []
    if key.pull == ERR_IMAGE_NEVER_PULL:
        return [Alternative((Write(KEY, "runtime", Pull(UNCHECKED)),), "the image has come to the node")]
    because = {
        PRESENT: "the images are on the node",
        PULLING: f"to pull: {', '.join(key.all)}",
        ERR_IMAGE_NEVER_PULL: "an image is not on the node, and imagePullPolicy is Never",
    }[found]
    return [Alternative((Write(KEY, "runtime", Pull(found)),), because)]


ENSURE_IMAGES = Rule(
    name="ensure images",
    key=Key(POD, _FIELDS, _unsure),
    decide=_ensure,
    queries={"images": Query(NODE, ("name", "images"), _there, ONLY, node_of)},
    guards=(KUBELET_RUNS,),
    reference="container-runtime §4",
    meaning="before containers are created the kubelet makes sure of their images: there, to be pulled, or never",
)


def _in_state(state: str, pod: Pod | None, runtime: PodRuntime | None) -> Images | None:
    if runtime is None or pod is None or runtime.pull != state or runtime.sandbox != SANDBOX_READY:
        return None
    return _images(runtime.node, runtime.pull, pod.spec)


BACK_OFF_PULL = Rule(
    name="back off image pull",
    key=Key(POD, ("object", "runtime"), lambda pod, runtime: _in_state(ERR_IMAGE_PULL, pod, runtime)),
    decide=lambda _key: [Alternative((Write(KEY, "runtime", Pull(IMAGE_PULL_BACK_OFF)),), "the pull has failed")],
    guards=(KUBELET_RUNS,),
    reference="container-runtime §4",
    meaning="a pull that failed is not tried again at once: ErrImagePull becomes ImagePullBackOff",
)

PULL_AGAIN = Rule(
    name="pull images again",
    key=Key(POD, ("object", "runtime"), lambda pod, runtime: _in_state(IMAGE_PULL_BACK_OFF, pod, runtime)),
    decide=lambda _key: [Alternative((Write(KEY, "runtime", Pull(PULLING)),), "the back-off is over")],
    guards=(KUBELET_RUNS,),
    duration=BACK_OFF,
    reference="container-runtime §4",
    meaning="the kubelet pulls again once the back-off of a pull that failed is over",
)


def _arrive(key: Images) -> list[Alternative]:
    keep = Write(Named(NODE, key.node), "images", Keep(key.all))
    return [Alternative((Write(KEY, "runtime", Pull(PRESENT)), keep), "the registry has delivered")]


PULLED = Rule(
    name="images are pulled",
    key=Key(POD, ("object", "runtime"), lambda pod, runtime: _in_state(PULLING, pod, runtime)),
    decide=_arrive,
    guards=(MACHINE_RUNS,),
    reference="container-runtime §2",
    meaning="PullImage succeeds: the node holds the images",
)

OF_KUBELET = (ENSURE_IMAGES, BACK_OFF_PULL, PULL_AGAIN)

_STATES = {
    "": "None",
    UNCHECKED: "Unchecked",
    PULLING: "Pulling",
    ERR_IMAGE_PULL: "ErrImagePull",
    IMAGE_PULL_BACK_OFF: "ImagePullBackOff",
    ERR_IMAGE_NEVER_PULL: "ErrImageNeverPull",
    PRESENT: "Present",
}

_HELD = tuple(name for pull, name in _STATES.items() if pull)

IMAGE_PULL = Machine(
    name="image pull",
    kind=POD,
    fields=("runtime",),
    states=states_by(
        lambda runtime: "None" if runtime is None else _STATES[runtime.pull],
        {
            "None": "there is no sandbox",
            "Unchecked": "containers are to be created, and nobody has looked for their images",
            "Pulling": "the images are being pulled",
            "ErrImagePull": "the pull has failed",
            "ImagePullBackOff": "the pull has failed and is tried again later",
            "ErrImageNeverPull": "an image is not on the node, and may not be pulled",
            "Present": "the images are on the node, for the next start",
        },
    ),
    initial="None",
    arrows=(
        Arrow("run sandbox", "None", "Unchecked", KUBELET, "container-runtime §3"),
        Arrow("find", "Unchecked", "Present", KUBELET, "container-runtime §4"),
        Arrow("pull", "Unchecked", "Pulling", KUBELET, "container-runtime §4"),
        Arrow("miss", "Unchecked", "ErrImageNeverPull", KUBELET, "container-runtime §4"),
        Arrow("look again", "ErrImageNeverPull", "Unchecked", KUBELET, "container-runtime §4"),
        Arrow("pulled", "Pulling", "Present", RUNTIME, "container-runtime §2"),
        Arrow("fail", "Pulling", "ErrImagePull", FAULT, "container-runtime §4"),
        Arrow("back off", "ErrImagePull", "ImagePullBackOff", KUBELET, "container-runtime §4"),
        Arrow("pull again", "ImagePullBackOff", "Pulling", KUBELET, "container-runtime §4"),
        Arrow("create container", "Present", "Unchecked", KUBELET, "container-runtime §3"),
        *(Arrow("remove", name, "None", KUBELET, "container-runtime §7") for name in _HELD),
        *(Arrow("lose machine", name, "None", FAULT, "container-runtime §8") for name in _HELD),
    ),
    meaning="the images of one pod, taken together, as its kubelet finds them before a start",
    reference="container-runtime §4",
)
