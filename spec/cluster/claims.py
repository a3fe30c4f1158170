"""What a verdict takes for granted of claims that stay as they are."""

from __future__ import annotations

from ..language.model import Assumption
from ..language.scenario import Scenario
from ..properties.standing_storage import standing_storage, used_claims

CLAIMS_BOUND_FIRST = Assumption(
    "claims-bound-first",
    "claims whose class binds at once are bound before any pod is scheduled, each to the smallest volume that serves"
    " it; a volume made for a claim is in reach of every node; claims that wait for a pod stay as they are",
    "kube-scheduler §4",
)

CLAIMS_SERVED = Assumption(
    "claims-served",
    "claims of pods that the manifests do not hold are bound to volumes that every node reaches",
    "kube-scheduler §4",
)


def assumptions(scenario: Scenario) -> tuple[Assumption, ...]:
    """What a verdict takes for granted of claims."""
    if not used_claims(scenario):
        return ()
    return (CLAIMS_SERVED,) if standing_storage(scenario) is None else (CLAIMS_BOUND_FIRST,)
