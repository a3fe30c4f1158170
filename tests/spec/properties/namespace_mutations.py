"""What would have to be wrong with namespaces for their properties to be violated."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from frozendict import frozendict
from kubemodel.spec.kinds import NAMESPACE
from kubemodel.spec.language.model import ApiRead
from kubemodel.spec.language.request import ApiCall, Response
from kubemodel.spec.objects.metadata import ObjectMeta
from kubemodel.spec.objects.namespace import Namespace

NAMESPACES = "namespace-controller"


def admitting_by_an_old_cache(serve: Any) -> Any:
    """The API server that believes each namespace to be as it was first."""

    def mutant(call: ApiCall, stored: Any, *, current: bool, reads: Mapping[ApiRead, Any] = frozendict()) -> Response:
        old = {
            ApiRead(NAMESPACE, read.name, "cached"): Namespace(ObjectMeta(read.name, ""))
            for read in reads
            if read.kind == NAMESPACE
        }
        response: Response = serve(call, stored, current=current, reads={**reads, **old})
        return response

    return mutant
