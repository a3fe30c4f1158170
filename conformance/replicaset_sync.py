"""One sync of the ReplicaSet controller, as the model runs it: its own rules, on a cluster of one ReplicaSet."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import attrs

from ..engine.effects import CallRecord, Selection
from ..engine.successors import answers, keys, successor
from ..engine.transition_system import Group, TransitionSystem, candidates
from ..spec.control_plane.apiserver.handling import handle
from ..spec.control_plane.controllers import replicaset
from ..spec.kinds import KUBE_CONTROLLER_MANAGER, POD, PROCESS, REPLICA_SET, named, pods
from ..spec.language.model import Model
from ..spec.language.request import ApiCall, Outcome, Response, Verb
from ..spec.objects.pod import Pod
from ..spec.objects.workloads import ReplicaSet


@attrs.define
class _Server:
    """The API server, which refuses some calls of pods."""

    refuses: set[Verb] = attrs.Factory(set)

    def __call__(self, call: ApiCall, stored: Any, *, current: bool) -> Response:
        if call.kind == POD and call.verb in self.refuses:
            return Response(Outcome.FORBIDDEN, stored)
        return handle(call, stored, current=current)


class Sync:
    """One sync of the controller, in the order of Kubernetes: adopt, manage replicas, write the status."""

    def __init__(
        self,
        cached: ReplicaSet,
        found: tuple[Pod, ...],
        live: ReplicaSet | None = None,
        *,
        refuses: set[Verb] | None = None,
        create_limit: float = math.inf,
    ) -> None:
        """``live``: the ReplicaSet in the store, if the controller's cache shows another version of it."""
        self.server = _Server(refuses or set())
        self.create_limit = create_limit
        self.records: list[CallRecord] = []
        name = cached.metadata.name
        stored = {"name": name, "object": live or cached}
        self.system = TransitionSystem(
            Model(
                name="one sync",
                kinds=(
                    pods(len(found) + cached.spec.replicas),
                    named(REPLICA_SET, (name,)),
                    named(PROCESS, (KUBE_CONTROLLER_MANAGER,)),
                ),
                components=(replicaset.component(),),
                initial={
                    POD: tuple({"object": pod} for pod in found),
                    REPLICA_SET: ({**stored, f"object@{replicaset.NAME}": cached} if live else stored,),
                },
                api_server=self.server,
                lag={(replicaset.NAME, REPLICA_SET): 1} if live else {},
            )
        )
        self.state = self.system.initial_state()
        for rule in ("adopt", "manage replicas", "update status"):
            self._carry_out(rule)
        # What is still an orphan keeps a sync from everything else: that is its error.
        self.error = bool(self._orphans()) or any(not outcome.success for _, outcome in self.outcomes())

    def _carry_out(self, rule: str) -> None:
        while self._step(rule):
            rule = "continue"
            if self.made(Verb.CREATE, done=True) >= self.create_limit:
                self.server.refuses.add(Verb.CREATE)

    def _step(self, rule: str) -> bool:
        """Takes the first alternative of ``rule``, even if it changes nothing; False if it is not enabled."""
        for group, index, bundle, key in self._enabled(rule):
            given, queries = answers(group, self.state, key, index)
            for firing in group.fire(key, given, queries):
                chosen: tuple[tuple[int, int, int], ...] = ((group.pool, index, bundle),)
                while isinstance(step := firing.attempt(tuple(it for _, _, it in chosen)), Selection):
                    before = tuple((pool, place) for pool, place, _ in chosen)
                    found = next(candidates(self.system, self.state[step.pool], step, before))
                    chosen = (*chosen, (step.pool, *found))
                self.records.extend(step.calls)
                self.state = successor(self.system, self.state, chosen, step)
                return True
        return False

    def _enabled(self, rule: str) -> Iterator[tuple[Group, int, int, Any]]:
        for group in self.system.groups:
            if group.component.name == replicaset.NAME and group.rule.name == rule:
                yield from ((group, *found) for found in keys(group, self.state))

    def _orphans(self) -> int:
        groups = self._enabled("adopt")
        return sum(answers(group, self.state, key, index)[0]["orphans"] for group, index, _, key in groups)

    def outcomes(self) -> list[tuple[Verb, Outcome]]:
        """Verb and outcome of each call of a pod."""
        return [
            (record.request.verb, record.response.outcome)
            for record in self.records
            if isinstance(record.request, ApiCall) and record.request.kind == POD and record.response is not None
        ]

    def made(self, verb: Verb, *, done: bool = False) -> int:
        """How many calls of pods there were; ``done``: that succeeded."""
        return sum(it is verb and (outcome.success or not done) for it, outcome in self.outcomes())

    def stored(self, kind: str) -> list[Any]:
        """The objects that the store holds now."""
        pool = self.system.pools[self.system.pool_index[kind]]
        bundles = self.state[self.system.pool_index[kind]]
        return [pool.bundles[bundle][pool.position["object"]] for bundle in bundles]
