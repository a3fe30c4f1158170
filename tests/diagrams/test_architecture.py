"""The picture of the architecture: every component in its place, tied to the API server by what it does."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from kubemodel.diagrams.architecture import ComponentFacts, architecture_dot, architecture_mermaid
from kubemodel.diagrams.rendering import render

MANAGER = "kube-controller-manager"
COMPONENTS = (
    ComponentFacts("user", "environment", writes=("Deployment (patch)",)),
    ComponentFacts("kube-scheduler", "control plane", "kube-scheduler", ("Node", "Pod"), (), ("Pod (bind)",)),
    ComponentFacts("one-controller", "control plane", MANAGER, ("Pod",), ("Node",), remembers=("Pod (expected)",)),
    ComponentFacts("other-controller", "control plane", MANAGER, ("Node",)),
    ComponentFacts("kubelet", "node", "kubelet", ("Pod",), (), ("Pod/status (patch)",), ("StartContainer",)),
    ComponentFacts("kube-proxy", "node", watches=("Service",), changes=("Node (rules)",)),
)
RUNTIME_FACTS = ComponentFacts("container-runtime", "node", changes=("Pod (runtime)",))


def test_mermaid() -> None:
    assert architecture_mermaid(COMPONENTS).splitlines() == [
        "flowchart LR",
        '    api["<b>API server</b>"]',
        '    etcd[("<b>etcd</b>")]',
        "    api <--> etcd",
        '    subgraph environment["environment (not Kubernetes)"]',
        '        c0["<b>user</b><br/>writes Deployment (patch)"]',
        "    end",
        '    subgraph control_plane["control plane"]',
        '        c1["<b>kube-scheduler</b><br/>watches Node, Pod<br/>writes Pod (bind)"]',
        '        subgraph process_kube_controller_manager["kube-controller-manager"]',
        '            c2["<b>one-controller</b><br/>watches Pod<br/>asks afresh for Node<br/>remembers Pod (expected)"]',
        '            c3["<b>other-controller</b><br/>watches Node"]',
        "        end",
        "    end",
        '    subgraph node["every node"]',
        '        c4["<b>kubelet</b><br/>watches Pod<br/>writes Pod/status (patch)<br/>calls StartContainer"]',
        '        c5["<b>kube-proxy</b><br/>watches Service<br/>changes Node (rules)"]',
        '        runtime_node["container runtime"]',
        "    end",
        "    c0 --> api",
        "    api -.-> c1",
        "    c1 --> api",
        "    api -.-> c2",
        "    api -.-> c3",
        "    api -.-> c4",
        "    c4 --> api",
        "    c4 --> runtime_node",
        "    api -.-> c5",
    ]


def test_lines_of_the_picture() -> None:
    edges = set(re.findall(r"^\t*(\w+) -> (\w+) .*?dir=(\w+)", architecture_dot(COMPONENTS), re.MULTILINE))
    assert edges == {
        ("api", "etcd", "both"),
        ("c0", "api", "forward"),
        ("c1", "api", "back"),
        ("c1", "api", "forward"),
        ("c2", "api", "back"),
        ("c3", "api", "back"),
        ("api", "c4", "forward"),
        ("api", "c4", "back"),
        ("api", "c5", "forward"),
    }
    assert "c4 -> runtime_node" in architecture_dot(COMPONENTS)


def test_components_of_one_process_share_a_box() -> None:
    dot = architecture_dot(COMPONENTS)
    assert dot.count("subgraph cluster_process_") == 1
    together = dot[dot.index("subgraph cluster_process_kube_controller_manager") :]
    together = together[: together.index("}")]
    assert [name for name in ("c1", "c2", "c3", "c4") if f"{name} [" in together] == ["c2", "c3"]


@pytest.mark.parametrize("draw", [architecture_dot, architecture_mermaid])
def test_a_container_runtime_with_steps_of_its_own_is_drawn_once(draw: Callable[..., str]) -> None:
    drawn = draw((*COMPONENTS, RUNTIME_FACTS))
    assert re.search(r"c4 --?> c6", drawn)
    assert "runtime_node" not in drawn


def test_control_plane_stands_left_and_nodes_right_of_the_api_server() -> None:
    svg = render(architecture_dot(COMPONENTS), "svg").decode()

    def x(name: str) -> float:
        found = re.search(rf'<text[^>]* x="([\d.-]+)"[^>]*>{name.replace("-", "&#45;")}</text>', svg)
        assert found is not None
        return float(found[1])

    assert x("kube-scheduler") < x("API server") < x("kubelet") < x("container runtime")


@pytest.mark.parametrize("form", ["svg", "png"])
def test_it_renders_to_the_same_bytes_each_time(form: str) -> None:
    assert len({render(architecture_dot(COMPONENTS), form) for _ in range(2)}) == 1
