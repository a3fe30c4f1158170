"""The API server of a model, and what it has let in before the start."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs
from frozendict import frozendict

from ..control_plane.apiserver.admission import AdmissionReads
from ..control_plane.apiserver.handling import handle
from ..control_plane.apiserver.webhooks import WebhookState
from ..control_plane.etcd import space
from ..kinds import POD, RESOURCE_QUOTA, SERVICE_ACCOUNT, WEBHOOK_BACKEND
from ..language.model import ApiRead
from ..language.request import ApiCall, Response, Verb
from ..language.scenario import Scenario
from ..objects.pod import Pod
from ..objects.priority import PriorityClass
from ..objects.quota import LimitRange
from ..properties.storage_classes import default_class
from . import namespaces
from .admission import webhooks
from .history import without_history
from .part import given
from .unread import Trimmed


class RejectedError(ValueError):
    """An object of the scenario that the API server of the model does not let in."""


def admitted(pod: Pod, reads: AdmissionReads) -> Pod:
    """A pod of the manifests as the API server stores it. Raises ``RejectedError`` if it does not."""
    response = handle(ApiCall(Verb.CREATE, POD, pod), None, current=True, admission=reads)
    if not response.outcome.success:
        raise RejectedError(f"Pod {pod.metadata.name}: {response.outcome.value}: {response.reason}")
    stored: Pod = without_history(response.stored)
    return stored


@attrs.frozen
class ApiServer:
    """The API server of one model: what it reads of the store, apart from ``reads``, is the same in every state.

    ``trimmed``: what it stores instead of an object.
    """

    reads: AdmissionReads
    trimmed: Trimmed

    def __call__(
        self, call: ApiCall, stored: Any, *, current: bool, reads: Mapping[ApiRead, Any] = frozendict()
    ) -> Response:
        """The answer to a request, with what it leaves stored.

        ``reads``: quotas, which webhooks answer, whether etcd has space.
        """
        response = handle(call, stored, current=current, admission=self._with(reads) if reads else self.reads)
        response = attrs.evolve(response, stored=self.trimmed(without_history(response.stored)))
        full = space.exhausted(reads)
        response = space.refuse(stored, response) if full else response
        notes = namespaces.notes(reads) if response.outcome.success else ()
        return attrs.evolve(response, notes=(*notes, *(space.notes(stored, response) if full else ())))

    def _with(self, reads: Mapping[ApiRead, Any]) -> AdmissionReads:
        quotas = tuple(value for read, value in reads.items() if read.kind == RESOURCE_QUOTA and value is not None)
        reachable = {read.name: value for read, value in reads.items() if read.kind == WEBHOOK_BACKEND}
        webhooks = tuple(
            WebhookState(each.webhook, reachable.get("/".join(each.webhook.service or ()), True))
            for each in self.reads.webhooks
        )
        accounts = {read.name: value for read, value in reads.items() if read.kind == SERVICE_ACCOUNT}
        there = frozenset((it.metadata.namespace, it.metadata.name) for it in accounts.values() if it is not None)
        found = attrs.evolve(self.reads, quotas=quotas, webhooks=webhooks, service_accounts=there if accounts else None)
        return namespaces.admission(found, reads)


def admission_reads(scenario: Scenario) -> AdmissionReads:
    """What admission finds in the store, the same in every state: priority classes and namespaces."""
    return AdmissionReads(
        priority_classes=given(scenario, PriorityClass),
        namespaces=namespaces.of_scenario(scenario),
        limit_ranges=given(scenario, LimitRange),
        default_storage_class=default_class(scenario),
        webhooks=tuple(WebhookState(webhook, True) for webhook in webhooks(scenario)),
    )
