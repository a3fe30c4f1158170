"""Attaching and detaching volumes: followed where a node may keep a volume that another one needs (decision 0030)."""

from __future__ import annotations

from ..control_plane.controllers import attach_detach
from ..language.component import Component, Rule
from ..language.model import Assumption
from ..language.scenario import Scenario
from ..node import volumes
from ..properties.attachments_followed import attachable, claims_by_pod, follows_attachments
from .part import Part

needed = follows_attachments
"""Whether it is followed where volumes are attached."""


def rules_of_kubelet(
    scenario: Scenario, *, serving: bool, apart: bool, pulls: bool, lost_replies: bool
) -> tuple[Rule, ...]:
    """What kubelets do besides, where pods wait for their volumes."""
    if not needed(scenario):
        return ()
    return volumes.rules(attachable(scenario), serving=serving, apart=apart, pulls=pulls, lost_replies=lost_replies)


def _components(scenario: Scenario) -> tuple[Component, ...]:
    return (attach_detach.component(attachable(scenario), claims_by_pod(scenario)),)


def _assumptions(_scenario: Scenario) -> tuple[Assumption, ...]:
    return (
        Assumption(
            "volumes-attached",
            "volumes that a provisioner makes, or that a CSI driver serves, are attached before they are used, each in"
            " one step; all others are on every node that reaches them",
            "controllers-cluster §12",
        ),
        Assumption(
            "volumes-in-use",
            "a kubelet that is heard reports at once which volumes it uses; one that is not heard is taken to use what"
            " is attached to its node",
            "controllers-cluster §12",
        ),
    )


ATTACHMENTS = Part(
    "attachments", needed, components=_components, machines=(attach_detach.MACHINE,), assumptions=_assumptions
)

__all__ = ["ATTACHMENTS", "needed", "rules_of_kubelet"]
