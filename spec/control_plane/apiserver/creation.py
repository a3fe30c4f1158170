"""Create: admission, first version, validation, and the key must be free (kube-apiserver §3, Create).

The defaults of §7 are the defaults of the objects' classes: an absent field has its default as soon as it is decoded.
"""

from __future__ import annotations

from typing import Any

import attrs

from ...language.request import Outcome, Response
from ...objects.pod import Pod
from .admission import AdmissionReads, Refused, admit
from .limits import charged
from .metadata_rules import of_new_object, owner_references_fault
from .strategies import Strategy


def create(new: Any, stored: Any, strategy: Strategy, reads: AdmissionReads) -> Response:
    """Stores ``new`` if its key is free.

    Admission and validation come first, so a request that is wrong in itself says so even if the name is taken. Quotas
    are charged for what is created: what Kubernetes charges for a request that fails then, it gives back later.
    """
    admitted = admit(new, reads)
    if isinstance(admitted, Refused):
        return Response(admitted.outcome, stored, admitted.reason)
    metadata = of_new_object(admitted.metadata, counts_generations=strategy.counts_generations)
    first = attrs.evolve(strategy.prepare(admitted), metadata=metadata)
    fault = owner_references_fault(metadata) or strategy.creation_fault(first)
    if fault:
        return Response(Outcome.INVALID, stored, fault)
    if stored is not None:
        return Response(Outcome.ALREADY_EXISTS, stored, f'"{metadata.name}" already exists')
    quotas = charged(first, reads.quotas_of(metadata.namespace)) if isinstance(first, Pod) else ()
    if isinstance(quotas, str):
        return Response(Outcome.FORBIDDEN, None, quotas)
    return Response(Outcome.DONE, first, besides=tuple((it.kind, it.metadata.name, it) for it in quotas))
