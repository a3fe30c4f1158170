"""How long `kubemodel place` takes: 500 pods of 10 kinds on 100 nodes of 5 shapes, generated from a seed.

    .venv/bin/python benchmarks/placement.py                           # every case, with three seeds: a table
    .venv/bin/python benchmarks/placement.py --case spread --seed 1    # some of them
    .venv/bin/python benchmarks/placement.py --write DIR               # only writes the manifests, to be run by hand

The cluster has three zones. Two kinds keep apart by node, two spread over zones, one over nodes, one needs a label, two
tolerate a taint, one follows another into its zone; the rest only want room. Where a case is named by a number, that
is the share of all cpu that is asked for: 0.5 is easy, 0.9 and 0.97 are tight, 1.02 is impossible. The other
cases ask for half of it, and one kind asks for what cannot be had, for the reason that names the case.

Each run is a process of its own, with all that a person would get: answer, order, or core and changes. Its seconds
are of processor time, start and reading included, so that a busy machine counts less.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import yaml

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
            labels["pool"] = "batch"
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


def _apart(deployment: Manifest, spec: Manifest) -> None:
    """Ninety replicas keep apart by node; eighty nodes have no taint."""
    mine = deployment["spec"]["selector"]
    deployment["spec"]["replicas"] = 90
    spec["affinity"] = {"podAntiAffinity": {REQUIRED: [{"topologyKey": HOSTNAME, "labelSelector": mine}]}}


def _selected(_deployment: Manifest, spec: Manifest) -> None:
    """Fifty pods of seven cpu may only go to the twenty nodes of sixteen that have fast disks."""
    spec["containers"][0]["resources"]["requests"]["cpu"] = "7"
    spec["nodeSelector"] = {"disk": "fast"}


def _tainted(_deployment: Manifest, spec: Manifest) -> None:
    """Its pods need a label that only nodes have whose taint they do not tolerate."""
    spec["nodeSelector"] = {"pool": "batch"}


def _spread(deployment: Manifest, spec: Manifest) -> None:
    """Spread over three zones, of which one is closed to it but counts."""
    mine = deployment["spec"]["selector"]
    constraint = {"topologyKey": ZONE, "maxSkew": 1, "whenUnsatisfiable": "DoNotSchedule", "labelSelector": mine}
    spec["topologySpreadConstraints"] = [constraint | {"nodeAffinityPolicy": "Ignore"}]
    zones = {"key": ZONE, "operator": "In", "values": list(ZONES[:2])}
    spec["affinity"] = {"nodeAffinity": {REQUIRED: {"nodeSelectorTerms": [{"matchExpressions": [zones]}]}}}


CASES = {
    "0.5": (0.5, None),
    "0.9": (0.9, None),
    "0.97": (0.97, None),
    "1.02": (1.02, None),
    "anti-affinity": (0.5, _apart),
    "selector": (0.5, _selected),
    "taint": (0.5, _tainted),
    "spread": (0.5, _spread),
}


def manifests(case: str, seed: int) -> list[Manifest]:
    """All documents of one case."""
    fill, change = CASES[case]
    deployments = workloads(fill, seed)
    if change is not None:
        last = deployments[-1]
        change(last, last["spec"]["template"]["spec"])
    return [*nodes(), *deployments]


def write(folder: Path, case: str, seed: int) -> Path:
    """The manifests of one case, in one file."""
    file = folder / f"{case}-seed-{seed}.yaml"
    file.write_text(yaml.safe_dump_all(manifests(case, seed), sort_keys=False), encoding="utf-8")
    return file


def _worked() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def measured(file: Path) -> tuple[dict[str, Any], float]:
    """What `kubemodel place` says of a file, and the seconds of processor time that it took."""
    before = _worked()
    command = [sys.executable, "-c", "import sys; from kubemodel.cli.main import run; sys.exit(run(sys.argv[1:]))"]
    flags = ["place", str(file), "--quiet", "--format", "json", "--timeout", "600"]
    done = subprocess.run([*command, *flags], capture_output=True, check=False, text=True)
    return json.loads(done.stdout)["scenarios"][0], _worked() - before


def _told(said: dict[str, Any]) -> str:
    if said["possible"] is None:
        return "not decided |"
    if said["possible"]:
        stuck = {True: "can get stuck", False: "in any order", None: "whether it can get stuck is not decided"}
        return f"possible, {stuck[said['stuck']['possible']]} |"
    cores = "; ".join(
        f"{len(each['items'])} items{', minimal' if each['minimal'] else ''}" for each in said["conflicts"]
    )
    return f"impossible; {cores} | {sum(len(each['changes']) for each in said['conflicts'])}"


def main() -> int:
    """Runs, or writes, the cases; a table on standard output."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--case", nargs="*", choices=[*CASES], default=[*CASES])
    parser.add_argument("--seed", type=int, nargs="*", default=[0, 1, 2])
    parser.add_argument("--write", type=Path)
    given = parser.parse_args()
    runs = [(case, seed) for case in given.case for seed in given.seed]
    if given.write:
        for case, seed in runs:
            sys.stdout.write(f"{write(given.write, case, seed)}\n")
        return 0
    sys.stdout.write("| case | seed | answer | changes | processor time |\n|---|---|---|---|---|\n")
    with tempfile.TemporaryDirectory() as folder:
        for case, seed in runs:
            said, seconds = measured(write(Path(folder), case, seed))
            sys.stdout.write(f"| {case} | {seed} | {_told(said)} | {seconds:.1f} s |\n")
            sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
