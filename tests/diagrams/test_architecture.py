"""The picture of the architecture: every component in its place, tied to the API server by what it does."""

from __future__ import annotations

import re

import pytest
from kubemodel.diagrams.architecture import ComponentFacts, architecture_dot, architecture_mermaid
from kubemodel.diagrams.rendering import render

COMPONENTS = (
    ComponentFacts("user", "environment", (), ("Deployment", "Pod")),
    ComponentFacts("kube-scheduler", "control plane", ("Pod", "Node"), ("Pod", "memory")),
    ComponentFacts("kubelet", "node", ("Pod",), ("Pod", "Lease", "runtime")),
    ComponentFacts("kube-proxy", "node", ("Service", "EndpointSlice"), ("memory",)),
)


def test_mermaid() -> None:
    assert architecture_mermaid(COMPONENTS).splitlines() == [
        "flowchart LR",
        '    api["<b>API server</b>"]',
        '    etcd[("<b>etcd</b>")]',
        "    api <--> etcd",
        '    subgraph environment["environment (not Kubernetes)"]',
        '        c0["<b>user</b><br/>writes Deployment, Pod"]',
        "    end",
        '    subgraph control_plane["control plane"]',
        '        c1["<b>kube-scheduler</b><br/>watches Pod, Node<br/>writes Pod, memory"]',
        "    end",
        '    subgraph node["every node"]',
        '        c2["<b>kubelet</b><br/>watches Pod<br/>writes Pod, Lease, runtime"]',
        '        c3["<b>kube-proxy</b><br/>watches Service, EndpointSlice<br/>writes memory"]',
        '        runtime_node["container runtime"]',
        "    end",
        "    c0 --> api",
        "    api -.-> c1",
        "    c1 --> api",
        "    api -.-> c2",
        "    c2 --> api",
        "    c2 --> runtime_node",
        "    api -.-> c3",
    ]


def test_lines_of_the_picture() -> None:
    edges = set(re.findall(r"^\t*(\w+) -> (\w+) .*?dir=(\w+)", architecture_dot(COMPONENTS), re.MULTILINE))
    assert edges == {
        ("api", "etcd", "both"),
        ("c0", "api", "forward"),
        ("c1", "api", "back"),
        ("c1", "api", "forward"),
        ("api", "c2", "forward"),
        ("api", "c2", "back"),
        ("api", "c3", "forward"),
    }
    assert "c2 -> runtime_node" in architecture_dot(COMPONENTS)


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
