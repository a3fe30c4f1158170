"""The properties of the reference (invariants) that have no name here, each with the reason."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

_STORE = "what only revisions can say: states hold none, so the store and the API server are tested for it alone"
_BY_CONSTRUCTION = "no state of the model could break it"

LEFT_OUT: Mapping[int, tuple[str, str]] = {
    1: ("revision-monotonic", _STORE),
    2: ("object-rv-equals-last-write", _STORE),
    3: ("no-lost-update", _STORE),
    4: ("committed-write-durable", _STORE),
    5: ("quorum-read-linearizable", _STORE),
    6: ("cached-read-may-be-stale-but-real", "a law of every watch cache of the engine, tested there on random models"),
    7: ("uid-unique-and-stable", f"{_BY_CONSTRUCTION}: an incarnation is a place of its own"),
    8: ("create-unique-name", f"{_BY_CONSTRUCTION}: a name has one place"),
    13: ("no-finalizer-added-while-deleting", "nothing in the model adds a finalizer to what exists"),
    14: ("graceful-pod-removed-only-with-zero-grace", "the API server's own answers to deletions are tested instead"),
    23: ("admitted-pods-fit-node", "no-overcommit-of-requests says it of all pods that are bound to a node"),
    26: ("preemption-minimal-on-node", "the choice of victims is held against the tables of upstream's own tests"),
    33: ("at-most-one-successful-binding", "node-name-write-once says it, since a binding writes nothing else"),
    36: ("replicaset-no-double-action-on-own-writes", "replicaset-no-overshoot is what comes of breaking it"),
    37: ("scale-down-ranking-respected", "ages are not kept; the ranking is held against upstream's own tests"),
    38: ("adoption-exclusive", f"{_BY_CONSTRUCTION}: a pod has one place for its controller"),
    39: (
        "no-adoption-by-deleting-controller",
        "the read before an adoption is a request of its plan",
    ),
    40: ("status-observed-generation-not-ahead", f"{_BY_CONSTRUCTION}: a generation is observed, or not yet"),
    43: ("deployment-max-surge-pods", "nobody upholds it: pods that terminate are not counted, by design"),
    47: ("paused-deployment-creates-no-replicaset", "the rules of a rollout are held against upstream's own tests"),
    48: ("revision-history-bounded", "the clean-up of history is held against upstream's own tests"),
    65: ("job-backoff-respected", "a timer of the model: it cannot fire sooner, so that nothing could break it"),
    68: ("live-node-stays-ready", "that leases are renewed in time is taken for granted; renewals are no steps"),
    70: ("eviction-rate-bounded", "the rate is a timer of each node; rates over many nodes are not counted"),
    89: ("uniform-backend-choice", "probabilities are not modelled; each choice that is possible is tried"),
    105: ("reconcile-idempotent", "a rule that changes nothing is no step: what is at rest has no step by definition"),
}
"""By the reference's number: its name there, and why it is not among the properties."""


def left_out(references: Iterable[str]) -> Mapping[int, tuple[str, str]]:
    """Those of the reference's properties that none of ``references`` cites."""
    cited = cited_numbers(references)
    return {number: said for number, said in LEFT_OUT.items() if number not in cited}


def cited_numbers(references: Iterable[str]) -> frozenset[int]:
    """The numbers of the invariants that are cited."""
    found: set[int] = set()
    for reference in references:
        for part in reference.replace(";", ",").split("invariants")[1:]:
            for word in part.split(","):
                digits = word.strip().split(" ")[0]
                if not digits.isdigit():
                    break
                found.add(int(digits))
    return frozenset(found)
