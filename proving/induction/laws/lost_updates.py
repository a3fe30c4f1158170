"""Optimistic concurrency loses no update (kube-apiserver §3; invariants 3, no-lost-update).

Clients read an object, change what they read and write it back. The API server takes a write that names the version it
was made from only if that version is the stored one. Counted is what each client adds: one.
"""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from ....spec.control_plane.apiserver import handling
from ....spec.language.arithmetic import Number, Truth, select
from ..law import Claim, Hypothesis, Law, Mutation, Provable, Step, Values
from ..truth import every, implies

NAME = "no-lost-update"

_CLIENTS = ("first", "second")
"""Two clients stand for any number: every claim speaks of one of them, and the other does what any other may do."""


@attrs.frozen
class Rules:
    """What a mutation changes. ``checked``: the API server compares versions; ``named``: clients name theirs."""

    checked: bool = True
    named: bool = True

    def conflict(self, current: Truth) -> Truth:
        """Whether a write is refused."""
        return self.checked and handling.conflicts(self.named, current) == 1


def _read(client: str) -> Step:
    return Step(
        name=f"{client} reads",
        component=f"{client} client",
        effect=lambda at, _: {f"{client}_waits": 1, f"{client}_copy": at.stored, f"{client}_current": 1},
        guard=lambda at, _: at[f"{client}_waits"] == 0,
        meaning="GET of the object",
        reference="kube-apiserver §3",
    )


def _write(client: str, rules: Rules) -> Step:
    others = [other for other in _CLIENTS if other != client]

    def effect(at: Values, _chosen: Values) -> Mapping[str, Number]:
        refused = rules.conflict(at[f"{client}_current"] == 1)
        after = {
            "stored": select(refused, at.stored, at[f"{client}_copy"] + 1),
            "added": select(refused, at.added, at.added + 1),
            **{f"{other}_current": select(refused, at[f"{other}_current"], 0) for other in others},
        }
        return {**after, f"{client}_waits": 0, f"{client}_copy": 0, f"{client}_current": 0}

    return Step(
        name=f"{client} writes",
        component=f"{client} client",
        effect=effect,
        guard=lambda at, _: every(at[f"{client}_waits"] == 1, at.added < at.updates),
        meaning="UPDATE of the object with what it read, one added; after a conflict it reads again",
        reference="kube-apiserver §3",
    )


def _copy_is_stored(client: str) -> Claim:
    def holds(at: Values) -> Truth:
        current = every(at[f"{client}_waits"] == 1, at[f"{client}_current"] == 1)
        return implies(current, at[f"{client}_copy"] == at.stored)

    return Claim(f"a version that the {client} client holds and that is the stored one has the stored value", holds)


def _binary(client: str) -> Claim:
    return Claim(
        f"the {client} client waits or not, and its version is the stored one or not",
        lambda at: every(*(every(at[f"{client}_{it}"] >= 0, at[f"{client}_{it}"] <= 1) for it in ("waits", "current"))),
    )


def law(rules: Rules = Rules()) -> Law:
    """The law, under ``rules``."""
    return Law(
        name=NAME,
        statement="every update that the API server has taken is in the object: none overwrites another unseen",
        for_all="any number of clients, of updates and of conflicts",
        reference="kube-apiserver §3; invariants 3",
        parameters={"updates": 3},
        assumes=lambda at: at.updates >= 0,
        start=lambda _: {
            "stored": 0,
            "added": 0,
            **{f"{client}_{it}": 0 for client in _CLIENTS for it in ("waits", "copy", "current")},
        },
        steps=tuple(step for client in _CLIENTS for step in (_read(client), _write(client, rules))),
        invariant=(
            Claim("what is stored is what was added", lambda at: at.stored == at.added),
            *map(_binary, _CLIENTS),
            *map(_copy_is_stored, _CLIENTS),
        ),
        promise=lambda at: at.stored == at.added,
        broken=lambda at: f"{at.added} updates were taken, and the object shows {at.stored}",
        hypotheses=(
            Hypothesis(
                "updates-name-versions",
                "every update names the version that it was made from; one without, or a patch, overwrites by design",
                "invariants 3",
            ),
            Hypothesis(
                "compare-and-swap",
                "comparing the version and writing the object are one transaction of etcd",
                "etcd §3; kube-apiserver §3",
            ),
        ),
    )


PROVABLE = Provable(
    law,
    (
        Mutation(
            "no-conflict-check",
            "the API server writes what it is sent, whatever version it was made from",
            lambda: law(Rules(checked=False)),
        ),
        Mutation(
            "without-updates-name-versions",
            "clients send updates that name no version",
            lambda: law(Rules(named=False)),
        ),
    ),
)
