"""What a request to delete says in a case."""

from __future__ import annotations

from ..spec.control_plane.apiserver.strategies import BACKGROUND, ORPHAN
from ..spec.language.request import DeleteOptions
from .question import Given


def delete_options(given: Given) -> DeleteOptions:
    """The options under ``deleteOptions``; the deprecated ``orphanDependents`` says what a propagation policy says."""
    body = given["deleteOptions"]
    policy = body.get("propagationPolicy")
    if "orphanDependents" in body:
        policy = ORPHAN if body["orphanDependents"] else BACKGROUND
    return DeleteOptions(body.get("gracePeriodSeconds"), policy)
