"""Writes the events that a real cluster would write of an execution, for workloads of Deployments."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from kubemodel.engine.executor import Run
from kubemodel.engine.transition_system import TransitionSystem
from kubemodel.spec.events.recording import Event, parse
from kubemodel.spec.kinds import POD, REPLICA_SET, RUNNING
from kubemodel.spec.language.observation import Deed
from kubemodel.validation.naming import Bundles, Names, moves

Data = dict[str, Any]


def recorded(system: TransitionSystem, run: Run) -> tuple[Event, ...]:
    """The events of an execution, one step a second."""
    lines = [json.dumps(each) for each in events(system, run)]
    return parse("\n".join(lines), "recording")


def events(system: TransitionSystem, run: Run) -> list[Data]:
    """The same as lines of a recording."""
    bundles = Bundles(system)
    names: Names = ()
    found: list[Data] = []
    for number, ((transition, _), state) in enumerate(zip(run.steps, run.path, strict=False)):
        names, done = next(moves(system, state, names, transition))
        rule = transition.group.component.name, transition.group.rule.name
        for kind, (name, old, new) in done:
            deed = Deed(*rule, bundles.values(kind, old), bundles.values(kind, new))
            if kind == POD and name is None and deed.after["object"] is not None:
                owner = deed.after["object"].metadata.controller_reference.name
                name = (POD, f"{owner}-{number:05d}")
                names = tuple(sorted((*names, (name, new))))
            for event in told(kind, "" if name is None else name[1], deed):
                time = f"2024-05-01T10:{number // 60:02d}:{number % 60:02d}Z"
                found.append({"time": time, "lastTime": time, "count": 1, **event})
                found[-1]["resourceVersion"] = str(100 + len(found))
    return found


def told(kind: str, name: str, deed: Deed) -> Iterator[Data]:
    """What is written of a step."""
    before, after = deed.before.get("object"), deed.after.get("object")
    if kind == REPLICA_SET and deed.component == "deployment-controller" and after is not None:
        had = 0 if before is None else before.spec.replicas
        if had != after.spec.replicas:
            way = "up" if after.spec.replicas > had else "down"
            text = f"Scaled {way} replica set {after.metadata.name} to {after.spec.replicas}"
            owner = after.metadata.controller_reference.name
            yield event(deed.component, "", "ScalingReplicaSet", text, "Deployment", owner)
    if kind != POD:
        return
    if deed.component == "replicaset-controller" and before is None and after is not None:
        yield event(deed.component, "", "SuccessfulCreate", f"Created pod: {name}", REPLICA_SET, owner_of(name))
    if before is None or after is None:
        return
    if deed.component == "replicaset-controller" and after.metadata.terminating and not before.metadata.terminating:
        yield event(deed.component, "", "SuccessfulDelete", f"Deleted pod: {name}", REPLICA_SET, owner_of(name))
    if not before.spec.node_name and after.spec.node_name:
        text = f"Successfully assigned default/{name} to {after.spec.node_name}"
        yield event("default-scheduler", "", "Scheduled", text, POD, name)
    ran, runs = (values["runtime"] is not None and values["runtime"].containers == RUNNING for values in each(deed))
    if runs and not ran:
        for reason in ("Pulled", "Created", "Started"):
            yield event("kubelet", after.spec.node_name, reason, "container web", POD, name)
    if ran and not runs and before.metadata.terminating:
        yield event("kubelet", after.spec.node_name, "Killing", "Stopping container web", POD, name)


def each(deed: Deed) -> tuple[Any, Any]:
    return deed.before, deed.after


def owner_of(name: str) -> str:
    return name.rpartition("-")[0]


def event(component: str, host: str, reason: str, message: str, kind: str, name: str) -> Data:
    about = {"kind": kind, "namespace": "default", "name": name}
    return {"component": component, "host": host, "reason": reason, "message": message, "object": about}
