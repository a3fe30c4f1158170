"""A rolling update while caches lag, a controller-manager crashes and a node crashes: how far does it close?

    .venv/bin/python benchmarks/rolling_update.py [REPLICAS] [SECONDS]

A Deployment on two nodes; a user applies a new template at any moment. The ReplicaSet controller's cache of pods and
the Deployment controller's cache of ReplicaSets may each be one change behind. Two replicas and five minutes unless
given; at most 12 GB. Exits with 0 if every state was explored and every property holds.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from typing import Any

from kubemodel.checker.result import Explorer, Limits, Progress
from kubemodel.cli.checking import Checked, run
from kubemodel.cli.inputs import thawed
from kubemodel.engine.verdicts import Verdict
from kubemodel.spec.manifests.settings_schema import API_VERSION, KIND

MOST_MEMORY_MB = 12_000
MOST_STATES = 400_000_000
SECONDS = 300.0
REPLICAS = 2

LAG = {"replicaset-controller": {"Pod": 1}, "deployment-controller": {"ReplicaSet": 1}}
FAULTS = {"controller-manager-crash": 1, "node-crash": 1}
_UPDATE = "update.yaml"


def _deployment(replicas: int, release: int) -> dict[str, Any]:
    container = {"name": "web", "image": f"shop.example/web:{release}"}
    template = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [container]}}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web"},
        "spec": {"replicas": replicas, "selector": {"matchLabels": {"app": "web"}}, "template": template},
    }


def scenario(
    replicas: int,
    *,
    faults: Mapping[str, int] = FAULTS,
    lag: Mapping[str, Mapping[str, int]] = LAG,
    symmetry: str = "nodes",
    statuses: str = "as-read",
) -> dict[str, Any]:
    """The scenario document. The scheduler scores as its default profile does; what nobody reads of a status is not
    kept."""
    return {
        "apiVersion": API_VERSION,
        "kind": KIND,
        "metadata": {"name": f"{replicas} replicas rolled out"},
        "objects": [_deployment(replicas, 1)],
        "applied": {_UPDATE: [_deployment(replicas, 2)]},
        "nodes": 2,
        "users": [[{"apply": _UPDATE}]],
        "faults": dict(faults),
        "lag": {client: dict(kinds) for client, kinds in lag.items()},
        "switches": {"scoring": "default-profile", "statuses": statuses},
        "symmetry": symmetry,
    }


def explored(document: Mapping[str, Any], limits: Limits, progress: Any = None) -> Checked:
    """The one job of a scenario, worked through."""
    (job,) = thawed(document, "benchmark").plan.jobs
    return run(job, limits, explorer=Explorer.KERNEL, progress=progress)


def _say(snapshot: Progress) -> None:
    sys.stderr.write(
        f"\r{snapshot.states:,} states, depth {snapshot.depth}, {snapshot.states_per_second:,.0f}/s,"
        f" {snapshot.memory_mb:,.0f} MB "
    )


def main() -> int:
    """Runs it; returns the exit code."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("replicas", type=int, nargs="?", default=REPLICAS, help=f"of the Deployment [{REPLICAS}]")
    options.add_argument("seconds", type=float, nargs="?", default=SECONDS, help=f"before it gives up [{SECONDS:g}]")
    asked = options.parse_args()
    replicas = asked.replicas
    limits = Limits(MOST_STATES, seconds=asked.seconds, max_memory_mb=MOST_MEMORY_MB)
    checked = explored(scenario(replicas), limits, _say)
    result, measured = checked.result, checked.result.measured
    sys.stderr.write("\n")
    sys.stdout.write(
        f"{replicas} replicas: {result.states:,} states, {result.transitions:,} transitions, depth {result.depth},"
        f" {measured.seconds:,.0f} s, {measured.peak_memory_mb:,.0f} MB, {measured.bytes_per_state:.0f} bytes a state;"
        f" {'; '.join(bound.text for bound in result.bounds) or 'complete'}; {checked.verdict.verdict.value}\n"
    )
    return 0 if result.complete and checked.verdict.verdict is Verdict.HOLDS else 1


if __name__ == "__main__":
    sys.exit(main())
