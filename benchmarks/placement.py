"""How long `kubemodel place` takes: 500 pods of 10 kinds on 100 nodes of 5 shapes, generated from a seed.

    .venv/bin/python benchmarks/placement.py              # three fillings, each once as text that a person would read
    .venv/bin/python benchmarks/placement.py --write DIR  # only writes the manifests, to be run by hand

The cluster has three zones. Two kinds keep apart by node, two spread over zones, one over nodes, one needs a label, one
tolerates a taint, one follows another into its zone; the rest only want room. ``fill`` is the share of all cpu that is
asked for: at 0.5 everybody finds room, at 0.7 packing matters, at 1.02 it is impossible.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import yaml
from kubemodel.cli.main import run

NODES, PODS, KINDS = 100, 500, 10
SHAPES = (("4", "16Gi"), ("8", "16Gi"), ("8", "32Gi"), ("16", "32Gi"), ("16", "64Gi"))
ZONES = ("a", "b", "c")
ZONE, HOSTNAME = "topology.kubernetes.io/zone", "kubernetes.io/hostname"
REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"

Manifest = dict[str, Any]


def nodes() -> list[Manifest]:
    """A hundred nodes, twenty of each shape, in three zones; the last shape has fast disks, the first a taint."""
    found = []
    for number in range(NODES):
        cpu, memory = SHAPES[number % len(SHAPES)]
        name = f"node-{number + 1:03}"
        labels = {HOSTNAME: name, ZONE: ZONES[number % len(ZONES)]}
        if number % len(SHAPES) == 4:
            labels["disk"] = "fast"
        node: Manifest = {
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": {"name": name, "labels": labels},
            "status": {"allocatable": {"cpu": cpu, "memory": memory, "pods": "110"}},
        }
        if number % len(SHAPES) == 0:
            node["spec"] = {"taints": [{"key": "dedicated", "value": "batch", "effect": "NoSchedule"}]}
        found.append(node)
    return found


def workloads(fill: float, seed: int = 0) -> list[Manifest]:
    """Ten Deployments of fifty pods each that ask for ``fill`` of all cpu."""
    rng = random.Random(seed)
    shares = [rng.uniform(0.3, 2.0) for _ in range(KINDS)]
    cpu = sum(1000 * int(SHAPES[number % len(SHAPES)][0]) for number in range(NODES))
    unit = cpu * fill / sum(shares) / (PODS // KINDS)
    return [_deployment(number, round(share * unit)) for number, share in enumerate(shares)]


def _deployment(number: int, milli: int) -> Manifest:
    name = f"kind-{number}"
    mine = {"matchLabels": {"app": name}}
    spec: Manifest = {
        "containers": [
            {
                "name": "main",
                "image": "shop.example/app:1",
                "resources": {"requests": {"cpu": f"{milli}m", "memory": f"{milli}Ki"}},
            }
        ]
    }
    match number:
        case 0 | 1:
            spec["affinity"] = {"podAntiAffinity": {REQUIRED: [{"topologyKey": HOSTNAME, "labelSelector": mine}]}}
        case 2 | 3 | 4:
            key = HOSTNAME if number == 4 else ZONE
            constraint = {"topologyKey": key, "maxSkew": 1, "whenUnsatisfiable": "DoNotSchedule", "labelSelector": mine}
            spec["topologySpreadConstraints"] = [constraint | {"nodeTaintsPolicy": "Honor"}]
        case 5:
            spec["nodeSelector"] = {"disk": "fast"}
        case 6 | 7:
            spec["tolerations"] = [{"key": "dedicated", "operator": "Exists"}]
        case 8:
            other = {"matchLabels": {"app": "kind-7"}}
            spec["affinity"] = {"podAffinity": {REQUIRED: [{"topologyKey": ZONE, "labelSelector": other}]}}
        case _:
            pass
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name},
        "spec": {
            "replicas": PODS // KINDS,
            "selector": mine,
            "template": {"metadata": {"labels": {"app": name}}, "spec": spec},
        },
    }


def write(folder: Path, fill: float, seed: int) -> Path:
    """The manifests of one filling, in one file."""
    file = folder / f"fill-{fill:g}-seed-{seed}.yaml"
    file.write_text(yaml.safe_dump_all([*nodes(), *workloads(fill, seed)], sort_keys=False), encoding="utf-8")
    return file


def main() -> int:
    """Runs, or writes, the fillings; wall seconds of each on standard output."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fill", type=float, nargs="*", default=[0.5, 0.7, 1.02])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--write", type=Path)
    given = parser.parse_args()
    if given.write:
        for fill in given.fill:
            sys.stdout.write(f"{write(given.write, fill, given.seed)}\n")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        for fill in given.fill:
            file = write(Path(folder), fill, given.seed)
            began, worked = time.perf_counter(), time.process_time()
            code = run(["place", str(file), "--quiet"])
            wall, worked = time.perf_counter() - began, time.process_time() - worked
            sys.stdout.write(f"== fill {fill:g}: exit code {code}, {worked:.1f} s of processor time, {wall:.1f} s\n\n")
            sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
