"""Images: policies, what the kubelet decides of them, and what the node holds afterwards."""

from __future__ import annotations

import pytest
from frozendict import frozendict
from kubemodel.spec.kinds import ERR_IMAGE_NEVER_PULL, PRESENT, PULLING, UNCHECKED, PodRuntime
from kubemodel.spec.node.container_runtime import CreateContainer, RunSandbox
from kubemodel.spec.node.images import ALWAYS, IF_NOT_PRESENT, NEVER, Images, Keep, ensured, held, named, pull_policy
from kubemodel.spec.objects.containers import Container
from kubemodel.spec.objects.node import ContainerImage, Node, NodeStatus


@pytest.mark.parametrize(
    ("image", "name"),
    [
        ("web", "web:latest"),
        ("web:2", "web:2"),
        ("registry.example:5000/web", "registry.example:5000/web:latest"),
        ("web@sha256:abc", "web@sha256:abc"),
    ],
)
def test_an_image_without_tag_is_the_latest(image: str, name: str) -> None:
    assert named(image) == name


@pytest.mark.parametrize(
    ("image", "given", "policy"),
    [
        ("web", "", ALWAYS),
        ("web:latest", "", ALWAYS),
        ("web:2", "", IF_NOT_PRESENT),
        ("web@sha256:abc", "", IF_NOT_PRESENT),
        ("web:2", ALWAYS, ALWAYS),
        ("web", NEVER, NEVER),
    ],
)
def test_the_policy_is_what_is_given_or_follows_from_the_tag(image: str, given: str, policy: str) -> None:
    fields = frozendict({"imagePullPolicy": given} if given else {})
    assert pull_policy(Container("web", image, uninterpreted=fields)) == policy


@pytest.mark.parametrize(
    ("always", "missing", "never", "there", "found"),
    [
        ((), ("a",), (), {"a"}, PRESENT),
        ((), ("a",), (), set(), PULLING),
        (("a",), (), (), {"a"}, PULLING),
        ((), (), ("a",), {"a"}, PRESENT),
        ((), (), ("a",), {"b"}, ERR_IMAGE_NEVER_PULL),
        ((), (), ("a",), set(), PRESENT),
        (("b",), (), ("a",), {"b"}, ERR_IMAGE_NEVER_PULL),
    ],
)
def test_what_is_to_be_done_about_images(
    always: tuple[str, ...], missing: tuple[str, ...], never: tuple[str, ...], there: set[str], found: str
) -> None:
    assert ensured(Images("a", UNCHECKED, always, missing, never), frozenset(there)) == found


def test_a_pull_brings_what_is_missing_and_what_is_always_pulled() -> None:
    images = Images("a", PULLING, ("b",), ("a", "b"), ("c",))
    assert Keep(images.all)(frozenset({"x"})) == {"a", "b", "x"}


def test_a_node_holds_what_its_status_names() -> None:
    status = NodeStatus(images=(ContainerImage(("web:1", "web@sha256:abc")), ContainerImage(("cache:1",))))
    assert held(Node(status=status)) == {"web:1", "web@sha256:abc", "cache:1"}


def test_each_start_looks_for_its_image_anew() -> None:
    sandbox = RunSandbox("a", pull=UNCHECKED)(None)
    assert sandbox.pull == UNCHECKED
    assert CreateContainer()(PodRuntime("a", pull=PRESENT)).pull == UNCHECKED
    assert CreateContainer()(PodRuntime("a")).pull == ""
