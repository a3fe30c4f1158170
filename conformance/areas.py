"""The areas of conformance cases, and who answers their questions: one file an area.

An area is what the ids of its cases begin with. To add one: a file beside this one with ``QUESTIONS``, a line here, its
cases in tests/conformance, and ``WRITE_PAGES=1`` for docs/conformance.md.
"""

from __future__ import annotations

from collections.abc import Mapping

from . import (
    cronjob,
    daemonset,
    deployment,
    disruption,
    endpoints,
    gc,
    hpa,
    job,
    kubelet,
    node,
    podapi,
    replicaset,
    scheduler_filters,
    scheduler_preemption,
    scheduler_scores,
    statefulset,
)
from .cases import SCHEDULER
from .question import Questions

AREAS: Mapping[str, Questions] = {
    "cronjob": cronjob.QUESTIONS,
    "daemonset": daemonset.QUESTIONS,
    "deployment": deployment.QUESTIONS,
    "disruption": disruption.QUESTIONS,
    "endpoints": endpoints.QUESTIONS,
    "gc": gc.QUESTIONS,
    "hpa": hpa.QUESTIONS,
    "job": job.QUESTIONS,
    "kubelet": kubelet.QUESTIONS,
    "node": node.QUESTIONS,
    "podapi": podapi.QUESTIONS,
    "replicaset": replicaset.QUESTIONS,
    "statefulset": statefulset.QUESTIONS,
    SCHEDULER: {**scheduler_filters.QUESTIONS, **scheduler_preemption.QUESTIONS, **scheduler_scores.QUESTIONS},
}
